"""Texts in which a file may have a say: Qt must not take them for formatted text.

It would show pictures named in them, from anywhere on the disk, and decode them in the viewer.
"""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def literal(text: str) -> str:
    """Return what a tooltip or a question shows letter by letter as `text`."""
    if not Qt.mightBeRichText(text):
        return text
    return f"<p style='white-space: pre-wrap'>{escape(text)}</p>"
