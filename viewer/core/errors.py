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


class NoNumbers(TileError):  # noqa: N818 - named after what happened, as the user is told it
    """A network made something of a part of the picture that is no number."""


class OutOfMemory(ViewerError):  # noqa: N818 - as above
    """There is not enough free memory for what was asked."""


class GpuLost(ViewerError):  # noqa: N818 - as above
    """The graphics processor failed, or is not there any more."""


class ExportError(ViewerError):
    """A picture could not be saved; the target is as it was before."""


@contextmanager
def memory_told(advice: str) -> Generator[None]:
    """Turn what torch says of a lack of memory, or of a GPU that failed, into what to do about it.

    Raises `OutOfMemory` or `GpuLost`.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if is_shortage(error):
            raise OutOfMemory(f"The network ran out of memory: {advice}.") from error
        if is_gpu_lost(error):
            raise GpuLost(
                "The graphics processor does not answer: try again, or with --device cpu."
            ) from error
        raise


#: How libraries say that a GPU, or its memory, is no more; what remains is a fault of the program.
_MEMORY = ("memory", "alloc_failed")
_GPU = ("cuda", "cublas", "cudnn", "hip error", "nvidia", "mps backend", "metal")


def is_shortage(error: Exception) -> bool:
    """Tell whether memory ran out, of the machine or of its GPU."""
    # torch.OutOfMemoryError says so, and what is raised without a GPU has no class of its own.
    return isinstance(error, MemoryError) or _says(error, _MEMORY)


def is_gpu_lost(error: Exception) -> bool:
    """Tell whether a GPU failed, as opposed to the program that ran on it."""
    return isinstance(error, RuntimeError) and not is_shortage(error) and _says(error, _GPU)


def _says(error: Exception, words: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(word in text for word in words)


def shown(path: Path) -> str:
    """Return the last part of `path`, fit for a message: on one line, and encodable anywhere."""
    name = path.name or str(path)
    name = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
    return name if len(name) <= LONGEST_NAME else f"{name[:60]}…{name[-30:]}"


def is_text(path: Path) -> bool:
    """Tell whether a path is text. Qt leaves out what is none, and so would name another file."""
    return not any("\ud800" <= char <= "\udfff" for char in str(path))


def one_line(text: str) -> str:
    """Return a text on one line, of characters that can be shown, without the middle if endless."""
    text = " ".join(text.split())
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= LONGEST_LINE else f"{text[:300]}…{text[-150:]}"
