"""Upsamplers by the name that a model card calls them."""

from __future__ import annotations

from collections.abc import Mapping

from models.upsamplers.arbsr import ArbSR
from models.upsamplers.base import Upsampler
from models.upsamplers.liif import LIIF
from models.upsamplers.local import LocalUpsampler
from models.upsamplers.metasr import MetaSR
from models.upsamplers.srno import SRNO

UPSAMPLERS: Mapping[str, type[Upsampler]] = {
    "local": LocalUpsampler,
    "metasr": MetaSR,
    "liif": LIIF,
    "arbsr": ArbSR,
    "srno": SRNO,
}
