"""Text: normal form, scripts and languages, sentences, and the terms of word search."""

from mmrag.text.normalise import join_lines, normalise
from mmrag.text.script import language, readable_share, script_shares
from mmrag.text.sentences import sentences
from mmrag.text.terms import query_terms, terms

__all__ = [
    "join_lines",
    "language",
    "normalise",
    "query_terms",
    "readable_share",
    "script_shares",
    "sentences",
    "terms",
]
