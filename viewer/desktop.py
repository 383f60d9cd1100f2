"""Makes Anyzoom known to a Linux desktop: menu entry, file types, icon; and unknown again.

Only files that Anyzoom wrote itself, which it knows by a mark in them, are replaced and removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import assets
from viewer.core.errors import ViewerError
from viewer.core.extras import EXTRAS
from viewer.core.places import home_folder
from viewer.version import version

#: Stands in every file written here.
MARK = b"Written by Anyzoom for this user: registering again replaces it"

ENTRY = "applications/anyzoom.desktop"
ABOUT = "metainfo/anyzoom.metainfo.xml"
ICON = "icons/hicolor/scalable/apps/anyzoom.svg"

#: The types of files that can be opened with each extra.
EXTRA_TYPES = MappingProxyType(
    {
        "heif": "image/heif;image/heic;",
        "jxl": "image/jxl;",
        "raw": "image/x-adobe-dng;image/x-canon-cr2;image/x-canon-cr3;image/x-canon-crw;"
        "image/x-nikon-nef;image/x-nikon-nrw;image/x-sony-arw;image/x-sony-sr2;image/x-sony-srf;"
        "image/x-fuji-raf;image/x-olympus-orf;image/x-panasonic-rw2;image/x-panasonic-raw;"
        "image/x-pentax-pef;image/x-samsung-srw;",
    }
)

#: What lets desktops notice at once; they look by themselves sooner or later.
REFRESH = (("update-desktop-database", "applications"), ("gtk-update-icon-cache", "icons/hicolor"))
REFRESH_SECONDS = 30


def register() -> Path:
    """Install everything for this user, anew if it is there; return the folder.

    Raises `ViewerError` if that cannot be, or if another's file is in the way.
    """
    home = _data_home()
    files = {home / name: content for name, content in _files().items()}
    try:
        for path in files:
            _check_ours(path)
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise ViewerError(f"Nothing can be written to {home}: {error.strerror}.") from error
    _refresh(home)
    return home


def unregister() -> Path:
    """Remove what `register` installs; return the folder. Raises `ViewerError` as that does."""
    home = _data_home()
    paths = [home / name for name in (ENTRY, ABOUT, ICON)]
    try:
        for path in paths:
            _check_ours(path)
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ViewerError(f"Nothing can be removed from {home}: {error.strerror}.") from error
    _refresh(home)
    return home


def _data_home() -> Path:
    if not sys.platform.startswith("linux"):
        raise ViewerError("Only Linux desktops need this: README.md tells what to do elsewhere.")
    # The specification has relative paths ignored.
    given = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(given):
        return Path(given)
    try:
        return home_folder() / ".local" / "share"
    except FileNotFoundError as error:
        raise ViewerError(str(error)) from error


def _check_ours(path: Path) -> None:
    """Refuse to touch a file that is there and was made by somebody else."""
    if path.is_symlink() or (path.exists() and MARK not in path.read_bytes()):
        raise ViewerError(f"{path} is not from Anyzoom: move it away first.")


def _files() -> Mapping[str, bytes]:
    """Return the content of each file by its name below the data folder."""
    templates = assets.FOLDER / "desktop"
    entry = (templates / "anyzoom.desktop").read_bytes()
    about = (templates / "anyzoom.metainfo.xml").read_bytes()
    more = "".join(EXTRA_TYPES[extra.name] for extra in EXTRAS if extra.available)
    entry = entry.replace(b"@TYPES@", more.encode()).replace(b"@EXEC@", os.fsencode(_command()))
    as_comment = b"<!-- " + MARK + b" -->\n"
    return {
        ENTRY: b"# " + MARK + b"\n" + entry,
        ABOUT: about.replace(b"@VERSION@", version().encode()) + as_comment,
        ICON: assets.ICON.read_bytes() + as_comment,
    }


def _command() -> str:
    """Return how to start this very installation, quoted as desktop files want it."""
    if getattr(sys, "frozen", False):  # a bundle is its own program
        return _quoted(sys.executable)
    beside = Path(sys.executable).with_name("anyzoom")
    found = str(beside) if beside.exists() else shutil.which("anyzoom")
    words = [found] if found else [sys.executable, "-m", "viewer"]
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """Quote a word of an Exec line, which is unescaped twice, and in which % begins a field."""
    escaped = "".join(f"\\{char}" if char in '"`$\\' else char for char in word)
    return f'"{escaped}"'.replace("\\", "\\\\").replace("%", "%%")


def _refresh(home: Path) -> None:
    for program, folder in REFRESH:
        found = shutil.which(program)
        if found and (home / folder).is_dir():
            command = [found, str(home / folder)]
            with suppress(subprocess.TimeoutExpired, OSError):
                subprocess.run(command, capture_output=True, timeout=REFRESH_SECONDS, check=False)
