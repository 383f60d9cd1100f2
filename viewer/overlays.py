"""The little that is laid over the picture: badge, message bar, and the invitation of an empty one.

They keep out of the layout: nothing moves when they come and go.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.core.plan import Plan
from viewer.core.presets import label
from viewer.core.pyramid import GRID, scale_of
from viewer.core.tiles import Filter
from viewer.language import figure, told, tr, trn

#: How long a message stays when nobody dismisses it.
MESSAGE_MS = 12_000

_STYLE = """
#badge, #inspector, #opening { color: #f2f2f2; background: rgba(20, 20, 20, 190); }
#badge, #inspector, #opening { padding: 3px 9px; border-radius: 4px; }
#hint { color: #f2f2f2; background: rgba(20, 20, 20, 190); padding: 5px 12px; border-radius: 4px; }
#messages { background: #f3d9a4; border-radius: 5px; }
#messages QLabel { color: #221a08; padding: 6px 4px 6px 10px; }
#messages QToolButton { color: #221a08; border: none; padding: 6px 10px; font-weight: bold; }
#messages QToolButton:hover { background: rgba(0, 0, 0, 40); border-radius: 5px; }
#welcome QLabel { color: #c8c8c8; }
"""


def badge_text(plan: Plan, reason: str = "") -> str:
    """Say how the picture is being shown: model, scale, subnet, and tiles done while refining.

    `reason` is what is held back, and why.
    """
    scale = scale_of(plan.level)
    if plan.quality.model is None:
        name = filter_names()[plan.quality.filter]
        return f"{name}  ×{figure(scale, 2)}" if plan.level > GRID else f"{scale:.0%}"
    subnet, why = f"{plan.quality.subnet:g}", told(reason)
    held = tr("subnet {subnet}").format(subnet=told(subnet))
    if reason.endswith(f"subnet {subnet}"):
        held = why
    elif reason:
        held = f"{held}  {why}"
    text = f"{told(label(plan.quality.model))}  ×{figure(scale, 2)}  {held}"
    if plan.done == plan.total:
        return text
    if plan.done == 0:
        text = f"{filter_names()[Filter.BICUBIC]}  ×{figure(scale, 2)}  {why}".rstrip()
    return f"{text}  {plan.done}/{plan.total}"


def filter_names() -> dict[Filter, str]:
    """Return what filters are called within a line."""
    return {
        Filter.NEAREST: tr("nearest"),
        Filter.BILINEAR: tr("bilinear"),
        Filter.BICUBIC: tr("bicubic"),
        Filter.LANCZOS: tr("lanczos"),
    }


class Badge(QLabel):
    """One quiet line in a corner."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("badge")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(tr("How the picture is shown"))
        self._plan: Plan | None = None
        self._reason = ""
        self._aside = False
        self._frame: tuple[int, int] | None = None
        self._playing = False
        self.hide()

    def show_plan(self, plan: Plan) -> None:
        self._plan = plan
        text = badge_text(plan, self._reason)
        if self._frame is not None:
            frame = tr("frame {number} / {count}")
            frame = frame.format(number=self._frame[0], count=self._frame[1])
            scale = f"×{figure(scale_of(plan.level), 2)}"
            text = f"{tr('playing')}  {scale}  {frame}" if self._playing else f"{text}  {frame}"
        if text != self.text():
            self.setText(text)
        self._explain()
        self.setVisible(not self._aside)

    def show_frame(self, frame: tuple[int, int] | None, playing: bool) -> None:
        """Tell which frame of how many is on screen; none if that is no animation."""
        self._frame, self._playing = frame, playing
        if self._plan is not None:
            self.show_plan(self._plan)

    def clear(self) -> None:
        """Show nothing, as there is no picture."""
        self._plan = None
        self.hide()

    def stand_aside(self, aside: bool) -> None:
        """Show nothing while something else tells how the picture is shown."""
        self._aside = aside
        self.setVisible(not aside and self._plan is not None)

    def show_reason(self, reason: str) -> None:
        """Tell what is held back, and why; nothing if nothing is."""
        self._reason = reason
        if self._plan is not None:
            self.show_plan(self._plan)
        else:
            self._explain()

    def _explain(self) -> None:
        """Tell in the tooltip what is not as it could be."""
        lines: list[str] = []
        if self._reason:
            why = tr(
                "Anyzoom holds back for a while ({reason}).\n"
                "View → Give way to other programs switches this off."
            )
            lines.append(why.format(reason=told(self._reason)))
        if count := self._plan.failed if self._plan is not None else 0:
            left = trn(
                "{count} part could not be refined and stays bicubic.",
                "{count} parts could not be refined and stay bicubic.",
                count,
            )
            lines.append(left.format(count=count))
        # Only with a tooltip may it stand between the mouse and the picture.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not lines)
        self.setToolTip("\n".join(lines))


class Opening(QLabel):
    """Tells which picture is being waited for, while the one before it stays on screen."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setObjectName("opening")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_name(self, name: str) -> None:
        """Show a file's name, or no more if it is empty."""
        text, room = tr("Opening {name}…").format(name=name), self._canvas.width() // 2
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room))
        self.setVisible(bool(name))


class MessageBar(QFrame):
    """A sentence for the user, until it is dismissed or has stood long enough."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messages")
        self._label = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._take: Callable[[], object] | None = None
        self._offer = QPushButton(self)
        self._offer.clicked.connect(self._on_offer)
        close = QToolButton(self)
        close.setText("×")
        close.setToolTip(tr("Dismiss"))
        close.setAccessibleName(tr("Dismiss"))
        close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label, 1)
        row.addWidget(self._offer)
        row.addWidget(close)
        self._timer = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._timer.timeout.connect(self.dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence on screen, or nothing."""
        return "" if self.isHidden() else self._label.text()

    def say(self, sentence: str, offer: str = "", take: Callable[[], object] | None = None) -> None:
        """Show a sentence, and beside it a button for what is offered, which does `take`."""
        self._label.setText(told(sentence))
        self._take = take
        self._offer.setText(offer)
        self._offer.setVisible(take is not None)
        self.show()
        self.raise_()
        self._timer.start()

    def _on_offer(self) -> None:
        take = self._take
        self.dismiss()
        if take is not None:
            take()

    def dismiss(self) -> None:
        self._timer.stop()
        self.hide()


class Welcome(QWidget):
    """Shown where a picture would be. Signals: open_clicked()."""

    open_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        button = QPushButton(tr("Open a picture…"), self)
        button.clicked.connect(self.open_clicked)
        hint = QLabel(tr("or drop one here"), self, alignment=Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addWidget(button)
        column.addWidget(hint)
        self.hide()


def lay_over(canvas: QWidget) -> tuple[Badge, Opening, MessageBar, Welcome]:
    """Put the overlays on a canvas: badge at the bottom, invitation amid, the others on top."""
    canvas.setStyleSheet(_STYLE)
    badge, opening = Badge(canvas), Opening(canvas)
    messages, welcome = MessageBar(canvas), Welcome(canvas)
    grid = QGridLayout(canvas)
    grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)
    grid.setContentsMargins(12, 12, 12, 12)
    top, left = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignLeft
    grid.addWidget(opening, 0, 0, top | left)
    grid.addWidget(messages, 0, 0, top)
    grid.addWidget(welcome, 0, 0, Qt.AlignmentFlag.AlignCenter)
    grid.addWidget(badge, 0, 0, Qt.AlignmentFlag.AlignBottom | left)
    return badge, opening, messages, welcome
