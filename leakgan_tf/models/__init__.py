"""Keras models and layers, one main class in each file."""
