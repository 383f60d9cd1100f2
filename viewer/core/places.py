"""Where Anyzoom keeps what is nobody else's business: its log, and notes on unfinished files.

And where it stands itself.
"""

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


def home_folder() -> Path:
    """Return the user's home. Raises `FileNotFoundError` if there is none."""
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise FileNotFoundError("There is no home folder.")
    return Path(home)


def leave_removed_folder() -> None:
    """Work in another folder if the one that Anyzoom was started in is not there any more.

    To be called before torch is loaded: its Intel MKL would end the process there.
    """
    try:
        os.getcwd()
    except OSError:
        os.chdir(os.sep)


def _given(variable: str, *otherwise: str) -> Path:
    """Return what a variable of the environment says, or else a folder in the user's home."""
    named = os.environ.get(variable, "")
    if os.path.isabs(named):
        return Path(named)
    return home_folder().joinpath(*otherwise)
