"""mmrag: an index over documents that answers from what their pages say and show."""

__version__ = "0.1.0"
