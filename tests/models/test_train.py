"""Training: what is drawn, that a run survives a kill, and that what it leaves can ship."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from models import losses, release, train
from models.anysr import WIDTHS
from models.axis import Axis
from models.datasets import Pairs, degrade, load_folder, shrink
from models.optimiser import orthogonalise
from models.spec import ModelError, ModelSpec
from models.upscaler import Upscaler

CONFIG = """
title = "Tiny"
steps = 4
batch = 2
patch = 8
warmup = 2
[network]
blocks = 1
channels = 8
hidden = 8
"""


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with a config, a few training pictures and a benchmark of one picture."""
    (tmp_path / "tiny.toml").write_text(CONFIG)
    (tmp_path / "data").mkdir()
    for seed in range(3):
        noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(noise).resize((48, 40), Image.Resampling.BICUBIC)
        picture.save(tmp_path / "data" / f"{seed}.png")
    hr = picture.resize((36, 36), Image.Resampling.BICUBIC)
    for scale in (2, 3, 4):
        for side, image in (("HR", hr), ("LR", hr.resize((36 // scale,) * 2))):
            folder = tmp_path / "bench" / "Set5" / f"x{scale}" / side
            folder.mkdir(parents=True)
            image.save(folder / "a.png")
    return tmp_path


def arguments(workshop: Path, run: str, *more: str) -> list[str]:
    places = ["--data", workshop / "data", "--bench", workshop / "bench", "--out", workshop / run]
    return [str(a) for a in (workshop / "tiny.toml", *places, "--every", 2, *more)]


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoint.pt", weights_only=True)["average"]


def test_a_run_that_was_stopped_ends_as_one_that_was_not(workshop: Path) -> None:
    train.main(arguments(workshop, "through"))
    config = train.TrainConfig.read(workshop / "tiny.toml")
    pairs = Pairs(load_folder(workshop / "data", 32))
    (workshop / "stopped").mkdir()
    run = train.start_run(config, torch.device("cpu"))
    for _ in range(2):
        train.train_step(run, config, pairs, 0, 1)
    run.save(workshop / "stopped" / "checkpoint.pt")
    train.main(arguments(workshop, "stopped"))
    resumed = weights(workshop / "stopped")
    for name, tensor in weights(workshop / "through").items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=0)


def test_a_kill_while_saving_leaves_the_old_checkpoint(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train.main(arguments(workshop, "run"))
    before = (workshop / "run" / "checkpoint.pt").read_bytes()

    def killed(state: object, path: Path) -> None:
        path.write_bytes(b"half a checkpoint")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        train.main(arguments(workshop, "run", "--steps", "6"))
    assert (workshop / "run" / "checkpoint.pt").read_bytes() == before


def test_the_log_tells_the_psnr_as_training_goes(workshop: Path) -> None:
    train.main(arguments(workshop, "run"))
    lines = (workshop / "run" / "log.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["step"] for entry in entries] == [2, 4]
    assert set(entries[-1]["Set5"]["1.0"]) == {"x2", "x3", "x4"}


def test_two_processes_train_one_network_together(workshop: Path) -> None:
    """With the variables that torchrun sets; to import torch for itself, too, takes it seconds."""
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    place = {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    command = [sys.executable, "-m", "models.train", *arguments(workshop, "pair")]
    pair = [
        subprocess.Popen(
            command,
            env={**_environment(), **place, "RANK": rank, "LOCAL_RANK": rank},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    for process in pair:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    state = torch.load(workshop / "pair" / "checkpoint.pt", weights_only=True)
    assert state["step"] == 4


def _environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(train.__file__).parents[1])}


def test_what_training_leaves_can_ship(workshop: Path) -> None:
    train.main(arguments(workshop, "run"))
    shipped = workshop / "weights"
    shipped.mkdir()
    release.main(
        [str(workshop / "run"), "tiny", "--bench", str(workshop / "bench"), "--to", str(shipped)]
    )
    spec = ModelSpec.from_card(shipped / "tiny.json")
    assert spec.subnets == WIDTHS
    assert 1 <= spec.halo <= 4
    small = np.zeros((9, 9, 3), np.uint8)
    assert Upscaler(spec, "cpu").whole(small, (20, 20), 0.7).shape == (20, 20, 3)


def test_halving_the_error_of_any_picture_gains_as_much_in_psnr() -> None:
    rough, smooth = torch.randn(2, 1, 8, 8, 3, generator=torch.Generator().manual_seed(1))
    smooth /= 3
    before = losses.loss_of(torch.cat([rough, smooth]), "psnr")
    for after in ([rough / 2, smooth], [rough, smooth / 2]):
        gain = before - losses.loss_of(torch.cat(after), "psnr")
        assert gain == pytest.approx(np.log(4) / 2, rel=0.02)


def test_a_patch_that_is_better_than_pictures_are_gains_little() -> None:
    flat = torch.full((1, 8, 8, 3), 0.002)
    gain = losses.loss_of(flat, "psnr") - losses.loss_of(flat / 2, "psnr")
    assert 0 < gain < 0.1 * np.log(4)


def test_psnr_counts_luma_most_but_colours_too() -> None:
    grey = torch.full((1, 8, 8, 3), 0.1)
    tinted = torch.tensor([0.1, 0.0, -0.1]).expand(1, 8, 8, 3)
    perfect, luma, colour = (losses.loss_of(e, "psnr") for e in (0 * grey, grey, tinted))
    assert perfect < colour < luma


def test_a_teacher_changes_where_the_loss_leads_but_not_how_much_pictures_count() -> None:
    generator = torch.Generator().manual_seed(1)
    hr, taught = 0.1 * torch.randn(2, 2, 8, 8, 3, generator=generator)
    output = torch.zeros_like(hr, requires_grad=True)

    def gradient(loss: torch.Tensor) -> torch.Tensor:
        (found,) = torch.autograd.grad(loss, output)
        return found

    alone = gradient(losses.loss_of(output - hr, "psnr"))
    untaught = gradient(losses.taught_loss(output - hr, output - taught, 1.0))
    torch.testing.assert_close(untaught, alone)
    agreed = gradient(losses.taught_loss(output - hr, output - hr, 0.2))
    torch.testing.assert_close(agreed, alone)
    led = gradient(losses.taught_loss(output - hr, output - taught, 0.0))
    there = gradient(losses.taught_loss(output - hr, output - output.detach(), 0.0))
    assert (led * -taught).sum() > 0
    assert there.abs().max() == 0


def test_a_network_learns_what_it_answers_to_other_turns_itself(workshop: Path) -> None:
    train.main(arguments(workshop, "first"))
    save_file(weights(workshop / "first"), workshop / "first.safetensors")
    plain = train.TrainConfig.read(workshop / "tiny.toml")
    config = replace(plain, turns=2, truth=0.0, steps=300, muon_lr=0.002, frozen=True)
    pairs = Pairs(load_folder(workshop / "data", 32))
    run = train.start_run(config, torch.device("cpu"), workshop / "first.safetensors")
    taught = [t.clone() for t in run.teacher.parameters()]
    first = np.mean([train.train_step(run, config, pairs, 0, 1) for _ in range(12)])
    for _ in range(30):
        train.train_step(run, config, pairs, 0, 1)
    last = np.mean([train.train_step(run, config, pairs, 0, 1) for _ in range(12)])
    assert last < 0.5 * first
    assert all(torch.equal(a, b) for a, b in zip(run.teacher.parameters(), taught, strict=True))


def test_a_teacher_is_renewed_and_kept_by_a_checkpoint(workshop: Path) -> None:
    train.main(arguments(workshop, "first"))
    save_file(weights(workshop / "first"), workshop / "first.safetensors")
    config = replace(train.TrainConfig.read(workshop / "tiny.toml"), turns=1, renew=2, steps=5)
    pairs = Pairs(load_folder(workshop / "data", 32))
    run, again = (
        train.start_run(config, torch.device("cpu"), workshop / "first.safetensors")
        for _ in range(2)
    )
    averages = []
    for _ in range(5):
        averages.append([p.clone() for p in run.average.parameters()])
        train.train_step(run, config, pairs, 0, 1)
    assert all(map(torch.equal, run.teacher.parameters(), averages[4]))
    assert not all(map(torch.equal, run.teacher.parameters(), averages[2]))
    run.save(workshop / "checkpoint.pt")
    again.load(workshop / "checkpoint.pt")
    assert all(map(torch.equal, again.teacher.parameters(), averages[4]))


def test_the_share_of_hr_may_grow_with_the_scale(workshop: Path, monkeypatch) -> None:
    told = []
    monkeypatch.setattr(
        train, "taught_loss", lambda error, _, truth: told.append(truth) or error.square().mean()
    )
    scales = {"groups": ((1.1, 2.0, 2.0), (3.0, 4.0, 4.0)), "on_integer": 1.0}
    plain = replace(train.TrainConfig.read(workshop / "tiny.toml"), turns=1, truth=0.6, **scales)
    pairs = Pairs(load_folder(workshop / "data", 32))
    for graded in (False, True):
        config = replace(plain, graded=graded)
        run = train.start_run(config, torch.device("cpu"))
        for _ in range(12):
            train.train_step(run, config, pairs, 0, 1)
    assert set(told[:12]) == {0.6}
    assert set(told[12:]) == {0.3, 0.6}, "at x2 half of what it is at x4"


def test_who_learns_from_a_network_has_to_name_it(workshop: Path) -> None:
    (workshop / "tiny.toml").write_text("turns = 2\n" + CONFIG)
    with pytest.raises(ModelError, match="--weights"):
        train.main(arguments(workshop, "run"))


def test_draws_follow_algorithm_1() -> None:
    config = train.TrainConfig("x", {}, steps=1, any_width=0.0)
    draws = [train.draw(config, np.random.default_rng(seed), WIDTHS) for seed in range(2000)]
    full = np.mean([d.width == 1.0 for d in draws])
    assert full == pytest.approx(0.6 + 0.4 / 4, abs=0.04), "the reset, and the largest group"
    assert all(d.scale <= 1.75 for d in draws if d.width == 0.5)
    assert min(d.scale for d in draws) >= 1.1
    assert max(d.scale for d in draws) <= 4.0


def test_a_network_without_subnets_draws_its_own_scales_only() -> None:
    config = train.TrainConfig("x", {}, steps=1, groups=((2.0, 2.0, 2.0), (8.0, 8.0, 8.0)))
    draws = [train.draw(config, np.random.default_rng(seed), (1.0,)) for seed in range(50)]
    assert {(d.scale, d.width) for d in draws} == {(2.0, 1.0), (8.0, 1.0)}


@pytest.mark.parametrize(
    "network",
    [
        'kind = "asdn"\nblocks = 1\nlayers = 2\nchannels = 8',
        'kind = "fsdn"\nblocks = 1\nlayers = 2\nchannels = 8',
        'encoder = "rdn"\nblocks = 1\nlayers = 4\nchannels = 8\nhidden = 8',
        'upsampler = "srno"\nblocks = 1\nchannels = 16\nhidden = 16',
    ],
)
def test_every_kind_of_network_trains(workshop: Path, network: str) -> None:
    config = CONFIG.split("[network]")[0] + f"[network]\n{network}\n"
    (workshop / "tiny.toml").write_text(config)
    train.main(arguments(workshop, "run", "--steps", "2"))
    assert all(t.isfinite().all() for t in weights(workshop / "run").values())


def test_the_learning_rate_warms_up_and_ends_at_zero() -> None:
    config = train.TrainConfig("x", {}, steps=1000, warmup=100)
    rates = [train.learning_rate(step, config) for step in range(1001)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0, abs=0.03)
    assert rates[-1] == pytest.approx(0.0)


def test_an_lr_patch_is_its_hr_patch_made_small() -> None:
    photo = np.asarray(Image.linear_gradient("L").convert("RGB"))
    lr, hr = Pairs([photo]).batch(np.random.default_rng(0), 3, 10, 2.37)
    assert lr.shape == (3, 10, 10, 3)
    assert hr.shape == (3, 24, 24, 3)
    np.testing.assert_array_equal(lr[0], shrink(hr[0], (10, 10)))


def test_photo_degradation_changes_pixels_but_not_the_picture() -> None:
    photo = np.asarray(Image.radial_gradient("L").resize((64, 64)).convert("RGB"))
    results = [degrade(photo, np.random.default_rng(seed)) for seed in range(20)]
    assert sum(np.array_equal(r, photo) for r in results) in range(1, 10)
    assert all(np.abs(r.astype(int) - photo).mean() < 8 for r in results)


def test_an_empty_data_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        load_folder(tmp_path, 10)


def test_an_orthogonalised_matrix_has_singular_values_near_one() -> None:
    matrix = torch.randn(24, 90, generator=torch.Generator().manual_seed(0))
    for m in (matrix, matrix.T):
        values = torch.linalg.svdvals(orthogonalise(m))
        assert values.min() > 0.5
        assert values.max() < 1.3


def test_training_goes_on_from_shipped_weights(workshop: Path) -> None:
    train.main(arguments(workshop, "first"))
    weights_file = workshop / "first.safetensors"
    save_file(weights(workshop / "first"), weights_file)
    config = train.TrainConfig.read(workshop / "tiny.toml")
    run = train.start_run(config, torch.device("cpu"), weights_file)
    for name, tensor in weights(workshop / "first").items():
        torch.testing.assert_close(run.average.state_dict()[name], tensor)
    train.main(arguments(workshop, "second", "--weights", str(weights_file)))
    assert json.loads((workshop / "second" / "config.json").read_text())["start"] == "first"


def test_a_config_that_nobody_understands_is_named(tmp_path: Path) -> None:
    config = tmp_path / "odd.toml"
    for text in ("steps = ", "stepz = 5"):
        config.write_text(text)
        with pytest.raises(ModelError, match=r"odd\.toml"):
            train.TrainConfig.read(config)
    with pytest.raises(ModelError, match=r"gone\.toml"):
        train.TrainConfig.read(tmp_path / "gone.toml")


def test_missing_data_is_one_sentence(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", *arguments(workshop, "run", "--data", str(workshop / "nowhere"))]
    monkeypatch.setattr(sys, "argv", words)
    assert train.run_from_shell() == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_target_makes_every_scale_cost_the_same(workshop: Path) -> None:
    drawn: list[int] = []

    class Spy(Pairs):
        def batch(
            self, rng: np.random.Generator, count: int, patch: int, scale: float
        ) -> tuple[np.ndarray, np.ndarray]:
            lr, hr = super().batch(rng, count, patch, scale)
            drawn.append(hr.shape[1])
            return lr, hr

    config = replace(train.TrainConfig.read(workshop / "tiny.toml"), target=24)
    run = train.start_run(config, torch.device("cpu"))
    for _ in range(4):
        train.train_step(run, config, Spy(load_folder(workshop / "data", 32)), 0, 1)
    assert all(abs(size - 24) <= 2 for size in drawn)


def test_a_window_is_a_random_stretch_of_what_a_patch_becomes() -> None:
    rng = np.random.default_rng(0)
    axes = [train.window(10, 25, 8, rng) for _ in range(500)]
    assert {axis.out1 - axis.out0 for axis in axes} == {8}
    assert {axis.out0 for axis in axes} == set(range(18))
    assert train.window(10, 25, 0, rng) == train.window(10, 25, 99, rng) == Axis.whole(10, 25)


def test_a_new_head_is_trained_first_and_then_everything(workshop: Path) -> None:
    train.main(arguments(workshop, "first"))
    save_file(weights(workshop / "first"), workshop / "first.safetensors")
    old = train.TrainConfig.read(workshop / "tiny.toml")
    config = replace(old, network=dict(old.network) | {"upsampler": "liif"}, head=2)
    run = train.start_run(config, torch.device("cpu"), workshop / "first.safetensors")
    pairs = Pairs(load_folder(workshop / "data", 32))
    before = run.network.encoder.head.weight.clone()
    for expected in (True, True, False):
        train.train_step(run, config, pairs, 0, 1)
        assert torch.equal(run.network.encoder.head.weight, before) == expected
