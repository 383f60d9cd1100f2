"""The few errors a user can act upon; every message is one sentence (or two) fit to be shown."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

#: Longer names are shortened in messages.
LONGEST_NAME = 100

#: And so are longer messages.
LONGEST_LINE = 500


class ViewerError(Exception):
    """Something the user should know; `str(error)` says what happened and what to do."""


class OpenError(ViewerError):
    """A file or folder cannot be shown; `shrink` times smaller it could be, unless that is 0."""

    def __init__(self, message: str, shrink: int = 0) -> None:
        super().__init__(message)
        self.shrink = shrink


class Cancelled(ViewerError):  # noqa: N818 - nobody is told, it was asked for
    """What was under way is not wanted any more."""


class TileError(ViewerError):
    """A part of the picture could not be refined."""


class OutOfMemory(ViewerError):  # noqa: N818 - named after what happened, as the user is told it
    """There is not enough free memory for what was asked."""


class ExportError(ViewerError):
    """A picture could not be saved; the target is as it was before."""


@contextmanager
def memory_told(advice: str) -> Generator[None]:
    """Turn torch's ways of running out of memory into `OutOfMemory`, with what to do about it."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one, the CPU's has no class
        if "memory" not in str(error):
            raise
        raise OutOfMemory(f"The network ran out of memory: {advice}.") from error


def shown(path: Path) -> str:
    """Return the last part of `path`, fit for a message: on one line, and encodable anywhere."""
    name = path.name or str(path)
    name = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
    return name if len(name) <= LONGEST_NAME else f"{name[:60]}…{name[-30:]}"


def one_line(text: str) -> str:
    """Return a text on one line, of characters that can be shown, without the middle if endless."""
    text = " ".join(text.split())
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= LONGEST_LINE else f"{text[:300]}…{text[-150:]}"
