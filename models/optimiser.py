"""Muon: momentum whose update is orthogonalised, for the convolutions of the blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """Return about U V^T of each (.., m, n) matrix U S V^T, by a quintic Newton-Schulz iteration.

    The coefficients push every singular value into about [0.7, 1.2] (Jordan et al., 2024).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (torch.linalg.matrix_norm(matrix, keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, each update orthogonalised over (out, in * k * k).

    Weights of one shape, as blocks have, are orthogonalised together.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    alike[p.shape].append(p)
            for same in alike.values():
                updates = [self._nesterov(p, group["momentum"]).flatten(1).float() for p in same]
                for p, update in zip(same, orthogonalise(torch.stack(updates)), strict=True):
                    p.add_(update.view_as(p), alpha=-group["lr"])
        return None

    def _nesterov(self, p: Any, decay: float) -> Tensor:
        """Follow the gradient with the momentum, and return the gradient led on by it."""
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        momentum = state["momentum"].lerp_(p.grad, 1 - decay)
        return p.grad.lerp(momentum, decay)
