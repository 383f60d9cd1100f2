"""The eight turns of a batch: each can be undone, and takes windows along."""

import pytest
import torch

from models.axis import Axis
from models.networks import build
from models.turns import TURNS, mean_answer

NETWORK = {"blocks": 1, "channels": 8, "hidden": 8}


def test_the_eight_turns_differ_and_can_be_undone() -> None:
    pictures = torch.arange(2 * 3 * 5).reshape(2, 3, 5, 1)
    turned = [turn.of(pictures) for turn in TURNS]
    assert len({(tuple(t.shape), tuple(t.flatten().tolist())) for t in turned}) == 8
    for turn in TURNS:
        assert torch.equal(turn.undone(turn.of(pictures)), pictures)
    assert torch.equal(TURNS[0].of(pictures), pictures)


def test_a_window_is_taken_along() -> None:
    """A network of interpolation alone sees all turns alike, so every answer is the window's."""
    torch.manual_seed(1)
    network = build(NETWORK).eval()
    for parameter in network.parameters():
        parameter.data.zero_()
    x = torch.rand(2, 3, 7, 9)
    rows, cols = Axis(7, 17, 3, 11, 0, 7), Axis(9, 20, 0, 13, 0, 9)
    with torch.no_grad():
        plain = network(x, rows, cols)
    for turn in TURNS:
        torch.testing.assert_close(mean_answer(network, x, rows, cols, [turn]), plain)


def test_the_mean_of_all_turns_is_the_same_for_each_of_them() -> None:
    torch.manual_seed(1)
    network = build(NETWORK).eval()
    x = torch.rand(1, 3, 8, 8)
    axis = Axis.whole(8, 19)
    once = mean_answer(network, x, axis, axis, TURNS)
    assert not torch.allclose(once, network(x, axis, axis), atol=1e-4)
    for turn in TURNS[1:]:
        turned = turn.of(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        torch.testing.assert_close(
            turn.undone(mean_answer(network, turned, axis, axis, TURNS)), once, rtol=0, atol=1e-5
        )


@pytest.mark.parametrize("turn", TURNS)
def test_turned_axes_keep_their_scale(turn) -> None:
    rows, cols = Axis.whole(7, 17), Axis.whole(9, 20)
    new_rows, new_cols = turn.axes(rows, cols)
    scales = [new_rows.scale, new_cols.scale]
    assert (scales[::-1] if turn.exchanged else scales) == [rows.scale, cols.scale]
