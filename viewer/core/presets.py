"""What a user may choose between, as data; a new preset is one more line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models import spec
from viewer.core.pyramid import GRID, scale_of
from viewer.core.tiles import PIXELS, Filter, Quality
from viewer.core.words import mark


@dataclass(frozen=True, slots=True)
class Preset:
    """A named choice: a model (none interpolates only), and its best subnet (none: by the scale).

    Where that one would take longer than `time_target` (seconds for all that is visible), or is
    larger than the one AnySR assigns to the scale, a smaller one answers first.
    """

    name: str
    title: str
    text: str
    model: str | None
    subnet: float | None = None
    time_target: float | None = None


PRESETS = (
    Preset(
        "fast",
        mark("Fast"),
        mark("Sharper than bicubic at once, on weak machines too"),
        "tiny",
        None,
        1.0,
    ),
    Preset(
        "balanced",
        mark("Balanced"),
        mark("Sharp at every zoom, within seconds"),
        "compact",
        None,
        3.0,
    ),
    Preset(
        "quality",
        mark("Quality"),
        mark("As sharp as it gets, if you can wait"),
        "quality",
        1.0,
        4.0,
    ),
    Preset("off", mark("Off (bicubic)"), mark("Plain interpolation, no network"), None),
)


#: Chosen unless somebody chooses another.
DEFAULT = "balanced"

#: What pictures are treated as: "auto" takes lossy files such as JPEG for photos, others as clean.
TREATMENTS = ("auto", "photo", "clean")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A preset whose model was found: which quality each level gets, and the network's halo.

    Without a model, levels above 1:1 are made by the `filter`. `photo` is the same by weights that
    expect what JPEG and cameras do to pictures, where there are such; see `suited`.
    """

    preset: Preset
    subnets: tuple[float, ...] = ()
    halo: int = 0
    filter: Filter = Filter.BICUBIC
    photo: Recipe | None = None
    treat_as: str = "auto"  # one of `TREATMENTS`

    def suited(self, *, lossy: bool) -> Recipe:
        """Return the recipe for one picture, `lossy` if its file lost details."""
        wanted = lossy if self.treat_as == "auto" else self.treat_as == "photo"
        return self.photo if wanted and self.photo is not None else self

    def only(self, subnet: float) -> Recipe:
        """Return the recipe with that subnet at every scale, and at once."""
        preset = replace(self.preset, subnet=subnet, time_target=None)
        photo = None if self.photo is None else self.photo.only(subnet)
        return replace(self, preset=preset, photo=photo)

    @property
    def at_once(self) -> Recipe:
        """The recipe without a first answer by a smaller subnet."""
        photo = None if self.photo is None else self.photo.at_once
        return replace(self, preset=replace(self.preset, time_target=None), photo=photo)

    def quality_at(self, level: int, subnet_cap: float = 1.0) -> Quality:
        """Return the quality of a level at rest: networks enlarge, they never reduce.

        No subnet is larger than `subnet_cap`, unless all are.
        """
        if level <= GRID:
            return PIXELS
        if self.preset.model is None:
            return PIXELS._replace(filter=self.filter)
        subnet = self.preset.subnet or spec.automatic_subnet(scale_of(level), self.subnets)
        if subnet > subnet_cap:
            smaller = [width for width in self.subnets if width <= subnet_cap]
            subnet = max(smaller) if smaller else min(self.subnets)
        return Quality(self.preset.model, subnet)

    def shows(self, quality: Quality) -> bool:
        """Tell whether pixels of that quality may stand in for better ones that are not there."""
        if quality.model is None:
            return quality.filter in (Filter.BICUBIC, self.filter)
        # A comparison with one subnet must not show the pixels of a larger one.
        return quality.model == self.preset.model and quality.subnet <= (self.preset.subnet or 1.0)


def shipped() -> tuple[Preset, ...]:
    """Return the presets whose weights exist."""
    names = {model.name for model in spec.available()}
    return tuple(preset for preset in PRESETS if preset.model is None or preset.model in names)


def recipe(name: str, model: str | None = None, treat_as: str = "auto") -> Recipe:
    """Look up a preset, with another model in its place if one is named.

    A model that is named is taken for lossy pictures too, unless they are to be treated as photos.
    Raises `ModelError` if there is no such preset or model.
    """
    presets = {preset.name: preset for preset in PRESETS}
    if name not in presets:
        raise spec.ModelError(f"There is no preset {name!r}. Choose one of: {', '.join(presets)}.")
    preset = replace(presets[name], model=model) if model else presets[name]
    if preset.model is None:
        return Recipe(preset)
    facts = spec.find(preset.model)
    twin = None if model and treat_as == "auto" else spec.for_photos(facts)
    photo = twin and Recipe(replace(preset, model=twin.name), twin.subnets, twin.halo)
    return Recipe(preset, facts.subnets, facts.halo, photo=photo, treat_as=treat_as)


def label(model: str) -> str:
    """Return what a model is called where there is little room: "compact, photo"."""
    name = model.removesuffix(spec.PHOTO)
    return model if name == model else mark(f"{name}, photo")
