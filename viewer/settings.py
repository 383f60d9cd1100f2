"""What a user chose, kept from one start to the next. Nonsense in the file counts as not chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QLockFile, QObject, QSettings, Signal

#: Every preference there is: its value until the user chooses another, which has the same type.
DEFAULTS: Mapping[str, bool | int | float | str] = MappingProxyType(
    {
        "preset": "balanced",
        "model": "",  # one in the preset's place
        "treat_as": "auto",  # what pictures are treated as; or "photo", "clean"
        "give_way": True,
        "wheel": "zoom",  # or "browse"
        "background": "#202020",  # of the canvas
        "histogram": False,
        "inspector": False,
        "minimap": True,
        "toolbar": False,
        "strip": False,  # of thumbnails
        "theme": "system",  # or "light", "dark"
        "language": "",  # a code such as "de"; "" follows the system
        "display_profile": "system",  # or "srgb", or the path of an ICC profile
        "wrap": True,  # go on with the first picture after the last
        "compare_left": "bicubic",  # a method, see viewer.core.methods
        "compare_right": "preset",
        "compare_gain": 8,  # how many times a difference is amplified
        "speeds": "",  # megapixels per second by model and device, JSON
        "slideshow_seconds": 5,
        "recent": "",  # paths, one a line, the latest first
        "window_state": "",  # geometry and docks, base64
        "welcomed": False,  # a file was opened before, so the first start is over
        "tiles_without_numbers": 0,  # counted for `anyzoom --diagnose`
        "tiles_failed": 0,  # the same
    }
)

#: No number is of use outside these.
RANGES = MappingProxyType(
    {
        "compare_gain": (1, 1000),
        "slideshow_seconds": (1, 86_400),
        "tiles_without_numbers": (0, 10**12),
        "tiles_failed": (0, 10**12),
    }
)


class Settings(QObject):
    """Preferences by name, see `DEFAULTS`. Signals: changed(str), the name."""

    changed = Signal(str)

    def __init__(self, store: QSettings | None = None) -> None:
        """Keep everything in `store`, by default in the user's own settings file."""
        super().__init__()
        self._store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Anyzoom", "Anyzoom"
        )
        # Left by a crash, it would hold up the window for half a minute at the next choice.
        QLockFile(f"{self._store.fileName()}.lock").removeStaleLockFile()

    def get(self, name: str) -> Any:
        """Return a preference, of the type of its default."""
        default: Any = DEFAULTS[name]
        found = self._store.value(name)
        if found is None:
            return default
        if isinstance(default, bool):
            return {"true": True, "false": False}.get(str(found).lower(), default)
        try:
            value: Any = type(default)(found)
        except (TypeError, ValueError, OverflowError):
            return default
        low, high = RANGES.get(name, (value, value))
        return value if low <= value <= high else default

    def latest(self, name: str) -> Any:
        """Return a preference as another window of Anyzoom may have left it by now."""
        self._store.sync()
        return self.get(name)

    def set(self, name: str, value: bool | int | float | str) -> None:
        """Remember a choice."""
        assert type(value) is type(DEFAULTS[name]), name
        if value != self.get(name):
            self._store.setValue(name, value)
            self.changed.emit(name)

    def follow(self, name: str, do: Callable[[Any], object]) -> None:
        """Call `do` with a preference's value, now and whenever another is chosen."""
        do(self.get(name))
        self.changed.connect(lambda changed: do(self.get(name)) if changed == name else None)

    def shortcuts(self, action: str) -> list[str] | None:
        """Return the shortcuts chosen for an action; None if none were."""
        found = self._store.value(f"shortcuts/{action}")
        return None if found is None else [key for key in str(found).split("\n") if key]

    def set_shortcuts(self, action: str, keys: list[str] | None) -> None:
        """Remember the shortcuts of an action; None forgets what was chosen."""
        if keys is None:
            self._store.remove(f"shortcuts/{action}")
        else:
            self._store.setValue(f"shortcuts/{action}", "\n".join(keys))

    def sync(self) -> bool:
        """Write everything to disk now; tell whether that worked."""
        self._store.sync()
        return self._store.status() == QSettings.Status.NoError
