"""What a language model is shown: numbered pieces of the found pages, within what it takes."""

from mmrag.synthesize.context.gathering import Pages
from mmrag.synthesize.context.making import Item, Prompt, make_prompt

__all__ = ["Item", "Pages", "Prompt", "make_prompt"]
