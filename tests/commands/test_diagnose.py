"""What a bug report holds: enough to help, no names of files; and the log that it comes from."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import spec
from viewer import __main__, logs
from viewer.commands import diagnose
from viewer.core.places import state_folder
from viewer.settings import Settings

ROOT = Path(__file__).parents[2]
SECRET = "/home/me/secret place/my holiday.jpg"


@pytest.fixture
def log(monkeypatch):
    """Keep a log, as the program does."""
    monkeypatch.setattr(logging, "raiseExceptions", True)
    with logs.kept(debug=False):
        yield logging.getLogger("viewer.something")


def fail(logger: logging.Logger) -> None:
    try:
        raise FileNotFoundError(2, "No such file or directory", SECRET)
    except OSError:
        logger.info("Opening %r failed, and %s", SECRET, "my holiday.jpg", exc_info=True)


def test_a_report_tells_versions_devices_limits_and_trouble(capsys, log):
    fail(log)
    Settings().set("speeds", '{"compact 0123abcd cpu 2": 0.25}')
    Settings().set("tiles_without_numbers", 12)
    assert __main__.main(["--diagnose", "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for word in (
        "torch",
        "pillow",
        "chosen",
        "cpu, ",
        "threads",
        "cache",
        "held back",
        "thumbnails",
    ):
        assert word in out
    assert "compact             0.25 megapixels per second" in out
    assert "no numbers          12, shown with bicubic" in out
    assert all(model.name in out for model in spec.available())
    assert "FileNotFoundError at test_diagnose.py" in out
    if sys.platform.startswith("linux"):
        assert "seccomp" in out
    assert "unknown" not in out


def test_a_report_names_no_file_unless_that_is_wished(capsys, log, own_home):
    fail(log)
    Settings().set("recent", SECRET)
    __main__.main(["--diagnose"])
    out = capsys.readouterr().out
    for word in ("secret", "holiday", "/home", str(own_home), os.path.expanduser("~/")):
        assert word not in out
    __main__.main(["--diagnose", "--with-names"])
    out = capsys.readouterr().out
    assert SECRET in out
    assert str(state_folder()) in out


def test_before_the_first_start_all_can_be_kept(capsys, monkeypatch, tmp_path):
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "not yet" / "there"))
    __main__.main(["--diagnose"])
    assert "not to be written to" not in capsys.readouterr().out


def test_what_is_broken_is_told_and_the_rest_too(capsys, monkeypatch, log):
    def broken() -> None:
        raise RuntimeError("no driver at /dev/secret")

    monkeypatch.setattr("torch.cuda.device_count", broken)
    monkeypatch.setattr(spec, "complaints", lambda: ("The weights of tiny are damaged.",))
    assert diagnose.main(["--diagnose"]) == 0
    out = capsys.readouterr().out
    assert "RuntimeError: no driver at …" in out
    assert "damaged             The weights of tiny are damaged." in out
    assert "confined by" in out


def test_the_log_holds_no_names(log):
    fail(log)
    text = logs.log_file().read_text()
    assert "Opening … failed, and my …" in text
    assert "FileNotFoundError at test_diagnose.py" in text
    assert "secret" not in text


def test_the_log_rotates_and_never_grows_beyond_its_bounds(monkeypatch):
    monkeypatch.setattr(logs, "LOG_BYTES", 8 << 10)
    with logs.kept(debug=False):
        log = logging.getLogger("viewer.something")
        for number in range(1000):
            log.info("Nothing to speak of happened for the time number %d, as usual", number)
    files = sorted(state_folder().glob("anyzoom.log*"))
    assert [file.name for file in files] == [
        "anyzoom.log",
        "anyzoom.log.1",
        "anyzoom.log.2",
        "anyzoom.log.3",
    ]
    assert all(file.stat().st_size <= logs.LOG_BYTES for file in files)


def test_where_no_log_can_be_kept_the_program_runs_and_says_nothing(capsys, own_home):
    (own_home / "state").write_bytes(b"")
    assert __main__.main(["models"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no such device")
def test_a_log_on_a_full_disk_is_given_up_without_a_word(capsys):
    state_folder().mkdir(parents=True)
    logs.log_file().symlink_to("/dev/full")
    assert __main__.main(["no such file.png"]) == 1
    assert capsys.readouterr().err == "anyzoom: There is no file or folder no such file.png.\n"


def test_what_a_crash_leaves_is_in_the_next_report(capsys):
    code = "import ctypes; from viewer.commands import listing; from viewer import __main__\n"
    code += "listing.main = lambda _: ctypes.string_at(0)\n__main__.main(['models'])"
    crashed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=100
    )
    assert crashed.returncode not in (0, 1)
    diagnose.main(["--diagnose"])
    out = capsys.readouterr().out
    assert "crash" in out
    assert "string_at" in out
