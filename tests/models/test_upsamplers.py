"""Each upsampler's fast form, against its paper's formula written out plainly, in float64."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.axis import Axis
from models.sampling import bicubic, bilinear
from models.upsamplers import UPSAMPLERS, Upsampler
from models.upsamplers.arbsr import ArbSR
from models.upsamplers.liif import LIIF
from models.upsamplers.metasr import MetaSR
from models.upsamplers.srno import SRNO, GalerkinBlock

CHANNELS, SIZE = 8, (7, 5)
OUTPUTS = [(8, 6), (14, 10), (17, 12), (28, 20), (9, 16), (40, 33)]


@pytest.fixture(autouse=True)
def _seed() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def made(name: str, hidden: int = 16) -> Upsampler:
    """An upsampler with nothing left small at the start, in eval mode."""
    upsampler = UPSAMPLERS[name](CHANNELS, hidden).eval()
    with torch.no_grad():
        for p in upsampler.parameters():
            p.add_(0.1 * torch.randn_like(p))
        for buffer in upsampler.buffers():
            buffer.add_(torch.randn_like(buffer))
    return upsampler


def features() -> Tensor:
    return torch.randn(1, CHANNELS, *SIZE)


@torch.no_grad()
def assert_equals_the_formula(upsampler: Upsampler, formula, out: tuple[int, int]) -> None:
    """Compare training's form, inference's and the formula, all for the same features."""
    f, (rows, cols) = features(), map(Axis.whole, SIZE, out)
    fast = upsampler(f, rows, cols, 1.0)[0]
    ready = upsampler.prepare(1.0).decode(f, rows, cols)
    plain = formula(upsampler.double(), f.double(), out).float()
    assert plain.abs().max() > 0.1
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=2e-5)
    torch.testing.assert_close(ready, plain, rtol=1e-4, atol=2e-5)


def centres(count: int) -> Tensor:
    """Pixel centres across [-1, 1], as LIIF has them."""
    return (2.0 * torch.arange(count).double() + 1.0) / count - 1.0


def nearest(x: Tensor, coordinates: Tensor) -> Tensor:
    """Sample (1, C, h, w) at (H, W, (y, x)): (H, W, C)."""
    grid = coordinates.flip(-1)[None]
    found = F.grid_sample(x, grid, mode="nearest", padding_mode="border", align_corners=False)
    return found[0].permute(1, 2, 0)


def neighbours(x: Tensor, out: tuple[int, int]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the features and the relative position of each of LIIF's four corners."""
    grid = torch.stack(torch.meshgrid(*map(centres, out), indexing="ij"), dim=-1)
    lr = torch.stack(torch.meshgrid(*map(centres, SIZE), indexing="ij"))[None]
    sides = torch.tensor(SIZE)
    for vy in (-1, 1):
        for vx in (-1, 1):
            shifted = grid + torch.tensor([vy, vx]) / sides + 1e-6
            shifted = shifted.clamp(-1 + 1e-6, 1 - 1e-6)
            yield nearest(x, shifted), (grid - nearest(lr, shifted)) * sides


def opposite_areas(positions: list[Tensor]) -> list[Tensor]:
    areas = [p.prod(dim=-1).abs() + 1e-9 for p in positions]
    total = sum(areas)
    return [(area / total)[..., None] for area in reversed(areas)]


def plain_metasr(net: MetaSR, f: Tensor, out: tuple[int, int]) -> Tensor:
    """Make every kernel and apply it to its unfolded patch."""
    patches = F.unfold(f, 3, padding=1).view(9 * CHANNELS, *SIZE)
    result = torch.empty(*out, 3).double()
    scales = [n / m for n, m in zip(out, SIZE, strict=True)]
    for y in range(out[0]):
        for x in range(out[1]):
            i = [j * m // n for j, m, n in zip((y, x), SIZE, out, strict=True)]
            v = [j / s - k for j, s, k in zip((y, x), scales, i, strict=True)]
            given = torch.tensor([*v, 1.0 / max(scales)]).double()
            kernel = net.second(F.relu(net.first(given))).view(9 * CHANNELS, 3)
            result[y, x] = patches[:, i[0], i[1]] @ kernel
    return result


def plain_liif(net: LIIF, f: Tensor, out: tuple[int, int]) -> Tensor:
    """Unfold, ask the network at four corners, blend by the opposite areas."""
    unfolded = F.unfold(f, 3, padding=1).view(1, 9 * CHANNELS, *SIZE)
    cell = torch.tensor([2.0 / n * m for n, m in zip(out, SIZE, strict=True)]).double()
    answers, positions = [], []
    for feature, position in neighbours(unfolded, out):
        z = net.first(torch.cat([feature, position, cell.expand_as(position)], dim=-1))
        for layer in net.hidden:
            z = layer(F.relu(z))
        answers.append(net.output(F.relu(z)))
        positions.append(position)
    return sum(a * w for a, w in zip(answers, opposite_areas(positions), strict=True))


def plain_arbsr(net: ArbSR, f: Tensor, out: tuple[int, int]) -> Tensor:
    """Mix the experts' matrices for every pixel, then apply them."""
    scales = [n / m for n, m in zip(out, SIZE, strict=True)]
    places = [(torch.arange(n).double() + 0.5) / s for n, s in zip(out, scales, strict=True)]
    ry, rx = (p - torch.floor(p + 1e-9) - 0.5 for p in places)
    compress, expand = net.compress.weight.view(4, 1, CHANNELS), net.expand.weight.view(CHANNELS, 4)
    hr = torch.empty(1, CHANNELS, *out).double()
    for y in range(out[0]):
        for x in range(out[1]):
            given = torch.tensor([1 / scales[1], 1 / scales[0], ry[y], rx[x]]).double()
            z = net.body(given)
            rho, offset = torch.sigmoid(net.route(z)), net.offset(z).clamp(-2, 2)
            where = torch.stack([places[1][x] - 0.5 + offset[1], places[0][y] - 0.5 + offset[0]])
            grid = 2 * where / (torch.tensor(SIZE[::-1]) - 1) - 1  # written for align_corners
            g = F.grid_sample(f, grid.view(1, 1, 1, 2), align_corners=True)[0, :, 0, 0]
            mixed = torch.einsum("e,eic->ic", rho, compress), torch.einsum("e,ce->c", rho, expand)
            hr[0, :, y, x] = g + mixed[1][:, None] @ (mixed[0] @ g)
    return net.tail(hr)[0].permute(1, 2, 0)


def plain_galerkin(block: GalerkinBlock, x: Tensor, g: Tensor | None) -> Tensor:
    """Attend one head at a time; `g` is what is frozen, for the largest width, or nothing."""
    size, heads = x.shape[-1] // block.heads, []
    for h, qkv in enumerate(block.qkv(x).split(3 * size, dim=-1)):
        q, k, v = (t.flatten(0, 1) for t in qkv.split(size, dim=-1))
        k, v = (
            norm.gain[h] * (t - t.mean(-1, keepdim=True)) / (t.std(-1, keepdim=True) + 1e-5)
            + norm.bias[h]
            for t, norm in ((k, block.norm_k), (v, block.norm_v))
        )
        heads.append(q @ (k.T @ v / len(k) if g is None else g[-1, h]))
    z = torch.cat(heads, dim=-1).view_as(x) + x
    return block.second(F.gelu(block.first(z))) + x


def plain_srno(net: SRNO, f: Tensor, out: tuple[int, int], frozen: bool = True) -> Tensor:
    found, positions = zip(*neighbours(f, out), strict=True)
    weighed = [a * w for a, w in zip(found, opposite_areas(list(positions)), strict=True)]
    scales = [n / m for n, m in zip(out, SIZE, strict=True)]
    cell = torch.tensor([2.0 / s * max(s, 4.0) / 4.0 for s in scales]).double()
    x = net.first(torch.cat([*positions, *weighed, cell.expand(*out, 2)], dim=-1))
    for block in net.blocks:
        x = plain_galerkin(block, x, block.running_g if frozen else None)
    return net.output(F.gelu(net.hidden(x)))


FORMULAS = {
    "metasr": plain_metasr,
    "liif": plain_liif,
    "arbsr": plain_arbsr,
    "srno": plain_srno,
}


@pytest.mark.parametrize("out", OUTPUTS)
@pytest.mark.parametrize("name", FORMULAS)
def test_the_fast_form_is_the_papers_formula(name: str, out: tuple[int, int]) -> None:
    assert_equals_the_formula(made(name), FORMULAS[name], out)


@torch.no_grad()
def test_in_training_galerkin_attention_averages_the_picture_at_hand() -> None:
    net, f = made("srno", 32).train(), features()
    fast = net(f, *map(Axis.whole, SIZE, (17, 12)), 1.0)[0]
    plain = plain_srno(net.double(), f.double(), (17, 12), frozen=False).float()
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=2e-5)


@torch.no_grad()
def test_each_width_has_its_own_attention() -> None:
    net, f, axes = made("srno", 32), features(), [*map(Axis.whole, SIZE, (17, 12))]
    narrow, full = (net.prepare(width).decode(f, *axes) for width in (0.5, 1.0))
    torch.testing.assert_close(narrow, net(f, *axes, 0.5)[0], rtol=1e-4, atol=2e-5)
    assert not torch.allclose(narrow, full, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("name", UPSAMPLERS)
def test_rows_decoded_in_blocks_are_the_rows_of_the_whole(name: str) -> None:
    f, upsampler = torch.randn(1, CHANNELS, 30, 4), made(name).prepare(1.0)
    rows, cols = Axis.whole(30, 71), Axis.whole(4, 10)
    whole = upsampler.pixels(upsampler.lines(f, rows, cols), rows, cols)[0]
    torch.testing.assert_close(upsampler.decode(f, rows, cols), whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "hidden", "count"),
    [
        ("metasr", 256, 445_120),
        ("liif", 256, 346_883),
        ("srno", 256, 794_883),
        ("arbsr", 64, 8_966 + 1_731),
    ],
)
def test_heads_have_the_papers_size(name: str, hidden: int, count: int) -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in UPSAMPLERS[name](64, hidden).parameters()) == count


def test_interpolation_is_pytorchs() -> None:
    x, out = torch.rand(1, 3, *SIZE), (17, 12)
    axes = [*map(Axis.whole, SIZE, out)]
    linear = F.interpolate(x, out, mode="bilinear", align_corners=False)
    cubic = F.interpolate(x, out, mode="bicubic", align_corners=False, antialias=True)
    torch.testing.assert_close(bilinear(x, *axes), linear.permute(0, 2, 3, 1))
    torch.testing.assert_close(bicubic(x, *axes), cubic.permute(0, 2, 3, 1))
