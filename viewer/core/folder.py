"""The pictures one can step through: those given, or those beside the one on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.core.errors import OpenError, shown
from viewer.core.source import list_images


@dataclass(frozen=True, slots=True)
class Folder:
    """Pictures in order, and the one on screen; `alone` when its neighbours were not looked up."""

    paths: tuple[Path, ...]
    index: int = 0
    alone: bool = False

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Folder:
        """Hold the files given, or the pictures of a folder.

        Raises `OpenError` if a folder cannot be read or holds no picture.
        """
        if len(paths) == 1 and paths[0].is_dir():
            found = list_images(paths[0])
            if not found:
                raise OpenError(f"There are no pictures in the folder {shown(paths[0])}.")
            return cls(tuple(found))
        return cls(tuple(paths), alone=len(paths) == 1)

    @property
    def path(self) -> Path:
        """The picture on screen."""
        return self.paths[self.index]

    def stepped(self, step: int) -> Folder:
        """Go `step` pictures on, from the last to the first again.

        Raises `OpenError` if the folder cannot be read.
        """
        folder = self._with_neighbours() if self.alone else self
        return replace(folder, index=(folder.index + step) % len(folder.paths))

    def _with_neighbours(self) -> Folder:
        own = self.path.absolute()
        beside = list_images(own.parent)
        if own not in beside:
            return replace(self, alone=False)
        return Folder(tuple(beside), beside.index(own))
