"""Imports modules without reading their text."""

from __future__ import annotations

import builtins
import linecache


def import_plainly() -> None:
    """Undo what Qt's binding does to imports, if it is there, and what it has done.

    It would read the text of each module, to find out whether that uses its names in another
    spelling, which none here does; and Python keeps a text that was read: 40 MB with torch's.
    """
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    linecache.clearcache()
