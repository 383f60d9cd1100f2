"""The contract that every network obeys, on networks of a few thousand random weights."""

from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.torch
import torch

from models.axis import Axis
from models.contract import Network
from models.networks import build
from models.spec import ModelError

ANYSR = {"blocks": 2, "channels": 8, "hidden": 8}
CONFIGS = {
    "local": ANYSR,
    "metasr": ANYSR | {"upsampler": "metasr", "skip": "none"},
    "liif": ANYSR | {"upsampler": "liif", "skip": "none"},
    "arbsr": ANYSR | {"upsampler": "arbsr", "skip": "none"},
    "srno": ANYSR | {"upsampler": "srno", "hidden": 32, "skip": "bilinear"},
    "arbsr adapt": ANYSR | {"upsampler": "arbsr", "adapt": 1},
    "rdn": ANYSR | {"encoder": "rdn", "layers": 4},
    "rdn adapt": ANYSR | {"encoder": "rdn", "layers": 4, "blocks": 1, "adapt": 1},
    "asdn": {"kind": "asdn", "blocks": 2, "channels": 6, "layers": 2},
    "asdn inter": {"kind": "asdn", "blocks": 2, "channels": 6, "layers": 1, "attention": "inter"},
    "asdn block": {"kind": "asdn", "blocks": 1, "channels": 6, "layers": 2, "attention": "block"},
    "vdsr conv": {"kind": "asdn", "trunk": "vdsr", "blocks": 3, "channels": 6},
    "edsr conv": {"kind": "asdn", "trunk": "edsr", "blocks": 2, "channels": 6},
    "rdn conv": {"kind": "asdn", "trunk": "rdn", "blocks": 2, "channels": 6, "layers": 2},
    "fsdn": {"kind": "fsdn", "blocks": 2, "channels": 6, "layers": 2},
}
SIZE = (11, 9)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_network(name: str) -> Network:
    """A network as training might leave it: running means that follow its features."""
    torch.manual_seed(0)
    network = build(CONFIGS[name])
    with torch.no_grad():
        for p in network.parameters():
            if p.abs().max() < 0.2:  # what starts near zero is to count
                p.add_(0.1 * torch.randn_like(p))
        for width in network.widths:
            for _ in range(3):
                network(torch.rand(2, 3, 8, 8), *[Axis.whole(8, 13)] * 2, width)
        for buffer in network.buffers():
            if buffer.is_floating_point():  # as after a hundred times as many steps
                buffer.add_(0.1 * torch.rand_like(buffer))
    return network.eval()


@pytest.fixture(scope="module", params=CONFIGS)
def network(request: pytest.FixtureRequest) -> Network:
    return random_network(request.param)


def axes(*scale: float) -> tuple[Axis, Axis]:
    rows, cols = (Axis.whole(n, round(n * s)) for n, s in zip(SIZE, scale, strict=True))
    return rows, cols


def picture() -> torch.Tensor:
    return torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(1))


def assert_equal(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Equal but for the rounding of float32, which grows with the numbers added up."""
    most = max(1.0, theirs.abs().max().item())
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5 * most)


@pytest.mark.parametrize("scale", [(1.1, 1.1), (2.0, 2.0), (1.3, 3.4), (7.5, 7.5)])
def test_prepared_for_any_scale_it_is_the_same_network(
    network: Network, scale: tuple[float, float]
) -> None:
    rows, cols = axes(*scale)
    for width in network.widths:
        prepared = network.prepare((rows.scale, cols.scale), width)
        with torch.no_grad():
            batch = network(picture().repeat(2, 1, 1, 1), rows, cols, width)
            single = prepared(picture(), rows, cols)
        assert single.shape == (rows.n_out, cols.n_out, 3)
        assert single.dtype == torch.float32
        torch.testing.assert_close(single, batch[1], rtol=1e-4, atol=1e-5)


def test_bfloat16_comes_close(network: Network) -> None:
    rows, cols = axes(2.0, 2.37)
    exact, coarse = (
        network.prepare((rows.scale, cols.scale)).to(dtype).to(memory_format=torch.channels_last)
        for dtype in (torch.float32, torch.bfloat16)
    )
    with torch.inference_mode():
        first, second = (n(picture(), rows, cols) for n in (exact, coarse))
    assert second.dtype == torch.float32
    assert (first - second).abs().mean() < 0.02 * first.std()


@pytest.mark.parametrize("scale", [(1.1, 1.1), (3.0, 2.37), (7.5, 7.5)])
def test_tiles_with_a_halo_of_its_reach_equal_the_whole(
    network: Network, scale: tuple[float, float]
) -> None:
    width, size = network.widths[0], (2 * network.reach + 9, network.reach + 12)
    x = torch.rand(1, 3, *size)
    sizes = [(n, round(n * s)) for n, s in zip(size, scale, strict=True)]
    rows, cols = (Axis.whole(*s) for s in sizes)
    prepared = network.prepare((rows.scale, cols.scale), width)
    with torch.inference_mode():
        whole = prepared(x, rows, cols)
        # One tile at a corner, one whose halo ends within the picture, one at the other borders.
        for place in (0.0, 0.5, 1.0):
            starts = [int(place * (n_out - 7)) for _, n_out in sizes]
            r, c = (
                Axis.tile(*s, o, o + 7, network.reach) for s, o in zip(sizes, starts, strict=True)
            )
            tile = prepared(x[:, :, r.in0 : r.in1, c.in0 : c.in1], r, c)
            expected = whole[r.out0 : r.out1, c.out0 : c.out1]
            assert_equal(tile, expected)


def test_overlapping_tiles_agree_as_a_view_pans(network: Network) -> None:
    size = 2 * network.reach + 12
    x, n_out = torch.rand(1, 3, size, size), round(1.7 * size)
    prepared = network.prepare((n_out / size, n_out / size), network.widths[0])
    tiles = []
    for start in (n_out // 2 - 6, n_out // 2 - 2):
        axis = Axis.tile(size, n_out, start, start + 8, network.reach)
        with torch.inference_mode():
            crop = x[:, :, axis.in0 : axis.in1, axis.in0 : axis.in1]
            tiles.append(prepared(crop, axis, axis))
    assert_equal(tiles[0][4:, 4:], tiles[1][:4, :4])


def test_tiles_of_flat_grey_show_no_seam(network: Network) -> None:
    """Far from the borders every phase of flat grey looks the same in each tile."""
    size = 2 * network.reach + 16
    grey = torch.full((1, 3, size, size), 0.5)
    prepared = network.prepare((2.0, 2.0), network.widths[0])
    tiles = []
    for start in (size - 8, size):  # a whole number of LR pixels apart
        axis = Axis.tile(size, 2 * size, start, start + 8, network.reach)
        with torch.inference_mode():
            crop = grey[:, :, axis.in0 : axis.in1, axis.in0 : axis.in1]
            tiles.append(prepared(crop, axis, axis))
    assert_equal(tiles[0], tiles[1])


def test_weights_survive_being_stored(network: Network) -> None:
    name = next(key for key, config in CONFIGS.items() if build(config).config == network.config)
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    again = build(CONFIGS[name]).eval()
    again.load_state_dict(safetensors.torch.load(safetensors.torch.save(state)))
    rows, cols = axes(1.7, 1.7)
    with torch.no_grad():
        first, second = (n(picture(), rows, cols) for n in (network, again))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("name", CONFIGS)
def test_training_reaches_every_weight(name: str) -> None:
    network = random_network(name).train()
    losses = []
    scales = (
        (*np.arange(1.05, 2.0, 0.2), 2.0, 3.0, 4.0, 8.0) if len(network.widths) == 1 else (2.3,)
    )
    for scale in scales:
        axis, x = Axis.whole(6, round(6 * scale)), torch.rand(2, 3, 6, 6)
        losses += [network(x, axis, axis, width).square().mean() for width in network.widths]
    torch.stack(losses).sum().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


@pytest.mark.parametrize(
    "config", [{"kind": "magic"}, {"blocs": 3}, {"upsampler": "crystal"}, {"skip": "rope"}]
)
def test_an_unknown_network_is_refused_in_a_sentence(config: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="no network"):
        build(config)


def test_a_card_without_a_kind_is_anysr_with_the_local_upsampler() -> None:
    network = build({"blocks": 1, "channels": 8, "hidden": 8})
    labels = {"network": "AnySR", "encoder": "EDSR 1 x 8", "upsampler": "local, 8 hidden"}
    assert network.labels == labels
