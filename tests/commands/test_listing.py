"""`anyzoom models`."""

from __future__ import annotations

import json

import pytest

from models import spec
from models.spec import ModelError
from viewer.commands import listing


def test_json_tells_every_model_and_every_fact(capsys):
    assert listing.main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [facts["name"] for facts in told] == [model.name for model in spec.available()]
    for facts, model in zip(told, spec.available(), strict=True):
        assert facts["parameters"] == model.parameters
        assert facts["subnets"] == list(model.subnets)
        assert facts["psnr"]["Set5"]["1.0"]["x2"] == model.psnr["Set5"]["1.0"]["x2"]
        assert facts["ssim"]["Set14"]["1.0"]["x3"] == model.ssim["Set14"]["1.0"]["x3"]
        assert facts.keys() == {
            *("name", "title", "network", "encoder", "upsampler", "parameters", "subnets"),
            *("halo", "training_data", "licence", "psnr", "ssim"),
        }


def test_the_list_for_people_names_every_fact(capsys):
    assert listing.main([]) == 0
    out = capsys.readouterr().out
    for model in spec.available():
        for fact in (model.name, model.encoder, model.licence, f"{model.parameters:,}"):
            assert fact in out
        assert f"x2 {model.psnr['Set5']['1.0']['x2']:.2f}" in out


def test_a_list_without_models_is_an_error(monkeypatch):
    monkeypatch.setattr(spec, "available", tuple)
    with pytest.raises(ModelError, match="Reinstall"):
        listing.main([])
