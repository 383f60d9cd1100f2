"""What to do when memory runs out while a network runs: a smaller subnet, then the processor.

And when a GPU fails: the processor at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Relief:
    """No subnet larger than `subnet_cap`, and on the processor instead of a GPU if `on_cpu`."""

    subnet_cap: float = 1.0
    on_cpu: bool = False

    def after(self, subnet: float, subnets: Sequence[float]) -> Relief | None:
        """Return what to try when `subnet`, one of `subnets`, took too much; None: nothing helps.

        That its chunk was halved as often as makes sense is the engine's business.
        """
        smaller = [width for width in subnets if width < subnet]
        if smaller:
            return replace(self, subnet_cap=max(smaller))
        return None if self.on_cpu else replace(self, on_cpu=True)

    def without_gpu(self) -> Relief | None:
        """Return what to try when the GPU failed; None: there was none to blame."""
        return None if self.on_cpu else replace(self, on_cpu=True)
