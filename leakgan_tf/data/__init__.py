"""Converts raw text to token ids and back: corpora, tokenizers, vocabulary."""
