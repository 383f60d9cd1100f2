"""Files that go by another name or to another place: never onto one that is there already."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from pathlib import Path

from viewer.core import parts
from viewer.core.errors import ViewerError, shown
from viewer.core.words import mark

_FORBIDDEN = '<>:"|?*\\' if sys.platform == "win32" else ""
_LONGEST_BYTES = 255


class MoveError(ViewerError):
    """A file stays where it is."""


def name_fault(name: str) -> str:
    """Say in a sentence why a file cannot have that name; nothing if it can."""
    if not name or name in (".", "..") or not name.strip():
        return mark("A file needs a name.")
    wrong = next((char for char in name if char in "/" + _FORBIDDEN or not char.isprintable()), "")
    if wrong:
        named = f"“{wrong}”" if wrong.isprintable() else mark("this invisible character")
        return mark(f"A name cannot contain {named}.")
    if name.startswith("."):
        return mark("A name that begins with a dot would hide the file.")
    if name != name.strip() or (sys.platform == "win32" and name.endswith(".")):
        return mark("A name cannot begin or end with a space.")
    if len(os.fsencode(name)) > _LONGEST_BYTES:
        return mark("This name is too long.")
    return ""


def move(source: Path, target: Path) -> None:
    """Move a file to a path that must be free. Raises `MoveError`; then nothing has changed.

    The target is made first, empty: whoever makes it at the same time gets it, or we do.
    """
    try:
        if _is_same_file_in_other_letters(source, target):
            os.rename(source, target)
            return
        os.lstat(source)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            _replace(source, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    except FileExistsError as error:
        raise MoveError(f"There is a file {shown(target)} already.") from error
    except FileNotFoundError as error:
        gone = target.parent if os.path.lexists(source) else source
        raise MoveError(f"{shown(gone)} is not there any more.") from error
    except OSError as error:
        raise MoveError(f"{shown(source)} could not be moved: {error.strerror}.") from error


def _is_same_file_in_other_letters(source: Path, target: Path) -> bool:
    """Tell whether only capitals change, where the file system takes both for one name."""
    alike = source.name.casefold() == target.name.casefold() and source.parent == target.parent
    with contextlib.suppress(OSError):
        names = os.listdir(source.parent) if alike and source != target else []
        return alike and target.name not in names and os.path.samefile(source, target)
    return False


def _replace(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # It lies on another disk: copied beside its target first, so that this is ever complete.
        with parts.beside(target, overwrite=True) as part:
            shutil.copy2(source, part, follow_symlinks=False)
        source.unlink()
