"""``mini:caption``: what can be said of a picture by measuring it, without a language model."""
