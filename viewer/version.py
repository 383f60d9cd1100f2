"""Which Anyzoom this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the version installed; a checkout that was never installed has none."""
    try:
        return metadata.version("anyzoom")
    except metadata.PackageNotFoundError:
        return "(not installed)"
