"""`anyzoom train`: every config describes a network, and what is wrong is one sentence."""

from pathlib import Path

import pytest
import torch

from models.networks import build
from models.train import TrainConfig, learning_rate, start_run
from viewer import __main__
from viewer.commands.train import configs


@pytest.mark.parametrize("name", sorted(configs()))
def test_every_config_describes_a_network(name):
    config = TrainConfig.read(configs()[name])
    with torch.device("meta"):
        network = build(config.network)
    assert len(network.widths) in (1, len(config.groups))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("asdn-paper", 27_685_302), ("vdsr-conv-paper", 666_496 + 11 * 1_762)],
)
def test_the_configs_of_the_papers_have_their_sizes(name, parameters):
    with torch.device("meta"):
        network = build(TrainConfig.read(configs()[name]).network)
    assert sum(p.numel() for p in network.parameters()) == parameters


@pytest.mark.parametrize(("encoder", "size"), [("edsr", 1_502_016), ("rdn", 23_094_208)])
def test_the_encoders_of_the_papers_have_their_sizes(encoder, size):
    for head in ("metasr", "liif", "srno"):
        with torch.device("meta"):
            network = build(TrainConfig.read(configs()[f"anysr-{encoder}-{head}-paper"]).network)
        assert sum(p.numel() for p in network.encoder.parameters()) == size


def test_the_published_recipe_is_adam_with_a_rate_that_halves():
    config = TrainConfig("x", {"blocks": 1}, steps=9, warmup=0, muon_lr=0, halve=(3, 6))
    assert [learning_rate(step, config) for step in (0, 2, 3, 6)] == [1, 1, 0.5, 0.25]
    optimisers = start_run(config, torch.device("cpu")).optimisers
    assert [type(optimiser) for optimiser in optimisers] == [torch.optim.Adam]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense", "--data", "x", "--bench", "x"], "asdn-paper"),
        (["tiny"], "--data"),
        (["tiny", "--data", "nowhere", "--bench", "x"], "nowhere"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    assert __main__.main(["train", *words]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
