"""How much of the machine Anyzoom may use: a pure policy, fed with samples of what others use.

It tightens at once and loosens after a calm spell: fewer threads first, because threads that wait
for a core stall every small step of a network; then a smaller subnet; short of memory a smaller
cache, and at last a pause. Knows neither Qt nor where samples come from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from viewer.core.chunks import PASS_SECONDS
from viewer.core.words import mark

#: How long others must leave room before more is used again, and the longest that this may grow to
#: when using more proved wrong within that very time.
CALM_SECONDS, LONGEST_CALM_SECONDS = 3.0, 24.0

#: Cores by which others must stay below what tightened the limits before these loosen.
MARGIN = 0.25

#: Own work of so many cores on a machine with less than this idle hides what others would like.
WORKING, SPARE = 0.1, 0.2

SMALL_SUBNET, MIDDLE_SUBNET = 0.5, 0.7
LOW_BATTERY_PERCENT = 20.0

#: Below these, or a share of all memory on a small machine, memory is short, or all but gone.
SHORT_BYTES, GONE_BYTES = 512 << 20, 192 << 20
SHORT_SHARE, GONE_SHARE = 0.1, 0.04
SHORT_CACHE_BYTES = 128 << 20
SWAPPING_BYTES = 4 << 20
GPU_SHORT_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class ResourceSample:
    """What was measured at `time` (monotonic seconds), loads over the half second before.

    `others` and `own` count busy cores, `memory_free` what can be had without swapping, `swapped`
    bytes per second to and from disk. `battery` is in percent. `gpu_others` is the share of the
    GPU that others use, `gpu_free` its free bytes; None where that is unknown or not used.
    """

    time: float
    cores: int
    others: float
    own: float
    memory_free: int
    memory_total: int
    swapped: float = 0.0
    on_battery: bool = False
    battery: float = 100.0
    gpu_others: float | None = None
    gpu_free: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What Anyzoom may use at most; `reason` is a short phrase for the user, if it is not all."""

    threads: int
    subnet_cap: float
    pass_seconds: float
    cache_cap_bytes: int
    paused: bool = False
    reason: str = ""

    @classmethod
    def none(cls, threads: int, cache_cap_bytes: int) -> Limits:
        """Return the limits of a machine that nobody else uses."""
        return cls(max(1, threads), 1.0, PASS_SECONDS, cache_cap_bytes)

    @property
    def pictures_bytes(self) -> int:
        """What decoded pictures in hand may take of the cache."""
        return self.cache_cap_bytes // 2

    @property
    def tiles_bytes(self) -> int:
        """What tiles may take of it."""
        return self.cache_cap_bytes - self.pictures_bytes


@dataclass(frozen=True, slots=True)
class Budget:
    """The state of the policy: the `limits` now, of the `full` ones that there are at best.

    `recent` holds what the samples since the last tightening would have allowed, and when.
    """

    full: Limits
    limits: Limits
    recent: tuple[tuple[float, Limits], ...] = ()
    loosened: float = float("-inf")
    patience: float = CALM_SECONDS

    @classmethod
    def of(cls, full: Limits) -> Budget:
        """Begin without any limitation."""
        return cls(full, full)


def step(state: Budget, sample: ResourceSample) -> Budget:
    """Return the state after one more sample."""
    need, cause = _allowed(state, sample, margin=0.0)
    if _tightest(state.limits, need) != state.limits:
        return _tightened(state, need, sample.time, cause)
    room = state.limits if _hidden(sample) else _allowed(state, sample, margin=MARGIN)[0]
    start = sample.time - state.patience
    recent = (*state.recent, (sample.time, room))
    while len(recent) > 1 and recent[1][0] <= start:
        recent = recent[1:]
    state = replace(state, recent=recent)
    if recent[0][0] > start:
        return state
    return _loosened(state, sample.time, cause)


def _tightened(state: Budget, need: Limits, time: float, cause: str) -> Budget:
    limits = _tightest(state.limits, need)
    # Loosening proved wrong at once: a load that comes and goes is waited out.
    hasty = time - state.loosened < CALM_SECONDS
    return replace(
        state,
        limits=replace(limits, reason=_reason(cause, limits, state.full)),
        recent=(),
        patience=min(2 * state.patience, LONGEST_CALM_SECONDS) if hasty else CALM_SECONDS,
    )


def _loosened(state: Budget, time: float, cause: str) -> Budget:
    limits = _loosest(state.limits, reduce(_tightest, (room for _, room in state.recent)))
    if limits == state.limits:
        return state
    cause = cause or state.limits.reason.partition(":")[0]
    limits = replace(limits, reason=_reason(cause, limits, state.full))
    return replace(state, limits=limits, loosened=time)


def _hidden(sample: ResourceSample) -> bool:
    """Tell whether our own work may hold others back, so that nobody knows what they would use."""
    return sample.own > WORKING and sample.cores - sample.others - sample.own < SPARE


def _allowed(state: Budget, sample: ResourceSample, margin: float) -> tuple[Limits, str]:
    """Return what a sample alone allows, with some `margin`, and what stands in the way of more."""
    found, why = state.full, ""
    # The last that takes something away gives the reason: memory matters more than power.
    for cause, limits in (
        (mark("on battery"), _on_battery(state.full, sample)),
        (mark("busy"), _beside_others(state, sample, margin)),
        (mark("GPU busy"), _on_gpu(state.full, sample, margin)),
        (mark("short of memory"), _in_memory(state.full, sample, margin)),
    ):
        if _tightest(found, limits) != found:
            found, why = _tightest(found, limits), cause
    return found, why


def _beside_others(state: Budget, sample: ResourceSample, margin: float) -> Limits:
    demand = sample.others
    if _hidden(sample):
        # Everybody who wants a core gets the same share of one: ours tells what others asked for.
        share = min(1.0, sample.own / state.limits.threads)
        demand = min(sample.others / share, float(sample.cores))
    left = sample.cores - demand - margin
    threads = max(1, min(state.full.threads, int(left + 0.5)))
    cap = SMALL_SUBNET if left < 0.4 else state.full.subnet_cap
    return replace(state.full, threads=threads, subnet_cap=min(cap, state.full.subnet_cap))


def _on_battery(full: Limits, sample: ResourceSample) -> Limits:
    if not sample.on_battery:
        return full
    if sample.battery < LOW_BATTERY_PERCENT:
        return replace(full, threads=1, subnet_cap=min(SMALL_SUBNET, full.subnet_cap))
    threads = (full.threads + 1) // 2
    return replace(full, threads=threads, subnet_cap=min(MIDDLE_SUBNET, full.subnet_cap))


def _on_gpu(full: Limits, sample: ResourceSample, margin: float) -> Limits:
    taken = sample.gpu_others is not None and sample.gpu_others + margin > 0.5 + MARGIN
    short = sample.gpu_free is not None and sample.gpu_free < GPU_SHORT_BYTES * (1 + 4 * margin)
    found = full
    if taken or short:
        found = replace(found, subnet_cap=min(SMALL_SUBNET, full.subnet_cap))
    return replace(found, pass_seconds=full.pass_seconds / 4) if short else found


def _in_memory(full: Limits, sample: ResourceSample, margin: float) -> Limits:
    # Room for the cache to grow again, or it would be short at once.
    growth = full.cache_cap_bytes if margin else 0
    free, total = sample.memory_free - growth, sample.memory_total
    short = free < min(SHORT_BYTES, total * SHORT_SHARE)
    gone = sample.memory_free < min(GONE_BYTES, total * GONE_SHARE) * (1 + 4 * margin)
    if not short and not gone:
        return full
    cache = min(SHORT_CACHE_BYTES, full.cache_cap_bytes)
    paused = gone or sample.swapped > SWAPPING_BYTES
    return replace(full, pass_seconds=full.pass_seconds / 2, cache_cap_bytes=cache, paused=paused)


def _tightest(a: Limits, b: Limits) -> Limits:
    return replace(
        a,
        threads=min(a.threads, b.threads),
        subnet_cap=min(a.subnet_cap, b.subnet_cap),
        pass_seconds=min(a.pass_seconds, b.pass_seconds),
        cache_cap_bytes=min(a.cache_cap_bytes, b.cache_cap_bytes),
        paused=a.paused or b.paused,
    )


def _loosest(a: Limits, b: Limits) -> Limits:
    return replace(
        a,
        threads=max(a.threads, b.threads),
        subnet_cap=max(a.subnet_cap, b.subnet_cap),
        pass_seconds=max(a.pass_seconds, b.pass_seconds),
        cache_cap_bytes=max(a.cache_cap_bytes, b.cache_cap_bytes),
        paused=a.paused and b.paused,
    )


def _reason(cause: str, limits: Limits, full: Limits) -> str:
    """Say in a phrase what is held back, and why."""
    if limits.paused:
        return mark(f"{cause}: paused")
    if limits.subnet_cap < full.subnet_cap:
        return mark(f"{cause}: subnet {limits.subnet_cap:g}")
    if limits.threads < full.threads:
        if limits.threads == 1:
            return mark(f"{cause}: 1 thread")
        return mark(f"{cause}: {limits.threads} threads")
    if replace(limits, reason="") != replace(full, reason=""):
        return mark(f"{cause}: smaller cache")
    return ""
