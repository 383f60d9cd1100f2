"""The tour goes to its end, and its pictures show something."""

import itertools
import json
import os
import subprocess
import sys

import pytest
from PIL import Image

STEPS = (
    *("open folder", "browse", "zoom", "compare split", "compare side by side"),
    *("compare difference", "one picture", "preset off", "preset balanced", "panels"),
    *("thumbnails", "settings", "palette", "shortcuts", "queue"),
    *("export", "full screen", "window again", "quit"),
)


@pytest.mark.slow
def test_the_tour_takes_a_picture_of_every_step(tmp_path):
    words = ["bench", "tour", "--to", str(tmp_path / "tour"), "--size", "900x600", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "viewer", *words, "--preset", "fast"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)["steps"]
    assert tuple(steps) == STEPS
    assert all(step["longest_holdup_ms"] >= 0 for step in steps.values())
    pictures = sorted((tmp_path / "tour").iterdir())
    names = ["first start", *STEPS[:-1]]
    assert [path.stem[3:].replace("-", " ") for path in pictures] == names
    for path in pictures:
        with Image.open(path) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 100, path.name
    assert all(
        one.read_bytes() != other.read_bytes() for one, other in itertools.pairwise(pictures[:10])
    )


def test_a_folder_that_cannot_be_made_is_told(tmp_path, capsys):
    from viewer.__main__ import main

    (tmp_path / "file").touch()
    assert main(["bench", "tour", "--to", str(tmp_path / "file" / "tour")]) == 1
    assert "cannot be made" in capsys.readouterr().err
