"""Whether an answer's sentences are borne out by what they cite."""

from mmrag.synthesize.checking.flagging import check, supporting_quote

__all__ = ["check", "supporting_quote"]
