"""Stepping through pictures."""

import pytest

from viewer.core.errors import OpenError
from viewer.core.folder import Folder


@pytest.fixture
def holiday(tmp_path):
    for name in ("img10.png", "img2.png", "img1.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_folder_is_stepped_through_in_natural_order_and_wraps(holiday):
    folder = Folder.of([holiday])
    names = []
    for _ in range(4):
        names.append(folder.path.name)
        folder = folder.stepped(1)
    assert names == ["img1.jpg", "img2.png", "img10.png", "img1.jpg"]
    assert folder.stepped(-1).path.name == "img1.jpg"


def test_beside_a_single_file_lie_its_neighbours(holiday):
    folder = Folder.of([holiday / "img2.png"])
    assert folder.path == holiday / "img2.png"
    assert folder.stepped(1).path.name == "img10.png"
    assert folder.stepped(-1).path.name == "img1.jpg"


def test_files_given_are_the_ones_stepped_through(holiday):
    folder = Folder.of([holiday / "img10.png", holiday / "img1.jpg"])
    assert folder.stepped(1).path.name == "img1.jpg"
    assert folder.stepped(2).path.name == "img10.png"


def test_a_file_that_is_gone_keeps_its_place_alone(holiday):
    folder = Folder.of([holiday / "gone.png"])
    assert folder.stepped(1).path.name == "gone.png"


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(OpenError, match="no pictures"):
        Folder.of([tmp_path])
