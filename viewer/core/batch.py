"""Many pictures at once: which ones, and where each result goes."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.core.enlarge import Fit, Job, Scale, suffix_for
from viewer.core.errors import ExportError, shown
from viewer.core.listing import list_images

#: What a pattern of names may hold.
FIELDS = ("name", "number", "scale", "model")


@dataclass(frozen=True, slots=True)
class Naming:
    """Results go into `folder`, named by `pattern`; `suffix` says the format, "" the source's."""

    folder: Path
    pattern: str = "{name}"
    suffix: str = ""

    def targets(self, sources: Sequence[Path], size: Scale | Fit, model: str) -> list[Path]:
        """Return a file for each source, no two of them the same. Raises `ExportError`."""
        check_pattern(self.pattern)
        taken: set[str] = set()
        return [
            self.folder / _free(_named(self.pattern, source, number, size, model), suffix, taken)
            for number, source in enumerate(sources, 1)
            for suffix in [self.suffix or suffix_for(source)]
        ]


def jobs(sources: Sequence[Path], naming: Naming, like: Job) -> list[Job]:
    """Return a job like that one for every source.

    Raises `ExportError`, for example if one would be written over the source of another.
    """
    targets = naming.targets(sources, like.size, like.recipe.preset.model or "")
    real = {os.path.realpath(source): source for source in sources}
    for source, target in zip(sources, targets, strict=True):
        if real.get(os.path.realpath(target), source) != source:
            raise ExportError(
                f"{shown(target)}, made of {shown(source)}, would take the place of another of the "
                "pictures: choose another folder or other names."
            )
    return [
        replace(like, source=source, target=target)
        for source, target in zip(sources, targets, strict=True)
    ]


def pictures(paths: Sequence[Path]) -> list[Path]:
    """Return the files among `paths` and the pictures of the folders, each once.

    Raises `OpenError` if a folder cannot be read.
    """
    return list(dict.fromkeys(_expanded(paths)))


def folder_named(text: str) -> Path:
    """Return the folder that a user has named, be it below `~`. Raises `ExportError`."""
    named = os.path.expanduser(text)
    with suppress(OSError):
        if not named.startswith("~"):  # a home that is not there is no name for a new folder
            return Path(named).absolute()
    raise ExportError(f"The folder {text} cannot be made: {os.strerror(errno.ENOENT)}.")


def make_folder(folder: Path) -> None:
    """Make the folder for the results, if its parent exists. Raises `ExportError`."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ExportError(f"The folder {folder} cannot be made: {reason}.") from error


def _expanded(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from list_images(path)
        else:
            yield path


def check_pattern(pattern: str) -> None:
    """Raise `ExportError` if a pattern makes no names of files."""
    fields = set(re.findall(r"\{(.*?)\}", pattern))
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    if unknown := sorted(fields - set(FIELDS)):
        field = f"{{{unknown[0]}}}"
        raise ExportError(f"{field} means nothing in a name: use {known}.")
    rest = re.sub(r"\{.*?\}", "", pattern)
    if any(char in rest for char in '{}/\\:*?"<>|\0') or not pattern.strip(" ."):
        raise ExportError(f"{pattern!r} makes no file name: use letters, digits, and {known}.")


def _named(pattern: str, source: Path, number: int, size: Scale | Fit, model: str) -> str:
    scale = f"{size.factor:g}x" if isinstance(size, Scale) else f"{size.width}x{size.height}"
    values = {"name": source.stem, "number": f"{number:03d}", "scale": scale, "model": model}
    return re.sub(r"\{(.*?)\}", lambda field: values[field[1]], pattern)


def _free(name: str, suffix: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, even where case makes no difference; and take it."""
    candidate, count = name + suffix, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{name}-{count}{suffix}"
    taken.add(candidate.casefold())
    return candidate
