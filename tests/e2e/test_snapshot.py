"""From a photo on disk to refined pixels, with the weights that ship."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import assets
from models.spec import automatic_subnet, find
from models.upscaler import Upscaler
from viewer.core import geometry
from viewer.core.shapes import Size


def anyzoom(*words: object) -> subprocess.CompletedProcess:
    """Run the program as a user does, without a display."""
    return subprocess.run(
        [sys.executable, "-m", "viewer", *map(str, words)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the bundled photo: larger than what is shown of it, with less work for a whole."""
    path = tmp_path_factory.mktemp("photo") / "part.png"
    with Image.open(assets.PHOTO) as image:
        image.crop((300, 150, 620, 390)).save(path)
    return path


def refined(photo: Path, zoom: float, size: Size, model: str) -> np.ndarray:
    """Return what is on screen of a photo as a crop of the whole one, upscaled in one go."""
    pixels = np.asarray(Image.open(photo).convert("RGB"))
    image = Size(pixels.shape[1], pixels.shape[0])
    view = geometry.look_at(geometry.fit(image, size), zoom, (0.62, 0.4))
    spec = find(model)
    whole = Upscaler(spec, "cpu").whole(
        pixels, view.shown[::-1], automatic_subnet(zoom, spec.subnets)
    )
    left, top = -int(view.v_left), -int(view.v_top)
    assert min(left, top) >= 0
    return whole[top : top + size.height, left : left + size.width].astype(int)


@pytest.mark.parametrize("zoom", [1.37, 3.7])
def test_a_snapshot_is_a_crop_of_the_upscaled_picture(tmp_path, photo, zoom):
    out = tmp_path / "shot.png"
    view = ("--zoom", zoom, "--center", "0.62,0.4", "--size", "400x300")
    done = anyzoom(photo, *view, "--snapshot", out)
    assert (done.returncode, done.stderr) == (0, "")
    expected = refined(photo, zoom, Size(400, 300), "compact")
    assert np.abs(np.asarray(Image.open(out)).astype(int) - expected).max() <= 1


def test_a_damaged_picture_ends_in_one_sentence(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(assets.PHOTO.read_bytes()[:5000])
    done = anyzoom(broken, "--snapshot", tmp_path / "shot.png")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "broken.jpg" in done.stderr
    assert not (tmp_path / "shot.png").exists()


def test_a_snapshot_that_cannot_be_written_ends_in_one_sentence(tmp_path):
    done = anyzoom("--preset", "off", "--snapshot", tmp_path / "nowhere" / "shot.png")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no folder" in done.stderr


def test_an_unknown_model_ends_in_one_sentence(tmp_path):
    done = anyzoom("--model", "nonsense", "--snapshot", tmp_path / "shot.png")
    assert done.returncode == 1
    assert "nonsense" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_snapshot_of_a_comparison_holds_both_sides_and_what_they_are(tmp_path, photo):
    view = ("--zoom", 3, "--center", "0.62,0.4", "--size", "500x400")
    shots = {}
    for name, words in {
        "off": ("--preset", "off"),
        "split": ("--compare", "split", "--right", "tiny"),
    }.items():
        out = tmp_path / f"{name}.png"
        done = anyzoom(photo, *view, *words, "--snapshot", out)
        assert (done.returncode, done.stderr) == (0, "")
        shots[name] = np.asarray(Image.open(out)).astype(int)
    tiny = refined(photo, 3, Size(500, 400), "tiny")
    top = slice(0, 340)  # above the captions
    assert np.abs(shots["split"] - shots["off"])[top, :230].max() <= 1
    assert np.abs(shots["split"] - tiny)[top, 270:].max() <= 1
    assert np.abs(shots["split"] - shots["off"])[top, 270:].max() > 20
    assert np.abs(shots["split"] - shots["off"])[360:, :100].max() > 20


def test_a_method_that_there_is_not_ends_in_one_sentence():
    done = anyzoom("--compare", "split", "--left", "cubic")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cubic" in done.stderr
