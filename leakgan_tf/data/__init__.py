"""From raw text to token ids and back: vocabulary, text, corpora."""
