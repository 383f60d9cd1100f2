"""`anyzoom train NAME --data FOLDER`: trains a network as those that ship, or the papers', were."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from models.spec import ModelError
from viewer.commands import arguments
from viewer.core.errors import ViewerError


def main(argv: Sequence[str]) -> int:
    """Train to the end of a config. Raises `ModelError` or `ViewerError`."""
    given = _parser().parse_args(argv)
    if given.list:
        print("\n".join(sorted(configs())))
        return 0
    if given.config is None or given.data is None or given.bench is None:
        raise ModelError("Say what to train and on what: anyzoom train NAME --data --bench.")
    from models import train

    words = [str(config_file(given.config)), "--data", str(given.data), "--bench", str(given.bench)]
    words += ["--out", str(given.out or Path("runs") / Path(given.config).stem)]
    words += ["--every", str(given.every), "--device", given.device]
    for name in ("steps", "weights"):
        if getattr(given, name) is not None:
            words += [f"--{name}", str(getattr(given, name))]
    try:
        train.main(words)
    except OSError as error:
        raise ViewerError(" ".join(str(error).split())) from error
    return 0


def configs() -> dict[str, Path]:
    """Return the configs that come with Anyzoom by name."""
    folder = Path(str(resources.files("models"))) / "configs"
    return {path.stem: path for path in folder.glob("*.toml")}


def config_file(given: str) -> Path:
    """Return the config called so, or the file. Raises `ModelError`, naming those there are."""
    known = configs()
    if given in known:
        return known[given]
    if not Path(given).is_file():
        names = ", ".join(sorted(known))
        raise ModelError(f"There is no config {given!r}. Choose a TOML file or one of: {names}.")
    return Path(given)


def _parser() -> arguments.Parser:
    parser = arguments.Parser(
        "anyzoom train",
        "Train a network on your own pictures; the same command goes on after a stop.\n"
        "models/TRAINING.md tells what to expect, and how what comes out is released.",
    )
    parser.add_argument("config", nargs="?", metavar="NAME", help="a config's name or TOML file")
    parser.add_argument("--list", action="store_true", help="print the names of all configs")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="clean pictures to train on")
    parser.add_argument(
        "--bench", type=Path, metavar="FOLDER", help="holds Set5/x2/HR, Set5/x2/LR and so on"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="the run (default: runs/NAME)")
    parser.add_argument("--every", type=int, default=500, help="steps between measurements")
    parser.add_argument("--steps", type=int, help="length of the schedule, if not the config's")
    parser.add_argument("--weights", type=Path, help="safetensors to start from")
    arguments.add_device_option(parser)
    return parser
