"""Upsamplers by the name that a model card calls them."""

from __future__ import annotations

from collections.abc import Mapping

from models.upsamplers.base import Upsampler
from models.upsamplers.local import LocalUpsampler

UPSAMPLERS: Mapping[str, type[Upsampler]] = {
    "local": LocalUpsampler,
}
