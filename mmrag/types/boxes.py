"""Where something stands on a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in page fractions: ``0 <= x0 <= x1 <= 1`` and ``0 <= y0 <= y1 <= 1``.

    Raises:
        ValueError: if the corners are out of order or out of the page.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (0 <= self.x0 <= self.x1 <= 1 and 0 <= self.y0 <= self.y1 <= 1):
            raise ValueError(f"not a box in page fractions: {self.as_tuple()}")

    @classmethod
    def from_points(cls, x0: float, y0: float, x1: float, y1: float, width: float, height: float) -> BBox:
        """The box with corners in any length unit on a page of ``width`` × ``height`` in that unit.

        Corners are put in order and clipped to the page.
        """
        left, right = sorted((x0 / width, x1 / width))
        top, bottom = sorted((y0 / height, y1 / height))
        return cls(*(min(1.0, max(0.0, value)) for value in (left, top, right, bottom)))

    def to_points(self, width: float, height: float) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)`` on a page of ``width`` × ``height``, in their unit."""
        return (self.x0 * width, self.y0 * height, self.x1 * width, self.y1 * height)

    def as_tuple(self) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)``, as fractions."""
        return (self.x0, self.y0, self.x1, self.y1)

    @property
    def area(self) -> float:
        """Share of the page that the box covers, 0..1."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def union(self, other: BBox) -> BBox:
        """The smallest box around both."""
        return BBox(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def overlap(self, other: BBox) -> float:
        """Area that both cover, as a share of the page."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: BBox) -> float:
        """Intersection over union, 0..1; 0 for two boxes without area."""
        both = self.overlap(other)
        either = self.area + other.area - both
        return both / either if either > 0 else 0.0
