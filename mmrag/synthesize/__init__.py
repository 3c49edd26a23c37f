"""Synthesis: what a generator says becomes an answer whose citations hold."""

from mmrag.synthesize.answer import answer
from mmrag.synthesize.following import leans_on
from mmrag.synthesize.spending import Spending
from mmrag.synthesize.stream import AnswerStream

__all__ = ["AnswerStream", "Spending", "answer", "leans_on"]
