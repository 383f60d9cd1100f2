"""Sizes and rectangles, in whatever pixels the variable holding them says."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """Width and height in whole pixels."""

    width: int
    height: int


class Point(NamedTuple):
    """A place; pixel j covers [j, j + 1)."""

    x: float
    y: float


class Rect(NamedTuple):
    """A half-open rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    @property
    def centre(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def holds(self, other: Rect) -> bool:
        """Tell whether all of the other lies inside."""
        return other.empty or self.clipped(other) == other

    def clipped(self, other: Rect) -> Rect:
        """Return what both cover; it may be empty."""
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def united(self, other: Rect) -> Rect:
        """Return what holds both."""
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def moved(self, dx: float, dy: float) -> Rect:
        """Return the rectangle elsewhere."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, margin: float) -> Rect:
        """Return the rectangle with `margin` more on each side."""
        return Rect(
            self.left - margin, self.top - margin, self.right + margin, self.bottom + margin
        )


class Cells(NamedTuple):
    """A half-open rectangle of whole pixels or of tile indices."""

    left: int
    top: int
    right: int
    bottom: int

    def clipped(self, other: Cells) -> Cells:
        """Return what both cover; it may be empty."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Cells(left, top, min(self.right, other.right), min(self.bottom, other.bottom))

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top
