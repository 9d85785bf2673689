"""Twins, references and small configurations that several tests share."""
