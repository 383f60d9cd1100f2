"""Many pictures at once: which they are, what the results are called, and that none is lost."""

from pathlib import Path

import pytest

from viewer.core import batch
from viewer.core.batch import Naming
from viewer.core.enlarge import Fit, Job, Scale
from viewer.core.errors import ExportError, OpenError
from viewer.core.presets import recipe

SOURCES = [Path("a/one.jpg"), Path("b/two.bmp")]


def names(sources, pattern="{name}", suffix="", size=None) -> list[str]:
    naming = Naming(Path("out"), pattern, suffix)
    return [path.name for path in naming.targets(sources, size or Scale(2.5), "compact")]


def test_results_keep_the_format_that_can_be_written():
    assert names(SOURCES) == ["one.jpg", "two.png"]
    assert names(SOURCES, suffix=".webp") == ["one.webp", "two.webp"]


def test_a_pattern_tells_what_was_done():
    assert names(SOURCES, "{number} {name} {scale} {model}") == [
        "001 one 2.5x compact.jpg",
        "002 two 2.5x compact.png",
    ]
    assert names(SOURCES[:1], "{name}-{scale}", size=Fit(30, 20)) == ["one-30x20.jpg"]


def test_no_two_results_are_the_same_file_whatever_the_case():
    sources = [Path("a/x.png"), Path("b/x.png"), Path("b/X.PNG"), Path("x-2.png")]
    assert names(sources) == ["x.png", "x-2.png", "X-3.png", "x-2-2.png"]


@pytest.mark.parametrize("pattern", ["{nome}", "a/b", "..", "", "  ", "{name", "a:b", "{0}"])
def test_a_pattern_that_makes_no_names_is_refused(pattern):
    with pytest.raises(ExportError, match=r"[{.]"):
        names(SOURCES, pattern)


def test_a_brace_in_a_files_own_name_is_a_brace():
    assert names([Path("{model}.png")], "{name}") == ["{model}.png"]


def test_folders_give_their_pictures_and_nothing_comes_twice(tmp_path):
    for name in ("b10.png", "b9.png", "notes.txt"):
        (tmp_path / name).touch()
    listed = batch.pictures([tmp_path / "b10.png", tmp_path, tmp_path / "gone.png"])
    assert [path.name for path in listed] == ["b10.png", "b9.png", "gone.png"]


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    def fail(_folder):
        raise PermissionError

    monkeypatch.setattr("viewer.core.listing.os.scandir", fail)
    with pytest.raises(OpenError):
        batch.pictures([tmp_path])


def test_jobs_are_alike_but_for_their_files():
    like = Job(Path(), Path(), Scale(2), recipe("balanced"), quality=80)
    jobs = batch.jobs(SOURCES, Naming(Path("out")), like)
    assert [(job.source.name, job.target.name) for job in jobs] == [
        ("one.jpg", "one.jpg"),
        ("two.bmp", "two.png"),
    ]
    assert {job.quality for job in jobs} == {80}
