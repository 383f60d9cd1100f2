"""What lies over the canvas while two pictures are compared: captions, legend and handle."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Signal, Slot
from PySide6.QtGui import QImage, QPainter

from viewer.canvas import Canvas
from viewer.captions import Caption, Legend, places, side_text
from viewer.compare_menu import CompareMenu
from viewer.core.budget import Limits
from viewer.core.compare import Comparison, Mode, Side, parts
from viewer.core.plan import Plan
from viewer.core.pyramid import GRID
from viewer.core.tiles import PIXELS
from viewer.handle import Handle
from viewer.language import tr

NOTHING = QSize(0, 0)


class Sides(QObject):
    """Shows a comparison's captions. Signals: compared(bool): whether anything is written."""

    compared = Signal(bool)

    def __init__(self, canvas: Canvas, menus: CompareMenu) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._comparison = Comparison()
        self._plans: dict[Side, Plan] = {}
        self._reason = ""
        self.handle = Handle(canvas)
        self.left, self.right, self.legend = Caption(canvas), Caption(canvas), Legend(canvas)
        self.left.setMenu(menus.left)
        self.right.setMenu(menus.right)
        self.legend.setMenu(menus.gain)
        canvas.installEventFilter(self)

    @Slot(object)
    def set_comparison(self, comparison: Comparison) -> None:
        """Write what belongs to a comparison."""
        self._comparison = comparison
        self.handle.set_share(comparison.split)
        self._show()

    def clear(self) -> None:
        """Write nothing, as no picture is shown any more."""
        self._plans = {}
        self._show()

    @Slot(object)
    def set_plan(self, plan: Plan) -> None:
        """Tell how the right side is shown."""
        self._set_plan(Side.RIGHT, plan)

    @Slot(object)
    def set_other_plan(self, plan: Plan) -> None:
        """Tell how the left side is shown."""
        self._set_plan(Side.LEFT, plan)

    @Slot(object)
    def show_limits(self, limits: Limits) -> None:
        """Tell what is held back, and why."""
        self._reason = limits.reason
        self._write()

    def picture(self) -> QImage:
        """Return what the canvas shows, in device pixels, with everything written on it."""
        shot = self._canvas.picture()
        self._write()
        ratio = self._canvas.devicePixelRatioF()
        written = self._written()
        sizes = [each.bare_size() if each in written else NOTHING for each in self._all]
        painter = QPainter(shot)
        painter.scale(ratio, ratio)
        for each, place, size in zip(
            self._all, places(shot.size() / ratio, *sizes), sizes, strict=True
        ):
            if each in written:
                each.draw(painter, QRectF(place, size))
        painter.end()
        return shot

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._lay_out()
        return False

    @property
    def _all(self) -> tuple[Caption, Caption, Legend]:
        return self.left, self.right, self.legend

    def _set_plan(self, side: Side, plan: Plan) -> None:
        first = not self._plans
        self._plans[side] = plan
        if first:
            self._show()
        elif self._written():
            self._write()

    def _show(self) -> None:
        self.handle.setVisible(self._comparison.mode is Mode.SPLIT and bool(self._plans))
        self._write()
        self.compared.emit(bool(self._written()))

    def _written(self) -> tuple[Caption, ...]:
        """Return the captions that belong on screen: none without a picture."""
        if not self._plans:
            return ()
        if self._comparison.differing:
            return self._all
        if self._comparison.mode in (Mode.SPLIT, Mode.SIDES):
            return self.left, self.right
        return (self.left,) if self._comparison.blinking else ()

    def _write(self) -> None:
        sides = [part.side for part in parts(self._comparison, self._canvas.size_px)]
        if self._comparison.differing:
            sides = [Side.LEFT, Side.RIGHT]
        names = (tr("Left side"), tr("Right side"))
        for caption, side, name in zip((self.left, self.right), sides, names, strict=False):
            if side in self._plans:
                caption.say(side_text(self._plans[side], self._reason))
                caption.setAccessibleName(f"{name}: {caption.text()}")
        self.legend.show_gain(self._comparison.gain, self._alike)
        self._lay_out()

    @property
    def _alike(self) -> bool:
        """Whether both sides show the picture's own pixels, which no method has a say in."""
        qualities = {plan.quality for plan in self._plans.values()}
        return qualities == {PIXELS} and all(plan.level <= GRID for plan in self._plans.values())

    def _lay_out(self) -> None:
        written = self._written()
        sizes = [each.sizeHint() if each in written else NOTHING for each in self._all]
        for each, place, size in zip(
            self._all, places(self._canvas.size(), *sizes), sizes, strict=True
        ):
            each.setVisible(each in written)
            each.setGeometry(place.x(), place.y(), size.width(), size.height())
