"""Files that are written beside their target and take its place when they are complete, and folders
for what is not to last.

Each is noted in the user's state folder as long as it is unfinished. The note is locked by whoever
is at it, so the next start can tell what a crash has left behind, and remove it.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from viewer.core.places import state_folder

#: An unfinished file lies on a disk that is not there: so long it is remembered.
KEPT_SECONDS = 90 * 24 * 3600

#: A note that cannot be locked or written is made anew so often.
TRIES = 3

_PREFIX, _SUFFIX = ".anyzoom-", ".part"

#: What a file system says that knows no second name for a file.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)

log = logging.getLogger(__name__)


@contextmanager
def beside(target: Path, *, overwrite: bool) -> Generator[Path]:
    """Yield the path of a file to write, which then takes the place of `target`.

    At any moment the target is what it was before, or complete. Raises `OSError`, which is
    `FileExistsError` if there is a target that nobody wants overwritten; nothing is then left.
    """
    part = target.with_name(_new_name())
    with _noted(part):
        try:
            yield part
            if not part.is_symlink():
                _flush_to_disk(part, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
            _put(part, target, overwrite=overwrite)
        finally:
            part.unlink(missing_ok=True)
    with suppress(OSError):  # not every system can; the file itself is safe
        _flush_to_disk(target.parent, os.O_RDONLY)


@contextmanager
def short_lived_folder() -> Generator[Path]:
    """Yield a folder of nobody else's, which is removed with all in it. Raises `OSError`."""
    folder = Path(tempfile.gettempdir(), _new_name())
    with _noted(folder):
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _new_name() -> str:
    return f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"


def sweep() -> None:
    """Remove what runs have left that crashed; what is of others is left alone."""
    with suppress(OSError):
        for note in list(_folder().iterdir()):
            with suppress(OSError), note.open("r+b") as file:
                if _is_mine(file) and _swept(Path(os.fsdecode(file.read())), note):
                    note.unlink()


def _swept(part: Path, note: Path) -> bool:
    """Remove an unfinished file or a folder; tell whether it need not be remembered."""
    if part.name.startswith(_PREFIX) and part.name.endswith(_SUFFIX):
        if not part.parent.is_dir():
            return time.time() - note.stat().st_mtime > KEPT_SECONDS
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
        log.info("Something unfinished was removed")
    return True


@contextmanager
def _noted(part: Path) -> Generator[None]:
    """Remember a file until it is gone; if that cannot be done, do without."""
    note = None
    with suppress(OSError):
        note = _new_note(part)
    try:
        yield
    finally:
        if note is not None:
            path, file = note
            with suppress(OSError):
                if not os.path.lexists(part):
                    path.unlink(missing_ok=True)
            file.close()


def _new_note(part: Path) -> tuple[Path, BinaryIO]:
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _ in range(TRIES):
        path = folder / secrets.token_hex(6)
        file = path.open("xb")
        with suppress(OSError):
            # Who sweeps just now may have found it before it was ours, and removed it.
            if _is_mine(file) and path.exists():
                file.write(os.fsencode(part.absolute()))
                file.flush()
                return path, file
        with suppress(OSError):
            file.close()
        path.unlink(missing_ok=True)
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def _folder() -> Path:
    return state_folder() / "unfinished"


def _is_mine(file: BinaryIO) -> bool:
    """Lock a note, and tell whether nobody else has."""
    try:
        import fcntl
    except ImportError:  # Windows, where nobody can remove what another one has open
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _put(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a file its name; unless it may overwrite, only if that name is free at this moment."""
    if overwrite:
        os.replace(part, target)
        return
    try:
        os.link(part, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.replace(part, target)


def _flush_to_disk(path: Path, flags: int) -> None:
    found = os.open(path, flags)
    try:
        os.fsync(found)
    finally:
        os.close(found)
