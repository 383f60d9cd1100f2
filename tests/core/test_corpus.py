"""Whatever a file holds, opening it ends in a picture or in one sentence."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import corpus
import numpy as np
import psutil
import pytest
from fakes import SharedDecoder, noise
from PIL import Image

from viewer.core import source
from viewer.core.errors import OpenError
from viewer.core.picture import Wish

KINDS = sorted(corpus.seeds())
WISH = Wish(partial=True, keep_space=True)


def outcome(decoder: SharedDecoder, path: Path) -> str:
    """Return the sentence with which a picture is refused, or nothing; both must be sound."""
    try:
        picture = decoder.open(path, WISH)
    except OpenError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert sentence.isprintable()
        assert len(sentence) < 300
        return sentence
    height, width = picture.pixels.shape[:2]
    assert (width, height) == picture.size
    assert picture.pixels.dtype == np.uint8
    assert picture.alpha is None or picture.alpha.shape == (height, width)
    picture.pixels.max()  # all of it is there
    return ""


def all_end_well(decoder: SharedDecoder, folder: Path, kind: str, cases) -> int:
    """Open many files, and tell how many there were."""
    path, count = folder / f"case.{kind}", 0
    for count, (what, data) in enumerate(cases, 1):  # noqa: B007 - the last one counts
        path.write_bytes(data)
        try:
            outcome(decoder, path)
        except Exception as error:
            raise AssertionError(f"{kind}: {what}") from error
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_end_in_a_picture_or_a_sentence(decoder, tmp_path, kind):
    count = all_end_well(decoder, tmp_path, kind, corpus.cases(kind, 4, thorough=False))
    assert count >= 200 / len(KINDS)
    whole = tmp_path / f"whole.{kind}"
    whole.write_bytes(corpus.seeds()[kind])
    assert outcome(decoder, whole) == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_damaged_files_end_in_a_picture_or_a_sentence(decoder, tmp_path, kind):
    count = all_end_well(decoder, tmp_path, kind, corpus.cases(kind, 100, thorough=True))
    assert count >= 3000 / len(KINDS)


@pytest.mark.parametrize("name", sorted(corpus.specials()))
def test_special_files_end_in_a_picture_or_a_sentence(decoder, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(corpus.specials()[name])
    decoder.start()
    number = decoder.process_id
    sentence = outcome(decoder, path)
    shown = name[0].isdigit() and not name.startswith("65500")
    shown = shown or name.startswith(("icc", "ten", "exif", "endless exif.j"))
    assert (sentence == "") == shown or name == "text that inflates.png"
    assert decoder.process_id == number  # none of these even kills it


def test_of_ten_thousand_frames_the_last_can_be_opened(decoder, tmp_path):
    path = tmp_path / "frames.gif"
    path.write_bytes(corpus.specials()["ten thousand frames.gif"])
    assert decoder.open(path, WISH).pages >= 9_999
    assert decoder.open(path, Wish(page=99)).size == (4, 4)


def test_a_small_file_that_claims_to_be_huge_is_refused_at_once(decoder, tmp_path):
    """Even where there is memory for it: to fill that would take minutes."""
    path = tmp_path / "huge.bmp"
    data = corpus.seeds()["bmp"]
    path.write_bytes(data[:18] + (30_000).to_bytes(4, "little") * 2 + data[26:])
    sentence = outcome(decoder, path)
    assert "30000 x 30000 pixels, far more than" in sentence or "GB are free" in sentence


@pytest.mark.parametrize("name", ["two\nlines.png", "\U0001f99d and \u202eright to left.png"])
def test_any_name_will_do(decoder, tmp_path, name):
    path = tmp_path / name
    Image.fromarray(noise(9, 8)).save(path, "PNG")
    assert outcome(decoder, path) == ""
    path.write_bytes(b"nothing")
    assert "not a picture" in outcome(decoder, path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are text elsewhere")
def test_a_name_that_is_no_text_will_do(decoder, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png"))
    Image.fromarray(noise(9, 8)).save(path, "PNG")
    assert outcome(decoder, path) == ""
    path.write_bytes(b"nothing")
    assert "not a picture" in outcome(decoder, path)


def test_the_wrong_suffix_will_do(decoder, tmp_path):
    for kind, data in corpus.seeds().items():
        path = tmp_path / f"{kind}.gif"
        path.write_bytes(data)
        assert outcome(decoder, path) == ""


def test_what_is_no_file_is_refused(decoder, tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    assert "folder" in outcome(decoder, tmp_path / "folder.jpg")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert outcome(decoder, tmp_path / "loop.png").startswith("loop.png cannot be read")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone.png")
    assert "no file" in outcome(decoder, tmp_path / "nowhere.png")
    assert "cannot be read" in outcome(decoder, tmp_path / (300 * "x" + ".png"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "regular file" in outcome(decoder, tmp_path / "pipe.png")
        assert "regular file" in outcome(decoder, Path("/dev/zero"))


def test_a_file_that_becomes_a_pipe_is_not_waited_for(decoder, tmp_path, monkeypatch):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    path = tmp_path / "a.png"
    Image.fromarray(noise(9, 8)).save(path)
    open_it = os.open

    def swap_first(path, flags):
        path.unlink()
        os.mkfifo(path)
        return open_it(path, flags)

    monkeypatch.setattr(source.os, "open", swap_first)
    assert "regular file" in outcome(decoder, path)


def test_a_file_that_vanishes_while_it_is_read_is_read_to_its_end(decoder, tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.fromarray(noise(300, 200)).save(path)
    ask = type(decoder)._ask
    monkeypatch.setattr(
        type(decoder), "_ask", lambda self, *given: path.unlink() or ask(self, *given)
    )
    assert outcome(decoder, path) == ""
    assert not path.exists()


def test_a_file_that_changes_all_the_time_does_no_harm(decoder, tmp_path):
    """It is cut and written again, over and over, while it is being opened."""
    path = tmp_path / "a.jpg"
    Image.fromarray(noise(900, 700)).save(path)
    data = path.read_bytes()

    def disturb() -> None:
        sizes = np.random.default_rng(3).integers(0, len(data), 400)
        for size in sizes:
            path.write_bytes(data[:size])
        path.write_bytes(data)

    writer = threading.Thread(target=disturb)
    writer.start()
    while writer.is_alive():
        outcome(decoder, path)
    writer.join()
    assert outcome(decoder, path) == ""


def test_the_viewer_has_grown_no_open_file_or_process_by_all_that(decoder, tmp_path):
    path = tmp_path / "bad.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    outcome(decoder, path)
    own = psutil.Process()
    before = own.num_fds() if hasattr(own, "num_fds") else 0
    for _ in range(100):
        outcome(decoder, path)
    assert not before or own.num_fds() == before
