"""Comparisons between finished runs."""
