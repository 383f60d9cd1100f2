"""How one side of a comparison is made: a filter, a model's subnet, or what the preset says.

A method is a word, as settings and the command line hold it: "lanczos", "compact" (the subnet by
the scale), "compact:0.5", or "preset".
"""

from __future__ import annotations

from models import spec
from viewer.core.presets import PRESETS, Preset, Recipe
from viewer.core.tiles import Filter

#: The method that follows the preset in use.
PRESET = "preset"

FILTERS = tuple(each.value for each in Filter)


def recipe_by(method: str, preset: Recipe) -> Recipe:
    """Return the recipe of a method; `preset` is the one in use. Raises `ModelError`."""
    if method == PRESET:
        return preset
    if method in FILTERS:
        off = next(each for each in PRESETS if each.model is None)
        return Recipe(off, filter=Filter(method))
    name, _, width = method.partition(":")
    model = _model(name)
    return Recipe(
        Preset(method, model.title, "", name, _subnet(width, model)), model.subnets, model.halo
    )


def methods_of(model: spec.ModelSpec) -> tuple[str, ...]:
    """Return the methods of one model: the subnet by the scale, then each of them."""
    return model.name, *(f"{model.name}:{subnet:g}" for subnet in model.subnets)


def _model(name: str) -> spec.ModelSpec:
    models = {model.name: model for model in spec.available()}
    if name not in models:
        known = ", ".join((PRESET, *FILTERS, *models))
        raise spec.ModelError(f"There is no method {name!r} to compare. Choose one of: {known}.")
    return models[name]


def _subnet(width: str, model: spec.ModelSpec) -> float | None:
    if not width:
        return None
    for subnet in model.subnets:
        if width in (f"{subnet:g}", str(subnet)):
            return subnet
    known = ", ".join(f"{subnet:g}" for subnet in model.subnets)
    raise spec.ModelError(f"{model.name} has no subnet {width!r}. Choose one of: {known}.")
