"""Train a network: `python -m models.train CONFIG --data FOLDER --bench FOLDER --out RUN`.

Runs on a CPU or a GPU, and on several with `torchrun --nproc-per-node N -m models.train ...`.
A run that was killed goes on where its last checkpoint left it when the same command is given
again: the data of a step depend on the seed and the step alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
import torch.distributed as dist
from safetensors.torch import load_file
from torch import Tensor, nn

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

from models.axis import Axis
from models.contract import Network
from models.datasets import Pairs, load_folder
from models.devices import choose_device, choose_precision
from models.evaluate import benchmark
from models.losses import loss_of, taught_loss
from models.networks import build
from models.optimiser import Muon
from models.spec import ModelError
from models.turns import TURNS, mean_answer

#: AnySR's scale groups S1..S4: from, to, and the scale in each that benchmarks ask for.
GROUPS = ((1.1, 1.75, 1.5), (1.75, 2.55, 2.0), (2.55, 3.25, 3.0), (3.25, 4.0, 4.0))


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a run; read from a TOML file."""

    title: str
    network: Mapping[str, Any]  # what `models.networks.build` takes
    steps: int
    batch: int = 16  # LR patches in a step, over all processes
    patch: int = 40  # LR pixels
    target: int = 0  # HR pixels of a patch instead, so that a step costs the same at any scale
    window: int = 0  # of each patch, decode a random square of so many HR pixels; 0 for all
    warmup: int = 200
    muon_lr: float = 0.005  # 0 gives everything to Adam
    adam_lr: float = 8e-4
    halve: tuple[int, ...] = ()  # steps at which the rates halve, in place of the cosine
    ema: float = 0.999
    reset: float = 0.6  # Algorithm 1's p: how often a step trains the full width
    any_width: float = 0.5  # of the other steps, how many train a width not tied to the scale
    groups: tuple[tuple[float, float, float], ...] = GROUPS  # as many as there are subnets
    on_integer: float = 0.4  # how often a group's benchmark scale is trained
    loss: str = "l1"  # or l2, or psnr (see `loss_of`), for a last phase
    turns: int = 0  # of how many turns' mean, by its own average, it learns
    truth: float = 0.2  # how much of the target is HR then (see `taught_loss`)
    graded: bool = False  # of the largest scale; in proportion less of smaller ones
    renew: int = 0  # and after how many steps the teacher is that average anew; 0 for never
    frozen: bool = False  # train with pooled statistics as they are at inference, for a last phase
    candidates: int = 1  # random crops, of which the most detailed is trained
    photo: bool = False  # degrade the LR side as cameras and JPEG do
    skip: tuple[str, ...] = ()
    start: str = ""  # the name of the weights that training started from, see --weights
    head: int = 0  # of the first steps, how many train only what those weights did not bring
    seed: int = 1
    about: str = ""
    data: str = ""

    @classmethod
    def read(cls, path: Path) -> TrainConfig:
        """Read a config; raises `ModelError` if it is missing or says what nobody understands."""
        try:
            facts = tomllib.loads(path.read_text(encoding="utf-8"))
            facts["skip"] = tuple(facts.get("skip", ()))
            facts["halve"] = tuple(facts.get("halve", ()))
            facts["groups"] = tuple(tuple(group) for group in facts.get("groups", GROUPS))
            return cls(**facts)
        except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
            raise ModelError(f"{path} cannot be used as a training config: {error}") from error


@dataclass(frozen=True, slots=True)
class Draw:
    """What one process trains in one step."""

    scale: float
    width: float


def draw(config: TrainConfig, rng: np.random.Generator, widths: tuple[float, ...]) -> Draw:
    """Draw a group, a scale in it and one of the network's widths: AnySR's Algorithm 1.

    Unlike the paper, a share of the narrow steps takes any width: users may force a subnet at any
    scale, and it then has to know that scale.
    """
    t = int(rng.integers(len(config.groups)))
    low, high, integer = config.groups[t]
    scale = integer if rng.random() < config.on_integer else float(rng.uniform(low, high))
    if len(widths) == 1 or rng.random() < config.reset:
        return Draw(scale, widths[-1])
    if rng.random() < config.any_width:
        return Draw(scale, widths[rng.integers(len(widths) - 1)])
    return Draw(scale, widths[t])


def learning_rate(step: int, config: TrainConfig) -> float:
    """Return the share of the full learning rate at a step: warm-up, then cosine to zero.

    Or halved at the steps that the config names, as in the papers.
    """
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.halve:
        return 0.5 ** sum(step >= end for end in config.halve)
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / config.steps))


@dataclass(slots=True)
class Run:
    """The state that a checkpoint holds."""

    network: Network
    average: Network  # the exponential moving average, which is what ships
    teacher: Network  # the average as it was at the start, or when it was renewed
    optimisers: list[torch.optim.Optimizer]
    fresh: frozenset[str] = frozenset()  # what the weights that it started from did not bring
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write a checkpoint; a kill at any moment leaves the old one or the new one."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "teacher": self.teacher.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "seconds": self.seconds,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.teacher.load_state_dict(state["teacher"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.seconds = state["step"], state["seconds"]


def start_run(config: TrainConfig, device: torch.device, start: Path | None = None) -> Run:
    """Build the network, its average and its optimisers, from the weights in `start` if given."""
    torch.manual_seed(config.seed)
    network = build(config.network)
    fresh: set[str] = set()
    if start is not None:  # whatever fits: running means and another upsampler are soon learnt
        own = network.state_dict()
        fits = {k: t for k, t in load_file(start).items() if k in own and own[k].shape == t.shape}
        network.load_state_dict(fits, strict=False)
        fresh = set(own) - set(fits)
        make_identities(network, fresh)
    network.train(not config.frozen)
    network.to(device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    average = build(config.network).to(device)
    average.load_state_dict(network.state_dict())
    average.eval()
    teacher = deepcopy(average)
    convolutions = [
        p
        for name, p in network.named_parameters()
        if config.muon_lr and ".blocks." in name and p.ndim == 4
    ]
    chosen = {id(p) for p in convolutions}
    others = [p for p in network.parameters() if id(p) not in chosen]
    optimisers = [
        *([Muon(convolutions, config.muon_lr)] if convolutions else ()),
        torch.optim.Adam(others, config.adam_lr, fused=True),
    ]
    return Run(network, average, teacher, optimisers, frozenset(fresh))


@torch.no_grad()
def make_identities(network: nn.Module, fresh: set[str]) -> None:
    """Let residual blocks whose weights are all `fresh` start as the identity: a deeper network
    then begins as good as the one it grew from."""
    for name, parameter in network.named_parameters():
        if name in fresh and ".blocks." in name and ".conv2." in name:
            parameter.zero_()


def thaw(run: Run, config: TrainConfig) -> None:
    """Let the first steps from other weights train the new head alone, then everything."""
    head_only = run.step < config.head and bool(run.fresh)
    for name, p in run.network.named_parameters():
        p.requires_grad_(not head_only or name in run.fresh)


def average_gradients(network: nn.Module, world: int) -> None:
    """Average the gradients over all processes, in one message."""
    if world == 1:
        return
    for p in network.parameters():  # processes may have trained different heads
        p.grad = torch.zeros_like(p) if p.grad is None else p.grad
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= world
    for g, piece in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        g.copy_(piece.view_as(g))


@torch.no_grad()
def update_average(run: Run, decay: float) -> None:
    """Move the average towards the network; early on, follow it faster."""
    decay = min(decay, (1 + run.step) / (10 + run.step))
    for mean, weight in zip(run.average.parameters(), run.network.parameters(), strict=True):
        mean.lerp_(weight, 1 - decay)
    for mean, b in zip(run.average.buffers(), run.network.buffers(), strict=True):
        mean.copy_(b)


def window(n_in: int, n_out: int, size: int, rng: np.random.Generator) -> Axis:
    """Return an axis on which a random stretch of `size` HR pixels is wanted, or all if 0."""
    whole = Axis.whole(n_in, n_out)
    if not 0 < size < n_out:
        return whole
    start = int(rng.integers(n_out - size + 1))
    return replace(whole, out0=start, out1=start + size)


def to_tensor(pixels: np.ndarray, device: torch.device) -> Tensor:
    """Turn uint8 (N, H, W, 3) into float (N, 3, H, W) in [0, 1], channels last in memory."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div_(255.0)


def train_step(run: Run, config: TrainConfig, pairs: Pairs, rank: int, world: int) -> float:
    """Take one step and return its loss."""
    rng = np.random.default_rng((config.seed, run.step, rank))
    drawn = draw(config, rng, run.network.widths)
    patch = round(config.target / drawn.scale) if config.target else config.patch
    lr, hr = pairs.batch(rng, config.batch // world, patch, drawn.scale)
    thaw(run, config)
    device = next(run.network.parameters()).device
    rows, cols = (window(lr.shape[1], hr.shape[1], config.window, rng) for _ in range(2))
    precision, x = choose_precision(device), to_tensor(lr, device)
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        output = run.network(x, rows, cols, drawn.width)
    wanted = hr[:, rows.out0 : rows.out1, cols.out0 : cols.out1]
    error = output.float() - to_tensor(wanted, device).permute(0, 2, 3, 1)
    if config.turns:
        if config.renew and run.step and run.step % config.renew == 0:
            run.teacher.load_state_dict(run.average.state_dict())
        turns = [TURNS[n] for n in 1 + rng.permutation(len(TURNS) - 1)[: config.turns]]
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            taught = mean_answer(run.teacher, x, rows, cols, turns)
        largest = max(high for _, high, _ in config.groups)
        truth = config.truth * (drawn.scale / largest if config.graded else 1.0)
        loss = taught_loss(error, output.float() - taught, truth)
    else:
        loss = loss_of(error, config.loss)
    loss.backward()
    average_gradients(run.network, world)
    share = learning_rate(run.step, config)
    for optimiser in run.optimisers:
        rate = config.muon_lr if isinstance(optimiser, Muon) else config.adam_lr
        optimiser.param_groups[0]["lr"] = rate * share
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    run.step += 1
    update_average(run, config.ema)
    return loss.item()


def train(config: TrainConfig, arguments: argparse.Namespace) -> None:
    """Train to the end of the schedule, from the newest checkpoint if there is one."""
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = choose_device(arguments.device, index=int(os.environ.get("LOCAL_RANK", 0)))
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    arguments.out.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.out / "checkpoint.pt"
    log = arguments.out / "log.jsonl"
    if config.turns and arguments.weights is None:
        raise ModelError("This config learns from a trained network: name it by --weights.")
    run = start_run(config, device, arguments.weights)
    if checkpoint.exists():
        run.load(checkpoint)
    scale = max(high for _, high, _ in config.groups)
    largest = math.ceil(config.target + scale if config.target else config.patch * scale)
    pairs = Pairs(
        load_folder(arguments.data, largest, config.skip), config.photo, config.candidates
    )
    began, saved = time.monotonic() - run.seconds, time.monotonic()
    losses: list[float] = []
    while run.step < config.steps:
        losses.append(train_step(run, config, pairs, rank, world))
        due = run.step % arguments.every == 0 or run.step == config.steps
        if rank == 0 and (due or time.monotonic() - saved > 60):
            run.seconds, saved = time.monotonic() - began, time.monotonic()
            run.save(checkpoint)
        if rank == 0 and due:
            psnr = {
                f"{width}": benchmark(run.average, arguments.bench / "Set5", width)
                for width in (1.0, 0.5)
                if width in run.network.widths
            }
            entry = {
                "step": run.step,
                "seconds": round(run.seconds),
                "loss": round(float(np.mean(losses)), 6),
                "Set5": psnr,
            }
            losses.clear()
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("config", type=Path, help="a TOML file, see models/configs")
    parser.add_argument("--data", type=Path, required=True, help="folder of HR images")
    parser.add_argument("--bench", type=Path, required=True, help="folder that holds Set5")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and log")
    parser.add_argument("--every", type=int, default=500, help="steps between measurements")
    parser.add_argument("--steps", type=int, help="length of the schedule, if not the config's")
    parser.add_argument("--weights", type=Path, help="safetensors to start from, of a like network")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    arguments = parse(argv)
    config = TrainConfig.read(arguments.config)
    if arguments.steps:
        config = replace(config, steps=arguments.steps)
    if arguments.weights:
        config = replace(config, start=arguments.weights.stem)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "config.json").write_text(json.dumps(asdict(config)), encoding="utf-8")
    train(config, arguments)


def run_from_shell() -> int:
    """Train; what is missing or wrong is told in one sentence."""
    try:
        main()
    except (OSError, ModelError) as error:
        sys.stderr.write(f"train: {error}\n")
        return 1
    return 0


def leave(status: int) -> NoReturn:
    """End the process; one of several at once and with its group as it is: the threads by which
    torch lets them talk abort an orderly end now and then ("terminate called without an active
    exception")."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    leave(run_from_shell())
