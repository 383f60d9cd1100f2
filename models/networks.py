"""Every network there is, built from plain data as model cards and training configs hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.anysr import AnySR, AnySRConfig
from models.asdn import ASDN, ASDNConfig
from models.contract import Network
from models.fsdn import FSDN, FSDNConfig
from models.spec import ModelError

KINDS: Mapping[str, tuple[type, type]] = {
    "anysr": (AnySR, AnySRConfig),
    "asdn": (ASDN, ASDNConfig),
    "fsdn": (FSDN, FSDNConfig),
}


def build(config: Mapping[str, Any]) -> Network:
    """Return the network that `config` describes, with fresh weights.

    Its "kind" is one of `KINDS`, anysr where it is missing; the rest are the fields of that
    kind's configuration. Raises `ModelError` if there is no such network.
    """
    facts = dict(config)
    kind = facts.pop("kind", "anysr")
    try:
        network, settings = KINDS[kind]
        return network(settings(**facts))
    except (KeyError, TypeError) as error:
        raise ModelError(
            f"This version of Anyzoom has no network {dict(config)}. Install the newest version."
        ) from error
