"""Where Anyzoom keeps what is nobody else's business: its log, and notes on unfinished files."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    """Return the folder of this user; nobody has made it yet, perhaps.

    Raises `FileNotFoundError` if the user has no home.
    """
    if sys.platform == "win32":
        return _given("LOCALAPPDATA", "AppData", "Local") / "Anyzoom"
    if sys.platform == "darwin":
        return _given("", "Library", "Application Support") / "Anyzoom"
    return _given("XDG_STATE_HOME", ".local", "state") / "anyzoom"


def _given(variable: str, *otherwise: str) -> Path:
    """Return what a variable of the environment says, or else a folder in the user's home."""
    named = os.environ.get(variable, "")
    if os.path.isabs(named):
        return Path(named)
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise FileNotFoundError("There is no home folder.")
    return Path(home, *otherwise)
