"""The Compare menu: everything that a user can do with a comparison."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal
from PySide6.QtGui import QAction, QKeyEvent

from models import spec
from viewer.actions import Actions
from viewer.comparison import Comparing
from viewer.core.compare import GAINS, Comparison, Mode, Side
from viewer.core.methods import PRESET, methods_of
from viewer.language import told, tr


class CompareMenu(QObject):
    """Adds the actions, and keeps their marks as the comparison is.

    `left`, `right` and `gain` are the menus from which captions let the user choose.
    """

    def __init__(self, actions: Actions, comparing: Comparing) -> None:
        super().__init__(actions)
        self._actions = actions
        self._add_modes(comparing)
        add_menu = functools.partial(actions.add_menu, menu="compare", section="sides")
        self.left = add_menu("compare.left", tr("&Left side"))
        self.right = add_menu("compare.right", tr("&Right side"))
        self.gain = add_menu("compare.gain", tr("&Amplification"))
        for side in Side:
            self._add_methods(side, comparing)
        self._add_gains(comparing)
        self._add_line(comparing)
        comparing.changed.connect(self._show)
        self._show(comparing.state)

    def _add_modes(self, comparing: Comparing) -> None:
        for mode, text, key, tip in (
            (Mode.OFF, tr("&One picture"), "O", tr("Show one picture, without a comparison")),
            (Mode.SPLIT, tr("&Split"), "C", tr("Two methods, with a line between to drag")),
            (Mode.SIDES, tr("Side &by side"), "Shift+C", tr("One view, made by two methods")),
            (Mode.DIFFERENCE, tr("&Difference"), "D", tr("How much two methods differ, and where")),
        ):
            do = functools.partial(comparing.toggle, mode)
            if mode is Mode.OFF:
                do = functools.partial(comparing.set_mode, mode)
            self._actions.add(
                f"compare.{mode.value}",
                text,
                do,
                *([key] if key else []),
                menu="compare",
                section="modes",
                tip=tip,
                checked=False,
                group="compare",
            )
        self._blink = Hold(
            self._actions.add(
                "compare.blink",
                tr("S&how the other one"),
                lambda: self._blink.begin(),
                "B",
                menu="compare",
                section="modes",
                tip=tr("As long as the key is held down"),
            )
        )
        self._blink.held.connect(comparing.set_blinking)

    def _add_methods(self, side: Side, comparing: Comparing) -> None:
        menu = f"compare.{side.value}"
        titles = (tr("Left: {method}"), tr("Right: {method}"))
        title = titles[side is Side.RIGHT]

        def add(method: str, text: str, where: str, section: str = "") -> None:
            self._actions.add(
                f"{menu}.{method}",
                text,
                functools.partial(comparing.set_method, side, method),
                menu=where,
                section=section,
                tip=title.format(method=text),
                checked=False,
                group=menu,
            )

        add(PRESET, tr("As the preset says"), menu)
        for method, text in (
            ("nearest", tr("Nearest neighbour")),
            ("bilinear", tr("Bilinear")),
            ("bicubic", tr("Bicubic")),
            ("lanczos", tr("Lanczos")),
        ):
            add(method, text, menu, "filters")
        for model in spec.available():
            where = f"{menu}.models.{model.name}"
            self._actions.add_menu(where, model.name, menu=menu, section="models")
            automatic, *fixed = methods_of(model)
            by_scale = tr("{model}, subnet by the scale").format(model=model.name)
            add(automatic, by_scale, where)
            for method in fixed:
                subnet = method.partition(":")[2]
                text = tr("{model}, subnet {subnet}").format(model=model.name, subnet=told(subnet))
                add(method, text, where)

    def _add_gains(self, comparing: Comparing) -> None:
        for gain in GAINS:
            self._actions.add(
                f"compare.gain.{gain}",
                tr("Difference ×{gain}").format(gain=gain),
                functools.partial(comparing.set_gain, gain),
                menu="compare.gain",
                checked=False,
                group="compare.gain",
            )
        for name, text, key, step in (
            ("more", tr("Amplify more"), "]", 1),
            ("less", tr("Amplify less"), "[", -1),
        ):
            do = functools.partial(comparing.amplify, step)
            self._add(f"gain_{name}", text, do, key, menu="compare.gain", section="steps")

    def _add_line(self, comparing: Comparing) -> None:
        self._add("exchange", tr("E&xchange sides"), comparing.exchange, "Shift+X", section="sides")
        left, right = (functools.partial(comparing.move_split, step) for step in (-1, 1))
        self._add("line_left", tr("Move line left"), left, "Shift+Left")
        self._add("line_right", tr("Move line right"), right, "Shift+Right")
        self._add("line_middle", tr("Line into the &middle"), comparing.recentre, "Shift+Home")

    def _add(
        self,
        name: str,
        text: str,
        do: Callable[[], object],
        key: str,
        menu: str = "compare",
        section: str = "line",
    ) -> None:
        self._actions.add(f"compare.{name}", text, do, key, menu=menu, section=section)

    def _show(self, comparison: Comparison) -> None:
        """Mark what is chosen, and let only be done what makes a difference."""
        for name in (
            f"compare.{comparison.mode.value}",
            f"compare.left.{comparison.left}",
            f"compare.right.{comparison.right}",
            f"compare.gain.{comparison.gain}",
        ):
            self._actions[name].setChecked(True)
        for name in ("line_left", "line_right", "line_middle"):
            self._actions[f"compare.{name}"].setEnabled(comparison.mode is Mode.SPLIT)


class Hold(QObject):
    """Lets an action last as long as its key is held. Signals: held(bool)."""

    held = Signal(bool)

    def __init__(self, action: QAction) -> None:
        super().__init__(action)
        action.setAutoRepeat(False)

    def begin(self) -> None:
        """Hold until a key is released; from a menu, until the next key or click."""
        application = QCoreApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        self.held.emit(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        released = event.type() == QEvent.Type.KeyRelease
        if isinstance(event, QKeyEvent) and event.isAutoRepeat():
            released = False
        left = QEvent.Type.WindowDeactivate, QEvent.Type.ApplicationDeactivate
        if released or event.type() in (QEvent.Type.MouseButtonPress, *left):
            application = QCoreApplication.instance()
            if application is not None:
                application.removeEventFilter(self)
            self.held.emit(False)
        return False
