"""Asks where to save, and never for less than the user's consent to overwrite."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

import assets
from viewer.core.export import FORMATS
from viewer.core.places import home_folder
from viewer.language import tr
from viewer.literal import literal


def ask_for_target(
    parent: QWidget, title: str, source: Path, stem: str, suffix: str = ""
) -> tuple[Path, bool] | None:
    """Return a file to save in, and whether it may be overwritten; None if there shall be none.

    `source` lies where results are offered to be saved. A name without a known suffix gets
    `suffix`, which is of the format that is offered first.
    """
    suffix = suffix or ".png"
    offered = str(folder_for(source) / f"{stem}{suffix}")
    options = QFileDialog.Option.DontConfirmOverwrite  # the name may still get a suffix
    name, _ = QFileDialog.getSaveFileName(parent, title, offered, _filters(suffix), options=options)
    if not name:
        return None
    target = Path(name)
    if target.suffix.lower() not in FORMATS:
        target = target.with_name(target.name + suffix)
    if not target.exists() and not target.is_symlink():
        return target, False
    question = tr("{name} exists already. Replace it?").format(name=target.name)
    answer = QMessageBox.question(parent, title, literal(question))
    return (target, True) if answer == QMessageBox.StandardButton.Yes else None


def folder_for(source: Path) -> Path:
    """Return where what is made of a picture is offered to be saved: beside it, or at home.

    Not beside one that was pasted, whose path is a bare name and whose file goes at the end; nor
    beside the photo that comes along; nor where nothing can be written.
    """
    folder = folder_of(source)
    if folder is not None and os.access(folder, os.W_OK):
        return folder
    try:
        return home_folder()
    except FileNotFoundError:
        return Path(os.sep)


def folder_of(picture: Path) -> Path | None:
    """Return where a picture lies, if it is the user's and was not pasted."""
    kept = picture.is_absolute() and assets.FOLDER not in picture.parents
    return picture.parent if kept else None


def _filters(first: str) -> str:
    patterns: dict[str, list[str]] = {FORMATS[first].name: []}
    for suffix, kind in FORMATS.items():
        patterns.setdefault(kind.name, []).append(f"*{suffix}")
    return ";;".join(f"{name} ({' '.join(each)})" for name, each in patterns.items())
