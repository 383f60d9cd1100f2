"""What pictures are refined by: a preset or a model, and what the pictures are treated as."""

from __future__ import annotations

import functools

from PySide6.QtCore import QObject, Signal, Slot

from models import spec
from viewer.actions import Actions
from viewer.core.options import Options
from viewer.core.presets import DEFAULT, TREATMENTS, Recipe, recipe, shipped
from viewer.core.words import mark
from viewer.language import tr
from viewer.settings import Settings


class Recipes(QObject):
    """Turns what the user chose, now, at the last start or on the command line, into a recipe.

    Signals: changed(Recipe); failed(str), the choice then stays as it was.
    """

    changed = Signal(object)
    failed = Signal(str)

    def __init__(self, options: Options, settings: Settings) -> None:
        """Make the first recipe; `warning` says what is wrong with the installation, if anything.

        Raises `ModelError` if what `options` ask for does not exist.
        """
        super().__init__()
        self._settings = settings
        self._actions: Actions | None = None
        kept = settings.get if options.snapshot is None else _DEFAULTS.__getitem__
        self._preset = options.preset or kept("preset")
        if self._preset not in {preset.name for preset in shipped()} and not options.preset:
            self._preset = DEFAULT
        self._model = options.model or ("" if options.preset else kept("model"))
        if not options.model and self._model not in {model.name for model in spec.available()}:
            self._model = ""
        treat_as = options.treat_as or kept("treat_as")
        self._treat_as = treat_as if treat_as in TREATMENTS else "auto"
        self.warning = ""
        try:
            self.recipe = self._made()
        except spec.ModelError as error:
            if options.model or options.preset or options.snapshot:
                raise
            self.recipe = recipe("off")
            self.warning = mark(f"{error} Until then pictures are shown with bicubic.")
        settings.changed.connect(self._on_changed)

    def add_actions(self, actions: Actions) -> None:
        """Add the menus of all models, and of what pictures are treated as if that is a choice."""
        self._actions = actions
        actions.add_menu("model", tr("&Model"), menu="preset", section="more")
        models = spec.available()
        for model in models:
            actions.add(
                f"model.{model.name}",
                model.title.replace("&", "&&"),
                functools.partial(self.choose_model, model.name),
                menu="model",
                tip=f"{model.network}, {model.encoder}, {model.upsampler}",
                checked=False,
                group="preset",
            )
        if self._model:
            actions[f"model.{self._model}"].setChecked(True)
        if any(model.photo for model in models):
            self._add_treatments(actions)

    @Slot(str)
    def choose_preset(self, name: str) -> None:
        """Refine everything anew, and as that preset says at the next start too."""
        self._choose(name, "", self._treat_as)

    @Slot(str)
    def choose_model(self, name: str) -> None:
        """Refine everything by one model, at every zoom above 1:1."""
        self._choose(self._preset, name, self._treat_as)

    def treat_as(self, what: str) -> None:
        """Take pictures for photos, for clean ones, or by their files; see `TREATMENTS`."""
        self._choose(self._preset, self._model, what)

    def _choose(self, preset: str, model: str, treat_as: str) -> None:
        before = self._preset, self._model, self._treat_as
        self._preset, self._model, self._treat_as = preset, model, treat_as
        try:
            self.recipe = self._made()
        except spec.ModelError as error:
            self._preset, self._model, self._treat_as = before
            self.failed.emit(str(error))
            if self._actions is not None:
                old = f"model.{self._model}" if self._model else f"preset.{self.recipe.preset.name}"
                self._actions[old].setChecked(True)
            return
        for name, chosen in (("preset", preset), ("model", model), ("treat_as", treat_as)):
            self._settings.set(name, chosen)
        self.changed.emit(self.recipe)

    def _made(self) -> Recipe:
        return recipe(self._preset, self._model or None, self._treat_as)

    @Slot(str)
    def _on_changed(self, name: str) -> None:
        """Take what was chosen in the settings dialog, as if in the menu."""
        chosen = self._settings.get(name) if name in ("preset", "treat_as") else None
        if self._actions is None or chosen in (None, self._preset, self._treat_as):
            return
        self._actions[f"{name}.{chosen}"].trigger()

    def _add_treatments(self, actions: Actions) -> None:
        actions.add_menu("treat_as", tr("&Treat pictures as"), menu="preset", section="more")
        for name, text, tip in (
            ("auto", tr("By their &files"), tr("JPEG and the like as photos, others as clean")),
            ("photo", tr("&Photos"), tr("Remove what JPEG and the camera added")),
            ("clean", tr("&Clean pictures"), tr("Keep and sharpen all there is, artefacts too")),
        ):
            actions.add(
                f"treat_as.{name}",
                text,
                functools.partial(self.treat_as, name),
                menu="treat_as",
                tip=tip,
                checked=name == self._treat_as,
                group="treat_as",
            )


#: What a snapshot is taken by, whatever the user chose: it must come out the same everywhere.
_DEFAULTS = {"preset": DEFAULT, "model": "", "treat_as": "auto"}
