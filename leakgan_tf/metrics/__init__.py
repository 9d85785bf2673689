"""Metrics of samples, generators and discriminators. No metric changes a weight."""
