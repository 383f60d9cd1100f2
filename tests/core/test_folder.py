"""Stepping through pictures."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_any
from hypothesis import strategies as st

from viewer.core.errors import OpenError
from viewer.core.folder import Folder, alone, first, given, listed
from viewer.core.listing import natural


@pytest.fixture
def holiday(tmp_path):
    for name in ("img10.png", "img2.png", "img1.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(folder: Folder) -> list[str]:
    return [Path(file).name for file in folder.files]


def test_a_folder_is_stepped_through_in_natural_order_and_wraps(holiday):
    folder = listed(holiday)
    assert names(folder) == ["img1.jpg", "img2.png", "img10.png"]
    assert folder.stepped(4).path.name == "img2.png"
    assert folder.stepped(-1).path.name == "img10.png"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given_any(
    st.lists(st.from_regex(r"[aA.ſß0-9]{1,6}(\.png|\.JPG|\.txt|)", fullmatch=True), min_size=1)
)
def test_the_first_picture_is_found_without_sorting_all(tmp_path, some):
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    (folder / "0.png").mkdir()  # has but the name of a picture
    for name in {name.casefold(): name for name in some}.values():
        if name.strip(".") and name != "0.png":
            (folder / name).write_bytes(b"x")
    try:
        expected = listed(folder).path
    except OpenError:
        with pytest.raises(OpenError, match="no pictures"):
            first(folder)
    else:
        assert first(folder) == expected


def test_looking_for_the_first_picture_ends_once_it_is_not_wanted(holiday):
    with pytest.raises(OpenError):
        first(holiday, lambda: False)


def test_without_wrapping_there_is_nothing_beyond_the_ends(holiday):
    folder = listed(holiday)
    assert folder.stepped(-1, wrap=False) is None
    assert folder.stepped(2, wrap=False).path.name == "img10.png"
    assert folder.stepped(3, wrap=False) is None


def test_a_picture_that_is_gone_keeps_its_place_among_the_others(holiday):
    folder = listed(holiday).at(holiday / "img3.png")
    assert names(folder) == ["img1.jpg", "img2.png", "img3.png", "img10.png"]
    assert folder.path.name == "img3.png"


def test_files_given_are_the_ones_stepped_through_and_others_are_left_out(holiday):
    folder, left_out = given([holiday / "img10.png", holiday / "img1.jpg", holiday / "notes.txt"])
    assert (names(folder), left_out) == (["img10.png", "img1.jpg"], 1)


def test_folders_among_several_paths_are_looked_through(holiday):
    (holiday / "more").mkdir()
    (holiday / "more" / "z.png").write_bytes(b"x")
    folder, _ = given([holiday / "more", holiday, holiday / "img2.png"])
    assert names(folder) == ["z.png", "img1.jpg", "img2.png", "img10.png"]


def test_if_no_name_is_a_pictures_name_the_contents_must_tell(holiday):
    folder, left_out = given([holiday / "notes.txt", holiday / "more.dat"])
    assert (names(folder), left_out) == (["notes.txt", "more.dat"], 0)


def test_empty_folders_are_told(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    with pytest.raises(OpenError, match="no pictures in the folder a"):
        listed(tmp_path / "a")
    with pytest.raises(OpenError, match="no pictures"):
        given([tmp_path / "a", tmp_path / "b"])


def test_without_the_picture_on_screen_the_next_takes_its_place(holiday):
    folder = listed(holiday)
    assert folder.without(folder.path).path.name == "img2.png"
    last = folder.stepped(-1)
    assert last.without(last.path).path.name == "img2.png"
    assert last.without(folder.path).path == last.path
    assert alone(holiday).without(holiday) is None


def test_a_renamed_picture_moves_to_where_it_belongs(holiday):
    folder = listed(holiday)
    moved = folder.renamed(folder.path, holiday / "img5.jpg")
    assert names(moved) == ["img2.png", "img5.jpg", "img10.png"]
    assert moved.path.name == "img5.jpg"
    other = folder.renamed(holiday / "img2.png", holiday / "img0.png")
    assert (names(other)[0], other.path) == ("img0.png", folder.path)


def test_files_that_were_given_keep_their_order_when_renamed():
    folder = Folder(("/b", "/a"), 1)
    assert folder.renamed(Path("/b"), Path("/z")).files == ("/z", "/a")


def test_listing_ends_when_nobody_wants_it(holiday):
    with pytest.raises(OpenError):
        listed(holiday, lambda: False)


def test_names_are_in_the_order_in_which_people_sort_them():
    names = ["a", "a 2", "a 10", "A1", "a1b", "a01c", "a2", "a-1", "a10", "ab", "b", "img007", "Ä"]
    wanted = ["a", "A1", "a1b", "a01c", "a2", "a10", "a 2", "a 10", "a-1", "ab", "b", "img007", "Ä"]
    assert sorted(names, key=natural) == wanted
