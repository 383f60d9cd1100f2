"""From a photo on disk to refined pixels, with the weights that ship."""

import os
import subprocess
import sys

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


@pytest.mark.parametrize("zoom", [1.37, 3.7])
def test_a_snapshot_is_a_crop_of_the_upscaled_picture(tmp_path, zoom):
    out = tmp_path / "shot.png"
    done = anyzoom(
        assets.PHOTO, "--zoom", zoom, "--center", "0.62,0.4", "--size", "500x400", "--snapshot", out
    )
    assert (done.returncode, done.stderr) == (0, "")
    photo = np.asarray(Image.open(assets.PHOTO).convert("RGB"))
    image = Size(photo.shape[1], photo.shape[0])
    view = geometry.look_at(geometry.fit(image, Size(500, 400)), zoom, (0.62, 0.4))
    spec = find("compact")
    subnet = automatic_subnet(zoom, spec.subnets)
    whole = Upscaler(spec, "cpu").whole(photo, view.shown[::-1], subnet)
    left, top = -int(view.v_left), -int(view.v_top)
    expected = whole[top : top + 400, left : left + 500].astype(int)
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


def test_a_snapshot_of_a_comparison_holds_both_sides_and_what_they_are(tmp_path):
    view = ("--zoom", 3, "--center", "0.62,0.4", "--size", "500x400")
    shots = {}
    for name, words in {
        "off": ("--preset", "off"),
        "tiny": ("--model", "tiny"),
        "split": ("--compare", "split", "--right", "tiny"),
    }.items():
        out = tmp_path / f"{name}.png"
        done = anyzoom(assets.PHOTO, *view, *words, "--snapshot", out)
        assert (done.returncode, done.stderr) == (0, "")
        shots[name] = np.asarray(Image.open(out)).astype(int)
    top = slice(0, 340)  # above the captions
    assert np.abs(shots["split"] - shots["off"])[top, :230].max() <= 1
    assert np.abs(shots["split"] - shots["tiny"])[top, 270:].max() <= 1
    assert np.abs(shots["split"] - shots["off"])[360:, :100].max() > 20


def test_a_method_that_there_is_not_ends_in_one_sentence():
    done = anyzoom("--compare", "split", "--left", "cubic")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cubic" in done.stderr
