"""The actions that change how much of the picture shows, and how large."""

from __future__ import annotations

from PySide6.QtWidgets import QInputDialog, QMainWindow

from viewer.actions import Actions
from viewer.core import geometry
from viewer.core.geometry import Frame
from viewer.language import tr
from viewer.motion import Motion


def add_view_actions(window: QMainWindow, actions: Actions, motion: Motion) -> None:
    """Add them to the View menu."""
    add = actions.add
    zoom_in, zoom_out = ("+", "=", "Ctrl++", "Ctrl+="), ("-", "Ctrl+-")
    add("view.zoom_in", tr("Zoom &in"), motion.zoom_in, *zoom_in, menu="view")
    add("view.zoom_out", tr("Zoom &out"), motion.zoom_out, *zoom_out, menu="view")
    add(
        "view.zoom_to",
        tr("&Zoom to…"),
        lambda: _ask_for_zoom(window, motion),
        "Z",
        menu="view",
        tip=tr("Show the picture at a percentage of its own size"),
    )
    add(
        "view.fit",
        tr("&Fit"),
        lambda: motion.frame(Frame.FIT),
        *("0", "Ctrl+0"),
        menu="view",
        tip=tr("Show all of the picture"),
    )
    add(
        "view.fit_width",
        tr("Fit the &width"),
        lambda: motion.frame(Frame.WIDTH),
        *("9", "Ctrl+9"),
        menu="view",
        tip=tr("Make the picture as wide as the window"),
    )
    add(
        "view.fill",
        tr("Fi&ll the window"),
        lambda: motion.frame(Frame.FILL),
        *("8", "Ctrl+8"),
        menu="view",
        tip=tr("Cover the whole window; edges of the picture may be cut off"),
    )
    add(
        "view.one_to_one",
        tr("&1:1"),
        lambda: motion.one_to_one(),
        *("1", "Ctrl+1"),
        menu="view",
        tip=tr("Show one pixel of the picture as one pixel of the screen"),
    )


def _ask_for_zoom(window: QMainWindow, motion: Motion) -> None:
    if motion.view is None:
        return
    low, high = geometry.zoom_limits(motion.view.image, motion.view.canvas)
    dialog = QInputDialog(window)
    dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
    dialog.setWindowTitle(tr("Zoom to"))
    dialog.setLabelText(tr("Percentage of the picture's own size:"))
    dialog.setDoubleDecimals(1)
    dialog.setDoubleRange(100 * low, 100 * high)
    dialog.setDoubleValue(100 * motion.view.zoom)
    dialog.doubleValueSelected.connect(lambda percent: motion.zoom_to(percent / 100))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
