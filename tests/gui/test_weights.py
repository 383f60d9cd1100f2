"""Weights that are not as they were shipped cost the sharpness, and one sentence that says how to
repair them; the viewer lives on."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from fakes import FakeUpscaler
from PIL import Image

from models import spec
from viewer import __main__
from viewer.engine import load_upscaler

SHIPPED = spec.folder()


class Installed(FakeUpscaler):
    """Loads what is installed."""

    def __call__(self, model: str):
        return load_upscaler(model, "cpu")


@pytest.fixture
def upscaler() -> FakeUpscaler:
    return Installed()


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    """An installation with one network, whose weights may be spoilt."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("tiny.json", "tiny.safetensors"):
        shutil.copy(SHIPPED / name, folder)
    monkeypatch.setattr(spec, "folder", lambda: folder)
    return folder / "tiny.safetensors"


class Evil:
    """As a pickle it would leave a file behind."""

    def __reduce__(self):
        return open, ("harm", "w")


def altered(weights: Path) -> None:
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)


def with_nan(weights: Path) -> None:
    """Not by damage, but by a training gone wrong: the sum is right."""
    state = safetensors.numpy.load_file(weights)
    next(iter(state.values())).flat[0] = np.nan
    safetensors.numpy.save_file(state, weights)
    reseal(weights)


def as_pickle(weights: Path) -> None:
    weights.write_bytes(pickle.dumps(Evil()))
    reseal(weights)


def reseal(weights: Path) -> None:
    """Have the card vouch for the weights."""
    card = weights.with_suffix(".json")
    facts = json.loads(card.read_text())
    facts["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    card.write_text(json.dumps(facts))


def as_folder(weights: Path) -> None:
    weights.unlink()
    weights.mkdir()


SPOILS = {
    "missing": Path.unlink,
    "a folder": as_folder,
    "empty": lambda weights: weights.write_bytes(b""),
    "truncated": lambda weights: weights.write_bytes(weights.read_bytes()[:-4000]),
    "altered": altered,
    "not a number": with_nan,
    "a pickle": as_pickle,
    "damaged card": lambda weights: weights.with_suffix(".json").write_text("{"),
    "empty card": lambda weights: weights.with_suffix(".json").write_text("{}"),
}


@pytest.fixture(params=SPOILS)
def spoilt(weights, request) -> Path:
    SPOILS[request.param](weights)
    return weights


def test_with_spoilt_weights_pictures_are_bicubic_and_it_is_told_how_to_repair(
    start, qtbot, wheel, settle, spoilt, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    app = start(wait=False)
    app.window.preset_chosen.emit("fast")
    qtbot.waitUntil(lambda: "Reinstall Anyzoom." in app.window.messages.text)
    wheel(app, 5)
    settle(app)
    assert app.window.badge.text().startswith("bicubic")
    assert not (tmp_path / "harm").exists()


def test_with_spoilt_weights_no_file_is_written_and_it_is_told_how_to_repair(
    spoilt, photo, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = ["upscale", str(photo), "out.png", "--scale", "2", "--model", "tiny"]
    assert __main__.main(words) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Reinstall Anyzoom." in err
    assert {path.name for path in tmp_path.iterdir()} == {"photo.png", "weights"}


def test_the_list_of_models_tells_which_files_are_not_as_shipped(weights, capsys):
    assert __main__.main(["models"]) == 0
    altered(weights)
    assert __main__.main(["models"]) == 1
    assert capsys.readouterr().err == (
        "anyzoom: The weights of tiny are damaged. Reinstall Anyzoom.\n"
    )


def test_a_repair_needs_no_restart(start, qtbot, wheel, settle, weights):
    kept = weights.read_bytes()
    altered(weights)
    app = start(wait=False)
    app.window.preset_chosen.emit("fast")
    qtbot.waitUntil(lambda: "damaged" in app.window.messages.text)
    weights.write_bytes(kept)
    app.window.preset_chosen.emit("off")
    app.window.preset_chosen.emit("fast")
    qtbot.waitUntil(lambda: app.window.badge.text().startswith("tiny"))


def test_one_spoilt_card_leaves_the_others(weights):
    for name in ("compact.json", "compact.safetensors"):
        shutil.copy(SHIPPED / name, weights.parent)
    weights.with_suffix(".json").write_text("[]")
    assert [model.name for model in spec.available()] == ["compact"]
    with pytest.raises(spec.ModelError, match=r"tiny\.json is missing or damaged"):
        spec.find("tiny")


def test_an_installation_without_networks_says_so(weights):
    weights.unlink()
    weights.with_suffix(".json").unlink()
    with pytest.raises(spec.ModelError, match="There are no networks"):
        spec.find("tiny")


def test_a_picture_of_the_network_is_as_good_as_ever_with_sound_weights(weights, photo, tmp_path):
    """So that the tests above fail for the damage alone."""
    out = tmp_path / "out.png"
    assert (
        __main__.main(["upscale", str(photo), str(out), "--scale", "1.1", "--model", "tiny"]) == 0
    )
    with Image.open(out) as image:
        assert image.size == (330, 220)
