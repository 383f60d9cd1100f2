"""Everything a user can do, by name. Menus, shortcuts, command palette and sheet all read this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from viewer.language import tr
from viewer.settings import Settings

Keys = str | QKeySequence.StandardKey


def menu_titles() -> dict[str, str]:
    """Return the menus by name, from left to right."""
    return {
        "file": tr("&File"),
        "edit": tr("&Edit"),
        "view": tr("&View"),
        "go": tr("&Go"),
        "compare": tr("&Compare"),
        "preset": tr("&Preset"),
        "help": tr("&Help"),
    }


def plain(text: str) -> str:
    """Return the text of an action or menu without the marks of its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


class Actions(QObject):
    """The actions of one window, by name ("file.open"), in the order they were added.

    A name never changes: settings hold the shortcuts that users chose under it.
    """

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._ends: dict[tuple[str, str], QAction] = {}  # the last action of each section
        self._tails: dict[str, QAction] = {}  # what the section "end" of a menu begins with
        self._menus: dict[str, QMenu] = {}
        self._homes: dict[str, str] = {}  # the menu of each action, and of each submenu
        for name, title in menu_titles().items():
            self._menus[name] = menu = window.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            menu.menuAction().setVisible(False)  # until there is something in it

    def add(
        self,
        name: str,
        text: str,
        do: Callable[[], object],
        *keys: Keys,
        menu: str = "",
        section: str = "",
        tip: str = "",
        checked: bool | None = None,
        group: str = "",
    ) -> QAction:
        """Add an action, in a menu's section if one is named, and return it.

        `keys` are its shortcuts unless the user chose others. `checked` makes it one that can be
        checked; of those of a `group` exactly one is. `do` is called when the user triggers it,
        after the check mark changed. Actions work in full screen too, where no menu is.
        """
        assert name not in self._actions, name
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setToolTip(tip or action.toolTip())
        action.setProperty("shortcuts", [QKeySequence(key).toString() for key in keys])
        action.setShortcuts(self._shortcuts(name, keys))
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        if group:
            self._group(group).addAction(action)
        action.triggered.connect(lambda _checked: do())
        self._window.addAction(action)
        if menu:
            self._insert(menu, section, action)
        self._actions[name] = action
        self._homes[name] = menu
        return action

    def add_switch(
        self,
        name: str,
        text: str,
        setting: str,
        *keys: Keys,
        menu: str,
        section: str,
        tip: str,
    ) -> QAction:
        """Add an action whose check mark is a preference, a bool, and return it."""
        action = self.add(
            name,
            text,
            lambda: self._settings.set(setting, action.isChecked()),
            *keys,
            menu=menu,
            section=section,
            tip=tip,
            checked=False,
        )
        self._settings.follow(setting, action.setChecked)
        return action

    def add_menu(self, name: str, title: str, *, menu: str, section: str = "") -> QMenu:
        """Add a submenu, whose `name` then serves as `menu` in `add`, and return it."""
        self._menus[name] = submenu = QMenu(title, self._window)
        submenu.setToolTipsVisible(True)
        self._homes[name] = menu
        self._insert(menu, section, submenu.menuAction())
        return submenu

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def menu_of(self, name: str) -> str:
        """Return the titles of the menus that an action is in, the outermost first, or nothing."""
        titles: list[str] = []
        while name := self._homes.get(name, ""):
            titles.insert(0, plain(self._menus[name].title()))
        return " › ".join(titles)

    def by_menu(self) -> dict[str, list[QAction]]:
        """Return all actions by `menu_of`, in the order of the menu bar; "" comes last."""
        menus: dict[str, list[QAction]] = {
            title: [] for title in map(plain, menu_titles().values())
        }
        for name, action in self._actions.items():
            menus.setdefault(self.menu_of(name), []).append(action)
        menus[""] = menus.pop("", [])
        return {title: actions for title, actions in menus.items() if actions}

    def taken_by(self, key: QKeySequence) -> QAction | None:
        """Return the action that a shortcut triggers now."""
        return next((action for action in self if key in action.shortcuts()), None)

    def default_keys(self, name: str) -> list[QKeySequence]:
        """Return the shortcuts that an action has unless the user chooses others."""
        return [QKeySequence(text) for text in self._actions[name].property("shortcuts")]

    def set_keys(self, name: str, keys: Sequence[QKeySequence] | None) -> None:
        """Give an action other shortcuts, now and at the next start; None is its own again."""
        chosen = None if keys is None else [key.toString() for key in keys]
        self._settings.set_shortcuts(name, chosen)
        self._actions[name].setShortcuts(self.default_keys(name) if keys is None else list(keys))

    def _shortcuts(self, name: str, keys: Sequence[Keys]) -> list[QKeySequence]:
        chosen = self._settings.shortcuts(name)
        return [QKeySequence(key) for key in (keys if chosen is None else chosen)]

    def _group(self, name: str) -> QActionGroup:
        if name not in self._groups:
            self._groups[name] = QActionGroup(self._window)
        return self._groups[name]

    def _insert(self, menu: str, section: str, action: QAction) -> None:
        """Put an action behind the last one of its section; a new section begins with a line.

        A section called "end" stays the last one.
        """
        target = self._menus[menu]
        target.menuAction().setVisible(True)
        end = self._ends.get((menu, section))
        if end is None:
            self._begin(menu, section, action)
        else:
            there = target.actions()
            after = there.index(end) + 1
            target.insertAction(there[after] if after < len(there) else None, action)  # pyright: ignore[reportArgumentType]
        self._ends[menu, section] = action

    def _begin(self, menu: str, section: str, action: QAction) -> None:
        """Put the first action of a section behind all others, but before those of the end."""
        target, tail = self._menus[menu], self._tails.get(menu)
        if tail is None:
            line = None if target.isEmpty() else target.addSeparator()
            target.addAction(action)
            if section == "end":
                self._tails[menu] = line or action
        elif tail.isSeparator():
            target.insertSeparator(tail)
            target.insertAction(tail, action)
        else:
            target.insertAction(tail, action)
            self._tails[menu] = target.insertSeparator(tail)
