"""Vectors in memory, searched by FAISS: one a chunk, with the page and the element that it is of."""
