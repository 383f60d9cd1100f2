"""Model cards: what ships is described, found and checked before use."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.spec import ModelError, ModelSpec, automatic_subnet, available, find


def test_every_shipped_model_has_its_weights_and_its_figures() -> None:
    specs = available()
    assert "compact" in [spec.name for spec in specs]
    for spec in specs:
        assert spec.read_weights()
        assert spec.training_data
        assert spec.licence
        assert spec.psnr["Set5"]["1.0"]["x2"] > 33.67, "better than bicubic"


def test_an_unknown_model_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ModelError, match="compact"):
        find("colossal")


@pytest.mark.parametrize(
    ("scale", "width"),
    [(1.0, 0.5), (1.74, 0.5), (1.75, 0.7), (2.05, 0.7), (2.55, 0.9), (3.25, 1.0), (31.0, 1.0)],
)
def test_the_automatic_subnet_follows_the_scale_groups(scale: float, width: float) -> None:
    assert automatic_subnet(scale, (0.5, 0.7, 0.9, 1.0)) == width


def test_a_model_without_narrow_subnets_runs_whole() -> None:
    assert automatic_subnet(1.2, (1.0,)) == 1.0


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    spec = find("compact")
    data = bytearray(spec.read_weights())
    data[-1] ^= 1
    altered = tmp_path / "altered.safetensors"
    altered.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        replace(spec, weights=altered).read_weights()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="compact are missing"):
        replace(find("compact"), weights=tmp_path / "gone.safetensors").read_weights()


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"title": "x"})])
def test_a_damaged_card_is_one_sentence(tmp_path: Path, text: str) -> None:
    card = tmp_path / "odd.json"
    card.write_text(text)
    with pytest.raises(ModelError, match=r"odd\.json"):
        ModelSpec.from_card(card)
