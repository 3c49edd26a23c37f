"""Synthesis: what a generator says becomes an answer whose citations hold."""

from mmrag.synthesize.answer import answer

__all__ = ["answer"]
