"""What models share: their configuration for Keras, and the embedding of tokens."""

import inspect

import keras


class Configured(keras.layers.Layer):
    """A layer or model whose constructor's arguments are its attributes of the same names."""

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        named = inspect.Parameter.POSITIONAL_OR_KEYWORD
        arguments = inspect.signature(type(self)).parameters.values()
        own = {each.name: getattr(self, each.name) for each in arguments if each.kind is named}
        return {**super().get_config(), **own}


def token_embedding(
    rows: int, width: int, initializer: keras.initializers.Initializer
) -> keras.layers.Embedding:
    """Returns the table of token embeddings, (rows, width)."""
    return keras.layers.Embedding(rows, width, embeddings_initializer=initializer, name="embedding")
