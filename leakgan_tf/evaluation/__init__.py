"""Scores of trained runs on text."""
