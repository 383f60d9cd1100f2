"""`anyzoom --diagnose`: what a bug report should hold, without the names of anybody's files."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import psutil

from models import spec
from viewer import logs
from viewer.commands import arguments
from viewer.core.decoder import Decoder
from viewer.core.places import leave_removed_folder, state_folder
from viewer.version import version

OPTION = "--diagnose"

PACKAGES = ("numpy", "pillow", "psutil", "PySide6-Essentials", "safetensors", "torch")

#: Of the log, those that tell of trouble; and of what a crash left.
LAST_LINES, LAST_CRASH_LINES = 30, 40

Line = tuple[str, str]


def main(argv: Sequence[str]) -> int:
    """Print everything; what cannot be found out is told as such."""
    given = _parser().parse_args(argv)
    for title, lines in (
        ("versions", _versions),
        ("machine", _machine),
        ("devices", lambda: _devices(given.device)),
        ("networks", _networks),
        ("limits", _limits),
        ("speeds", _speeds),
        ("tiles", _tiles),
        ("decoder", _decoder),
        ("cache", _cache),
        ("places", lambda: _places(given.with_names)),
        ("trouble", _trouble),
    ):
        print(f"{title}:")
        for name, value in _safely(lines):
            print(f"  {name:20}{value}")
    sys.stdout.flush()
    return 0


def _parser() -> arguments.Parser:
    parser = arguments.Parser("anyzoom --diagnose", "Tell what a bug report should hold.")
    parser.add_argument(OPTION, action="store_true", help="what this is")
    parser.add_argument(
        "--with-names", action="store_true", help="name folders and what was opened lately, too"
    )
    arguments.add_device_option(parser)
    return parser


def _safely(lines: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    """Yield lines; where something is wrong with the machine, the rest must still be told."""
    try:
        yield from lines()
    except Exception as error:  # noqa: BLE001 - as above
        yield "unknown", f"{type(error).__name__}: {logs.nameless(str(error))}"


def _versions() -> Iterator[Line]:
    yield "Anyzoom", version()
    yield "Python", platform.python_version()
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            yield name, metadata.version(name)
    yield "system", platform.platform()


def _machine() -> Iterator[Line]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield "processor", f"{platform.machine()}, {os.cpu_count()} threads, {usable} for Anyzoom"
    memory = psutil.virtual_memory()
    yield "memory", f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB free"


def _devices(device: str) -> Iterator[Line]:
    leave_removed_folder()
    import torch

    from models.devices import choose_device, choose_precision

    for number in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(number)
        yield f"cuda:{number}", f"{facts.name}, {facts.total_memory / 1e9:.1f} GB"
    if torch.backends.mps.is_available():
        yield "mps", "there"
    chosen = choose_device(device)
    yield "chosen", f"{chosen}, {str(choose_precision(chosen)).removeprefix('torch.')}"
    yield "threads", str(torch.get_num_threads())


def _networks() -> Iterator[Line]:
    yield "there", ", ".join(model.name for model in spec.available()) or "none"
    for complaint in spec.complaints():
        yield "damaged", complaint


def _limits() -> Iterator[Line]:
    from viewer.core.budget import Budget, step
    from viewer.monitor import Sensors, full_limits

    full, sensors = full_limits(), Sensors()
    psutil.cpu_percent(interval=0.5)  # a load is a mean over some time
    sample = sensors.read()
    limits = step(Budget.of(full), sample).limits
    yield "threads", f"{limits.threads} of {full.threads}"
    yield "subnet", f"{limits.subnet_cap:g} at most"
    yield "cache", f"{limits.cache_cap_bytes / 1e6:.0f} MB of {full.cache_cap_bytes / 1e6:.0f} MB"
    yield "held back", limits.reason or "no"
    yield "others use", f"{sample.others:.1f} of {sample.cores} cores"
    if sample.gpu_others is not None:
        yield "others on GPU", f"{sample.gpu_others:.0%}"


def _speeds() -> Iterator[Line]:
    from viewer.settings import Settings

    kept = json.loads(Settings().get("speeds") or "{}")
    for what, speed in kept.items():
        yield logs.nameless(what.split()[0]), f"{float(speed):.2f} megapixels per second"
    if not kept:
        yield "measured", "not yet"


def _tiles() -> Iterator[Line]:
    """Tell, of all runs together, how often bicubic had to do."""
    from viewer.settings import Settings

    settings = Settings()
    yield "no numbers", f"{settings.get('tiles_without_numbers')}, shown with bicubic"
    yield "failed otherwise", str(settings.get("tiles_failed"))


def _decoder() -> Iterator[Line]:
    with Decoder() as decoder:
        yield "confined by", ", ".join(decoder.confined_by) or "nothing: in the viewer itself"


def _cache() -> Iterator[Line]:
    from viewer.thumbnailer import cache_folder

    files = [file for file in cache_folder().rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    yield "thumbnails", f"{len(files)}, {size / 1e6:.1f} MB"
    notes = state_folder() / "unfinished"
    yield "unfinished", f"{len(list(notes.iterdir())) if notes.is_dir() else 0} files"


def _places(with_names: bool) -> Iterator[Line]:
    from PySide6.QtCore import QSettings

    from viewer.settings import Settings

    state = state_folder()
    yield "log", _told(state, with_names)
    store = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Anyzoom", "Anyzoom")
    yield "settings", _told(Path(store.fileName()), with_names)
    if with_names:
        for line in Settings().get("recent").splitlines():
            yield "opened lately", line


def _told(path: Path, with_names: bool) -> str:
    there = "there" if os.path.exists(path) else "not there"
    # What is not there can be made if the folder can in which the first missing one would lie.
    found = next(each for each in (path, *path.parents) if os.path.exists(each))
    writable = os.access(found, os.W_OK)
    told = there if writable else f"{there}, not to be written to"
    return f"{path}: {told}" if with_names else told


def _trouble() -> Iterator[Line]:
    seen = 0
    with suppress(OSError):
        lines = logs.log_file().read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines[-LAST_LINES:]:
            seen += 1
            yield "log", line
    with suppress(OSError):
        crash = logs.crash_file().read_text(encoding="utf-8", errors="replace").splitlines()
        for line in crash[-LAST_CRASH_LINES:]:
            seen += 1
            yield "crash", line
    if not seen:
        yield "noted", "none"
