"""Hits and citations as nodes of LlamaIndex."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import BaseContentBlock, TextBlock
from llama_index.core.schema import (
    ImageNode,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)

from mmrag.errors import IngestError, UsageError
from mmrag.llama_index.lane import Searchable
from mmrag.pictures import data_uri, framed
from mmrag.text.control import without_control_tokens
from mmrag.types import Answer, BBox, Document, Element, Hit, Kind, Page, to_dict

_TOLD = ("document", "page", "section")  # of the metadata, what a model is told beside text and picture

log = logging.getLogger(__name__)


class ElementNode(TextNode):
    """A `TextNode` whose place and words are one block, which stays apart from its neighbours.

    LlamaIndex puts blocks of text together with blanks between, so that a model could not tell to which
    place the words belong.
    """

    def get_content_blocks(self, metadata_mode: MetadataMode = MetadataMode.NONE) -> list[BaseContentBlock]:
        """Place and words."""
        return [_block(self, metadata_mode)]


class PictureNode(ImageNode):
    """An `ImageNode` that shows a model its words as well: LlamaIndex's own gives the picture alone."""

    def get_content_blocks(self, metadata_mode: MetadataMode = MetadataMode.NONE) -> list[BaseContentBlock]:
        """Place and words, then the picture."""
        return [_block(self, metadata_mode), super().get_content_blocks(MetadataMode.NONE)[-1]]


def _block(node: TextNode, mode: MetadataMode) -> TextBlock:
    parts = (node.get_metadata_str(mode).strip(), node.text)
    return TextBlock(text="\n" + "".join(f"{part}\n" for part in parts if part))


def nodes_of(hits: Sequence[Hit], index: Searchable, elements: int) -> list[NodeWithScore]:
    """The best elements of each page, at most ``elements`` of one, in the order of ``hits``.

    An element with a picture is a `PictureNode` with the path of the checked file. Of a scanned page the
    first element carries the picture of the page, inside the node: there is no file of it.

    Raises:
        CorruptError: if the file of a picture is missing or damaged.
    """
    nodes = []
    for hit in hits:
        shown = False
        for element in (hit.elements or (hit.element,))[:elements]:
            picture = _picture(hit, element, index, shown)
            shown = shown or "image" in picture
            metadata = _metadata(hit.document, hit.page, element, element.bbox, picture)
            metadata |= {"score": hit.score, "rank": hit.rank, "lists": to_dict(hit.sources)}
            nodes.append(NodeWithScore(node=_node(hit.document, element, metadata, picture), score=hit.score))
    return nodes


def citations_of(answer: Answer, index: Searchable) -> list[NodeWithScore]:
    """What an answer cites, one node for each [n], in their order.

    ``metadata`` has the ``citation`` n, the ``quote`` and, as ``bbox``, the place of the quote.

    Raises:
        CorruptError: as `nodes_of`.
    """
    nodes = []
    for citation in answer.citations:
        hit = next(
            (
                hit
                for hit in answer.hits
                if (hit.document.id, hit.page.number) == (citation.document.id, citation.page.number)
            ),
            None,
        )
        picture = _file(citation.element, index)
        metadata = _metadata(citation.document, citation.page, citation.element, citation.bbox, picture)
        metadata |= {"citation": citation.number, "quote": citation.quote}
        if hit is not None:
            metadata |= {"score": hit.score, "rank": hit.rank, "lists": to_dict(hit.sources)}
        node = _node(citation.document, citation.element, metadata, picture)
        nodes.append(NodeWithScore(node=node, score=None if hit is None else hit.score))
    return nodes


def _node(
    document: Document, element: Element, metadata: dict[str, Any], picture: dict[str, str]
) -> TextNode:
    description = str(element.metadata.get("description", ""))
    words = "\n".join(part for part in (element.caption, element.text, description) if part)
    told = [key for key in _TOLD if metadata[key] and (key != "page" or document.paged)]
    return (PictureNode if picture else ElementNode)(
        id_=element.id,
        text=without_control_tokens(words),
        metadata=metadata,
        excluded_llm_metadata_keys=[key for key in metadata if key not in told],
        excluded_embed_metadata_keys=[key for key in metadata if key != "section"],
        relationships={
            NodeRelationship.SOURCE: RelatedNodeInfo(
                node_id=document.id,
                node_type=ObjectType.DOCUMENT,
                metadata={"document": document.path, "title": document.title} | dict(document.metadata),
                hash=document.id,
            )
        },
        **picture,
    )


def _metadata(
    document: Document, page: Page, element: Element, bbox: BBox | None, picture: dict[str, str]
) -> dict[str, Any]:
    return {
        "document": document.path,
        "title": document.title,
        "page": page.number,
        "page_label": page.label,
        "paged": document.paged,
        "section": without_control_tokens(" > ".join(element.section)),
        "kind": element.kind.value,
        "bbox": None if bbox is None else list(bbox.as_tuple()),
        "picture": picture.get("image_path"),
    }


def _picture(hit: Hit, element: Element, index: Searchable, shown: bool) -> dict[str, str]:
    """Arguments of an `ImageNode`; none for what is text alone."""
    found = _file(element, index)
    if found or shown or not (element.kind is Kind.PAGE or element.metadata.get("ocr")):
        return found
    if not hit.document.paged:
        return {}
    try:
        uri = data_uri(framed(index.page_picture(hit.document, hit.page.number)))
    except (UsageError, IngestError) as error:
        log.warning("the picture of a scanned page is left out: %s", error)
        return {}
    kind, _, data = uri.removeprefix("data:").partition(";base64,")
    return {"image": data, "image_mimetype": kind}


def _file(element: Element, index: Searchable) -> dict[str, str]:
    return {} if element.picture is None else {"image_path": str(index.picture(element.picture).resolve())}
