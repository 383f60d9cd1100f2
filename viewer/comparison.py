"""What is compared with what: keeps the state of the comparison and tells who has to know."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from models.spec import ModelError
from viewer.core.compare import GAINS, Comparison, Mode, Side
from viewer.core.methods import PRESET, recipe_by
from viewer.core.presets import Recipe
from viewer.settings import Settings

#: By how much of the canvas's width a key moves the line.
STEP = 0.05


class Comparing(QObject):
    """One comparison, and the recipes that it takes.

    Signals: changed(Comparison); recipe_chosen(Recipe), of the right side, or of all that is seen;
    other_chosen(Recipe or None), of the left side; failed(str).
    """

    changed = Signal(object)
    recipe_chosen = Signal(object)
    other_chosen = Signal(object)
    failed = Signal(str)

    def __init__(self, preset: Recipe, settings: Settings) -> None:
        """`preset` is the recipe in use where nothing is compared."""
        super().__init__()
        self.preset = preset
        self._settings = settings
        self._recipes: tuple[Recipe, Recipe | None] = (preset, None)
        self.state = Comparison(
            left=self._known("compare_left", "bicubic"),
            right=self._known("compare_right", PRESET),
            gain=gain if (gain := settings.get("compare_gain")) in GAINS else Comparison().gain,
        )

    def begin(self, comparison: Comparison) -> None:
        """Compare like this now, whatever was chosen before."""
        self._set(replace(comparison, gain=self.state.gain))

    @Slot(object)
    def set_preset(self, recipe: Recipe) -> None:
        """Use another recipe, now and where a side follows the preset."""
        self.preset = recipe
        self._choose_recipes(anew=True)

    def set_mode(self, mode: Mode) -> None:
        """Compare in this way."""
        self._set(replace(self.state, mode=mode))

    def toggle(self, mode: Mode) -> None:
        """Compare in this way, or no longer if it is the way already."""
        self.set_mode(Mode.OFF if self.state.mode is mode else mode)

    @Slot(float)
    def set_split(self, split: float) -> None:
        """Put the line at a share (0..1) of the canvas's width."""
        self._set(replace(self.state, split=min(max(split, 0.0), 1.0)))

    def move_split(self, steps: int) -> None:
        """Move the line by keys."""
        self.set_split(self.state.split + steps * STEP)

    @Slot()
    def recentre(self) -> None:
        """Put the line into the middle."""
        self.set_split(0.5)

    def set_method(self, side: Side, method: str, keep: bool = True) -> None:
        """Make one side by another method, at the next start too if it is to be kept."""
        try:
            recipe_by(method, self.preset)
        except ModelError as error:
            self.failed.emit(str(error))
            return
        self._set(replace(self.state, **{side.value: method}))
        if keep:
            self._settings.set(f"compare_{side.value}", method)

    def exchange(self) -> None:
        """Let both sides change places."""
        left, right = self.state.left, self.state.right
        self._set(replace(self.state, left=right, right=left))
        self._settings.set("compare_left", right)
        self._settings.set("compare_right", left)

    def set_gain(self, gain: int) -> None:
        """Amplify differences so many times."""
        self._set(replace(self.state, gain=gain))
        self._settings.set("compare_gain", gain)

    def amplify(self, steps: int) -> None:
        """Amplify more, or less."""
        index = GAINS.index(self.state.gain) + steps
        self.set_gain(GAINS[min(max(index, 0), len(GAINS) - 1)])

    @Slot(bool)
    def set_blinking(self, blinking: bool) -> None:
        """Show the other one in place of each, or no longer."""
        self._set(replace(self.state, blinking=blinking))

    def _set(self, state: Comparison) -> None:
        if state == self.state:
            return
        self.state = state
        self._choose_recipes()
        self.changed.emit(state)

    def _choose_recipes(self, anew: bool = False) -> None:
        """Tell the recipes if they are others, the first one in any case if `anew`."""
        state, old = self.state, self._recipes
        comparing = state.mode is not Mode.OFF
        main = recipe_by(state.right, self.preset) if comparing else self.preset
        other = recipe_by(state.left, self.preset) if comparing or state.blinking else None
        self._recipes = main, other
        if anew or main != old[0]:
            self.recipe_chosen.emit(main)
        if other != old[1]:
            self.other_chosen.emit(other)

    def _known(self, setting: str, default: str) -> str:
        """Return the method in a setting, unless its model is no longer there."""
        try:
            recipe_by(self._settings.get(setting), self.preset)
        except ModelError:
            return default
        return self._settings.get(setting)
