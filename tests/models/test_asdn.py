"""ASDN and its kin: what the paper counts, its levels between scales and its recursion."""

import pytest
import torch

from models import attention
from models.asdn import ASDN, ASDNConfig, level_of
from models.axis import Axis
from models.networks import build
from models.recursion import count_stages, stages


def parameters(**config: object) -> int:
    """The number of weights, without making them."""
    with torch.device("meta"):
        return sum(p.numel() for p in build(config).parameters())


@pytest.mark.parametrize(
    ("position", "count"),
    [("intra", 27_685_302), ("none", 27_011_958), ("block", 27_021_238), ("inter", 27_935_702)],
)
def test_asdn_has_the_papers_size(position: str, count: int) -> None:
    assert parameters(kind="asdn", attention=position) == count


def test_the_other_trunks_have_the_sizes_of_their_papers() -> None:
    branches = 11 * 1_762
    edsr = {"kind": "asdn", "trunk": "edsr"}
    assert parameters(kind="asdn", trunk="vdsr", blocks=18) == 666_496 + branches
    assert parameters(**edsr) == 1_220_416 + branches
    assert parameters(kind="asdn", trunk="rdn") == 21_973_952 + branches
    large = parameters(**edsr, blocks=32, channels=256) - parameters(**edsr, blocks=0, channels=256)
    assert large == 32 * 2 * (256 * 256 * 9 + 256)


def test_fsdn_adds_deconvolutions_to_the_same_trunk() -> None:
    trunk, stage, branch = 27_665_920, 147_520, 1_762
    assert parameters(kind="fsdn", scales=(2,)) == trunk + stage + branch
    assert parameters(kind="fsdn", scales=(3,)) == trunk + 331_840 + branch
    assert parameters(kind="fsdn") == trunk + 6 * stage + 331_840 + 4 * branch


def test_fsdn_starts_from_the_trunk_of_asdn() -> None:
    with torch.device("meta"):
        ours, theirs = (build({"kind": kind}).state_dict() for kind in ("fsdn", "asdn"))
    shared = {name for name in ours if name.startswith("trunk.")}
    assert shared == {name for name in theirs if name.startswith("trunk.")}
    assert all(ours[name].shape == theirs[name].shape for name in shared)


@pytest.mark.parametrize(
    ("r", "level", "share"),
    [(1.1, 1, 0.0), (1.05, 1, 0.5), (1.25, 3, 0.5), (1.37, 4, 0.3), (2.0, 10, 0.0), (1.01, 1, 0.9)],
)
def test_a_scale_lies_between_two_levels(r: float, level: int, share: float) -> None:
    assert level_of(r) == (level, pytest.approx(share))


def test_every_level_is_met_exactly_in_floating_point() -> None:
    assert [level_of(1 + 0.1 * k) for k in range(1, 11)] == [(k, 0.0) for k in range(1, 11)]
    assert [level_of((10 + k) / 10) for k in range(1, 11)] == [(k, 0.0) for k in range(1, 11)]


@pytest.fixture(scope="module")
def small() -> ASDN:
    torch.manual_seed(0)
    network = ASDN(ASDNConfig(blocks=1, channels=6, layers=2)).eval()
    with torch.no_grad():
        network.levels.restore.bias.add_(0.1 * torch.randn(33))
    return network


def residual_of_level(network: ASDN, x: torch.Tensor, level: int) -> torch.Tensor:
    """One image reconstruction branch as the paper draws it, alone."""
    irb, one = network.levels, slice(level, level + 1)
    rgb, six = slice(3 * level, 3 * level + 3), slice(6 * level, 6 * level + 6)
    conv = torch.nn.functional.conv2d
    t = conv(network.trunk(x), irb.restore.weight[rgb], irb.restore.bias[rgb], padding=1)
    mask = conv(t, irb.mask1.weight[six], irb.mask1.bias[six]).relu()
    return t * conv(mask, irb.mask2.weight[one], irb.mask2.bias[one]).sigmoid()


@torch.no_grad()
def test_at_a_level_only_that_branch_counts(small: ASDN) -> None:
    x = torch.rand(1, 3, 9, 8)
    for level in (1, 4, 10):
        expected = residual_of_level(small, x, level)
        torch.testing.assert_close(small.residual(x, 1 + level / 10), expected)


@torch.no_grad()
def test_between_levels_the_two_next_to_it_are_mixed(small: ASDN) -> None:
    x = torch.rand(1, 3, 9, 8)
    low, high = (residual_of_level(small, x, level) for level in (3, 4))
    torch.testing.assert_close(small.residual(x, 1.37), 0.7 * high + 0.3 * low)


@torch.no_grad()
def test_towards_scale_one_the_picture_itself_remains(small: ASDN) -> None:
    x = torch.rand(1, 3, 9, 8)
    first = residual_of_level(small, x, 1)
    torch.testing.assert_close(small.residual(x, 1.02), 0.2 * first)
    same = Axis.whole(9, 9), Axis.whole(8, 8)
    torch.testing.assert_close(small(x, *same)[0], x[0].permute(1, 2, 0))


@pytest.mark.parametrize(
    ("n_in", "n_out", "sizes"),
    [
        (10, 15, [10, 15]),
        (10, 20, [10, 20]),
        (10, 21, [10, 20, 21]),
        (10, 30, [10, 20, 30]),
        (10, 40, [10, 20, 40]),
        (10, 75, [10, 20, 40, 75]),
        (3, 96, [3, 6, 12, 24, 48, 96]),
    ],
)
def test_large_ratios_come_first_and_the_size_is_exact(
    n_in: int, n_out: int, sizes: list[int]
) -> None:
    axis = Axis.whole(n_in, n_out)
    count = count_stages(axis, axis)
    plan = stages(axis, count, context=4)
    assert [stage.n_in for stage in plan] == sizes[:-1]
    assert [stage.n_out for stage in plan] == sizes[1:]
    assert all((stage.out0, stage.out1) == (0, stage.n_out) for stage in plan)


def test_the_axis_that_grows_less_waits_at_its_size() -> None:
    rows, cols = Axis.whole(10, 15), Axis.whole(10, 60)
    count = count_stages(rows, cols)
    assert count == 3
    assert [stage.n_out for stage in stages(rows, count, 4)] == [15, 15, 15]
    assert [stage.n_out for stage in stages(cols, count, 4)] == [20, 40, 60]


def test_a_tile_makes_no_more_of_a_stage_than_the_next_can_use() -> None:
    axis = Axis.tile(1000, 4000, 2000, 2100, halo=50)
    first, last = stages(axis, 2, context=8)
    assert (last.out0, last.out1) == (2000 - 8, 2100 + 8)
    assert (last.in0, last.in1) == (994, 1056)  # bicubic's taps around that
    assert (first.out0, first.out1) == (994 - 8, 1056 + 8)
    assert first.in0 >= axis.in0
    assert first.in1 <= axis.in1


def test_a_tile_with_a_narrow_halo_uses_all_of_it() -> None:
    axis = Axis.tile(1000, 4000, 2000, 2100, halo=3)
    first, last = stages(axis, 2, context=100)
    assert (first.in0, first.in1) == (axis.in0, axis.in1)
    assert (first.out0, first.out1) == (2 * axis.in0, 2 * axis.in1)
    assert (last.out0, last.out1) == (4 * axis.in0, 4 * axis.in1)


@torch.no_grad()
def test_recursion_is_the_network_deployed_again_and_again(small: ASDN) -> None:
    x = torch.rand(1, 3, 8, 6)
    whole = small(x, Axis.whole(8, 60), Axis.whole(6, 45))
    for before, after in (((8, 6), (16, 12)), ((16, 12), (32, 24)), ((32, 24), (60, 45))):
        rows, cols = map(Axis.whole, before, after)
        x = small(x, rows, cols).permute(0, 3, 1, 2)
    torch.testing.assert_close(whole[0], x[0].permute(1, 2, 0))


@torch.no_grad()
def test_channel_attention_averages_the_picture_in_training_and_the_past_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention, "MOMENTUM", 1.0)  # the past is the last picture
    torch.manual_seed(0)
    network = ASDN(ASDNConfig(blocks=1, channels=6, layers=2))
    axis, x, other = Axis.whole(8, 12), torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    trained = network(x, axis, axis)
    torch.testing.assert_close(network.eval()(x, axis, axis), trained)
    network.train()(other, axis, axis)
    assert not torch.allclose(network.eval()(x, axis, axis), trained)


@torch.no_grad()
def test_fsdn_at_a_scale_between_is_the_next_larger_one_reduced() -> None:
    torch.manual_seed(0)
    network = build({"kind": "fsdn", "blocks": 1, "channels": 6, "layers": 1}).eval()
    x, rows, cols = torch.rand(1, 3, 8, 6), Axis.whole(8, 20), Axis.whole(6, 15)
    tripled = network(x, Axis.whole(8, 24), Axis.whole(6, 18))[0]
    down, across = Axis.whole(24, 20).bicubic(), Axis.whole(18, 15).bicubic()
    expected = torch.einsum("yh,hwc,xw->yxc", torch.tensor(down), tripled, torch.tensor(across))
    torch.testing.assert_close(network(x, rows, cols)[0], expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_least_halo_still_gives_a_picture(small: ASDN) -> None:
    for network in (small, build({"kind": "fsdn", "blocks": 1, "channels": 6, "layers": 1})):
        for n_out in (21, 40, 90, 310):
            axis = Axis.tile(20, n_out, n_out // 2, n_out // 2 + 3, halo=1)
            crop = torch.rand(1, 3, axis.in1 - axis.in0, axis.in1 - axis.in0)
            result = network(crop, axis, axis)
            assert result.shape == (1, 3, 3, 3)
            assert torch.isfinite(result).all()
