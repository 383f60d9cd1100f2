"""README and configs agree with the weights that ship, and these stay small."""

import re
from pathlib import Path

import pytest

import assets
from models import spec
from models.train import TrainConfig

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", spec.available(), ids=lambda model: model.name)
@pytest.mark.parametrize("benchmark", ["Set5", "Set14"])
def test_the_table_of_quality_agrees_with_the_model_cards(model, benchmark):
    figures = model.psnr[benchmark][str(max(model.subnets))]
    row = " / ".join(f"{figures[scale]:.2f}" for scale in ("x2", "x3", "x4"))
    assert any(model.name in line and row in line for line in README.splitlines()), row


def test_every_picture_in_it_is_there_and_small():
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 2
    for name in pictures:
        assert (ROOT / name).stat().st_size < 400_000


def test_every_file_it_links_to_is_there():
    for name in re.findall(r"(?<!!)\[[^]]+\]\(([^):#]+)\)", README):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("word", re.findall(r"`(--[a-z-]+)", README))
def test_every_option_it_names_is_there(word):
    commands = (ROOT / "viewer" / "commands").glob("*.py")
    own = any(f'"{word}"' in path.read_text(encoding="utf-8") for path in commands)
    assert own or word in ("--left", "--right", "--help")


def test_all_weights_together_stay_below_40_megabytes():
    assert sum(path.stat().st_size for path in assets.WEIGHTS.glob("*.safetensors")) < 40e6


@pytest.mark.parametrize("model", spec.available(), ids=lambda model: model.name)
def test_training_can_go_on_from_the_weights_with_the_config_of_their_name(model):
    config = TrainConfig.read(ROOT / "models" / "configs" / f"{model.name}.toml")
    assert config.network == model.config
