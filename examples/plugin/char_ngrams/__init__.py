"""A text encoder for mmrag that stands misspelt words."""
