"""The rules of pyproject.toml about who may import whom hold, and each of them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("viewer", "models", "assets")


def lint(folder: Path) -> subprocess.CompletedProcess:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def ruff(folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID253", "viewer"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture
def copy(tmp_path):
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("__pycache__", "*.safetensors", "*.png"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("models/spec.py", "import viewer.canvas"),
        ("models/axis.py", "import PySide6"),
        ("viewer/core/plan.py", "import PySide6"),
        ("viewer/core/geometry.py", "import torch"),
        ("viewer/core/presets.py", "import models.upscaler"),
    ],
)
def test_a_forbidden_import_is_found(copy, file, line):
    path = copy / file
    path.write_text(path.read_text() + f"\n{line}\n")
    assert lint(copy).returncode != 0


def test_torch_is_not_imported_at_module_level_in_the_viewer(copy):
    assert ruff(copy).returncode == 0
    path = copy / "viewer" / "engine.py"
    path.write_text("import torch\n" + path.read_text())
    assert ruff(copy).returncode != 0


def test_the_photo_is_on_screen_before_torch_is_imported():
    code = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from viewer.app import App
from viewer.core.options import Options
from PySide6.QtWidgets import QApplication
qt = QApplication([])
app = App(Options())
app.scheduler.planned.connect(lambda _: (print("torch" in sys.modules), qt.quit()))
app.start(); qt.exec(); app.stop()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split()[0] == "False", done.stderr


def test_nothing_reads_a_pickle():
    """A pickle is a program; torch's files are read as weights alone."""
    for path in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for line in path.read_text().splitlines():
            assert "import pickle" not in line, path
            safe = "safetensors.torch.load(" in line or "weights_only=True" in line
            assert "torch.load(" not in line or safe, path
