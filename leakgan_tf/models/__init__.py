"""The Keras models and layers, one public class a file."""
