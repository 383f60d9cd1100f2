"""The pictures one can step through: those given, or those beside the one on screen."""

from __future__ import annotations

import bisect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.core.errors import OpenError, shown
from viewer.core.listing import KNOWN, first_name, list_names, natural


@dataclass(frozen=True, slots=True)
class Folder:
    """Pictures in order, and the one on screen.

    `files` are their absolute paths, as text, because there may be many thousands. `listed` is the
    folder that was looked through; None if the files were given, or not yet.
    """

    files: tuple[str, ...]
    index: int = 0
    listed: Path | None = None

    def __len__(self) -> int:
        return len(self.files)

    @property
    def path(self) -> Path:
        """The picture on screen."""
        return Path(self.files[self.index])

    def stepped(self, step: int, wrap: bool = True) -> Folder | None:
        """Go `step` pictures on, from the last to the first again or, without `wrap`, to None."""
        index = self.index + step
        if not wrap and not 0 <= index < len(self.files):
            return None
        return replace(self, index=index % len(self.files))

    def at(self, path: Path) -> Folder:
        """Go to a picture; one that is not there takes its place among the others."""
        file = str(path)
        if file in self.files:
            return replace(self, index=self.files.index(file))
        place = bisect.bisect(self.files, _order(file), key=_order)
        return replace(self, files=(*self.files[:place], file, *self.files[place:]), index=place)

    def without(self, path: Path) -> Folder | None:
        """Leave a picture out, the next takes its place on screen; None if none is left."""
        if str(path) not in self.files:
            return self
        place = self.files.index(str(path))
        files = self.files[:place] + self.files[place + 1 :]
        index = self.index - (place < self.index)
        return replace(self, files=files, index=min(index, len(files) - 1)) if files else None

    def renamed(self, old: Path, new: Path) -> Folder:
        """Call a picture otherwise; in a listed folder it moves to where it belongs."""
        if str(old) not in self.files:
            return self
        if self.listed is None:
            files = tuple(str(new) if file == str(old) else file for file in self.files)
            return replace(self, files=files)
        current = new if old == self.path else self.path
        rest = self.without(old)
        return (rest.at(new) if rest else replace(self, files=(str(new),))).at(current)


def _always() -> bool:
    return True


def _order(file: str) -> tuple[str, str]:
    return natural(os.path.basename(file))


def alone(path: Path) -> Folder:
    """Return a single picture, whose neighbours are not known."""
    return Folder((str(path),))


def first(folder: Path, go_on: Callable[[], bool] = _always) -> Path:
    """Return the first picture of a folder, an absolute path, which is quicker than all in order.

    Raises `OpenError` if it cannot be read or holds no picture.
    """
    if (name := first_name(folder, go_on)) is None:
        raise _empty(folder)
    return folder / name


def listed(folder: Path, go_on: Callable[[], bool] = _always) -> Folder:
    """Look through a folder, an absolute path, as long as that is wanted.

    Raises `OpenError` if it cannot be read or holds no picture.
    """
    files = _files(folder, go_on)
    if not files:
        raise _empty(folder)
    return Folder(tuple(files), 0, folder)


def given(paths: Sequence[Path], go_on: Callable[[], bool] = _always) -> tuple[Folder, int]:
    """Return what several paths name, folders looked through, and how many were left out.

    Left out is what has not the name of a picture, unless nothing has: then their content must
    tell. Raises `OpenError` if there is nothing to show.
    """
    files, others = list[str](), list[str]()
    for path in (path.absolute() for path in paths):
        if path.is_dir():
            files += _files(path, go_on)
        else:
            (files if path.suffix.lower() in KNOWN else others).append(str(path))
    if files:
        return Folder(tuple(dict.fromkeys(files))), len(others)
    if others:
        return Folder(tuple(others)), 0
    raise OpenError("There are no pictures in these folders.")


def _empty(folder: Path) -> OpenError:
    return OpenError(f"There are no pictures in the folder {shown(folder)}.")


def _files(folder: Path, go_on: Callable[[], bool]) -> list[str]:
    start = os.path.join(folder, "")
    return [start + name for name in list_names(folder, go_on)]
