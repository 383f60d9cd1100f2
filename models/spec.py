"""What is known of each shipped network without loading it: read from the model cards, torch-free.

A model card is `assets/weights/NAME.json`, written by the trainer beside `NAME.safetensors`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

#: Upper ends of the scale groups S1, S2, S3 and the width each group uses (AnySR, section III-B);
#: scales are taken as rounded to 0.1, and everything above S3 runs the full network.
SUBNET_THRESHOLDS = ((1.75, 0.5), (2.55, 0.7), (3.25, 0.9))


#: What the name of weights for photos ends in, after that of the same network's clean ones.
PHOTO = "-photo"


class ModelError(Exception):
    """A model is unknown, or its weights are missing or damaged; the message says what to do."""


class NotFinite(ModelError):  # noqa: N818 - named after what its numbers are not
    """A network answered with infinities or what is no number, where pixels should be."""


class GivenUp(Exception):  # noqa: N818
    """Nobody wants any more what a network was making."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The facts of one trained network.

    Above the upper end of `scale_range` the network runs at that scale and bicubic interpolation
    does the rest. `halo` is in LR pixels: with that many real neighbours on each side, a tile
    equals the whole image when `exact`, and comes close otherwise. `psnr` maps a benchmark, a
    width and a scale ("Set5", "1.0", "x2") to decibels on Y; `ssim` likewise, at full width.
    """

    name: str
    title: str
    network: str
    encoder: str
    upsampler: str
    parameters: int
    subnets: tuple[float, ...]
    scale_range: tuple[float, float]
    halo: int
    exact: bool
    config: Mapping[str, Any]
    training_data: str
    licence: str
    psnr: Mapping[str, Mapping[str, Mapping[str, float]]]
    ssim: Mapping[str, Mapping[str, Mapping[str, float]]]
    photo: bool  # trained for pictures that JPEG, noise and slight blur have been at
    weights: Path
    sha256: str

    @classmethod
    def from_card(cls, card: Path) -> ModelSpec:
        """Read a model card, or remember it if it has not changed.

        Raises `ModelError` if the card is missing or not a model card.
        """
        try:
            facts = card.stat()
            return cls._read(card, facts.st_mtime_ns, facts.st_size)
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise ModelError(
                f"The model card {card.name} is missing or damaged. Reinstall Anyzoom."
            ) from error

    @classmethod
    @functools.lru_cache(maxsize=64)
    def _read(cls, card: Path, _modified_ns: int, _size: int) -> ModelSpec:
        facts = json.loads(card.read_text(encoding="utf-8"))
        return cls(
            name=card.stem,
            title=facts["title"],
            network=facts["network"],
            encoder=facts["encoder"],
            upsampler=facts["upsampler"],
            parameters=facts["parameters"],
            subnets=tuple(facts["subnets"]),
            scale_range=(facts["scale_range"][0], facts["scale_range"][1]),
            halo=facts["halo"],
            exact=facts["exact"],
            config=facts["config"],
            training_data=facts["training"]["data"],
            licence=facts["licence"],
            psnr=facts["psnr"],
            ssim=facts["ssim"],
            photo=bool(facts["training"]["config"].get("photo", False)),
            weights=card.with_suffix(".safetensors"),
            sha256=facts["sha256"],
        )

    def read_weights(self) -> bytes:
        """Return the safetensors file's bytes once they match the card's sha256."""
        try:
            data = self.weights.read_bytes()
        except FileNotFoundError as error:
            raise ModelError(
                f"The weights of {self.name} are missing. Reinstall Anyzoom."
            ) from error
        except OSError as error:
            raise ModelError(
                f"The weights of {self.name} are unreadable. Reinstall Anyzoom."
            ) from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ModelError(f"The weights of {self.name} are damaged. Reinstall Anyzoom.")
        return data


def available() -> tuple[ModelSpec, ...]:
    """Return every model that ships and whose card can be read, by name."""
    found: list[ModelSpec] = []
    for card in _cards().values():
        with suppress(ModelError):  # whoever wants this one is told, see `find`
            found.append(ModelSpec.from_card(card))
    return tuple(found)


def complaints() -> tuple[str, ...]:
    """Return a sentence for each model whose card or weights are not as they were shipped."""
    told: list[str] = []
    for card in _cards().values():
        try:
            ModelSpec.from_card(card).read_weights()
        except ModelError as error:
            told.append(str(error))
    return tuple(told)


def find(name: str) -> ModelSpec:
    """Return the model called `name`.

    Raises `ModelError`, naming those there are, or saying what is wrong with its card.
    """
    card = folder() / f"{name}.json"
    if card.name == f"{name}.json" and card.is_file():
        return ModelSpec.from_card(card)
    if not _cards():
        raise ModelError("There are no networks. Reinstall Anyzoom.")
    names = ", ".join(spec.name for spec in available())
    raise ModelError(f"There is no model {name!r}. Choose one of: {names}.")


def _cards() -> dict[str, Path]:
    there = folder()
    try:
        names = sorted(os.listdir(there))
    except OSError:
        return {}
    return {name[:-5]: there / name for name in names if name.endswith(".json")}


@functools.cache
def folder() -> Path:
    """Return where cards and weights lie."""
    return Path(str(resources.files("assets"))) / "weights"


def for_photos(model: ModelSpec) -> ModelSpec | None:
    """Return a network's weights for photos, which are called NAME-photo; None if none ship."""
    with suppress(ModelError):
        return find(model.name + PHOTO)
    return None


def automatic_subnet(scale: float, subnets: tuple[float, ...]) -> float:
    """Return the width AnySR assigns to `scale` (the larger of both axes), of those there are."""
    width = next((width for limit, width in SUBNET_THRESHOLDS if scale < limit), 1.0)
    return min(subnet for subnet in subnets if subnet >= width)
