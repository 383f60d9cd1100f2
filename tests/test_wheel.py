"""The wheel holds all that the installed program needs. Built without a network."""

import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("viewer", "models", "assets")
NEITHER = shutil.ignore_patterns("__pycache__", "*.pyc")

BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def has_setuptools() -> bool:
    try:
        return int(metadata.version("setuptools").split(".")[0]) >= 77
    except metadata.PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> set[str]:
    """Return what is in a wheel that was built of a copy."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=NEITHER)
    for name in ("pyproject.toml", "README.md", "LICENSE", "CREDITS"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-c", BUILD, str(out)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


pytestmark = pytest.mark.skipif(not has_setuptools(), reason="no setuptools >= 77 here")


def test_every_file_of_the_packages_is_in_it(names):
    there = {
        path.relative_to(ROOT).as_posix()
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there - names == set()


@pytest.mark.parametrize(
    "name",
    [
        *("assets/weights/compact.safetensors", "assets/weights/compact.json"),
        *("assets/icons/anyzoom.svg", "assets/icons/fit.svg", "assets/photos/raccoon.png"),
        *("assets/desktop/anyzoom.desktop", "assets/desktop/anyzoom.metainfo.xml"),
        *("assets/locale/de/LC_MESSAGES/anyzoom.mo", "models/configs/compact.toml"),
        *("viewer/__main__.py", "viewer/core/sandbox.py", "viewer/panels/minimap.py"),
    ],
)
def test_what_the_program_looks_for_is_in_it(names, name):
    assert name in names


def test_nothing_else_is_in_it(names):
    others = {name.split("/")[0] for name in names} - set(PARTS)
    assert all(name.endswith(".dist-info") for name in others)


def test_licences_and_the_command_are_in_it(names):
    kept = {name.split("/", 1)[1] for name in names if ".dist-info/" in name}
    assert {"licenses/LICENSE", "licenses/CREDITS", "entry_points.txt"} <= kept
