"""Shared parts of models: Keras configuration and token embedding."""

import inspect

import keras


class Configured(keras.layers.Layer):
    """Base class for layers that store each constructor argument as attribute of its name."""

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        named = inspect.Parameter.POSITIONAL_OR_KEYWORD
        arguments = inspect.signature(type(self)).parameters.values()
        own = {each.name: getattr(self, each.name) for each in arguments if each.kind is named}
        return {**super().get_config(), **own}


def token_embedding(
    rows: int, width: int, initializer: keras.initializers.Initializer
) -> keras.layers.Embedding:
    """Returns an embedding layer with a table (rows, width)."""
    return keras.layers.Embedding(rows, width, embeddings_initializer=initializer, name="embedding")
