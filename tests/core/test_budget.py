"""Anyzoom gives way within a second, comes back after a calm spell, and never swings to and fro."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.budget import (
    CALM_SECONDS,
    SHORT_CACHE_BYTES,
    Budget,
    Limits,
    ResourceSample,
    step,
)

GIB = 1 << 30
PERIOD = 0.5


def sample(time: float, others: float = 0.0, own: float = 0.0, **more) -> ResourceSample:
    facts = {"cores": 2, "memory_free": 6 * GIB, "memory_total": 8 * GIB}
    return ResourceSample(time=time, others=others, own=own, **(facts | more))


def budget(threads: int = 2) -> Budget:
    return Budget.of(Limits.none(threads, GIB))


def run(samples: Iterable[ResourceSample], state: Budget | None = None) -> list[Limits]:
    """Return the limits after each sample."""
    state = state or budget(next(iter(samples := list(samples))).cores)
    limits = []
    for one in samples:
        state = step(state, one)
        limits.append(state.limits)
    return limits


def steady(seconds: float, start: float = 0.0, **facts) -> list[ResourceSample]:
    return [sample(start + i * PERIOD, **facts) for i in range(int(seconds / PERIOD))]


def amounts(limits: Limits) -> tuple[float, ...]:
    return (
        limits.threads,
        limits.subnet_cap,
        limits.pass_seconds,
        limits.cache_cap_bytes,
        not limits.paused,
    )


def moves(samples: list[ResourceSample], limits: list[Limits]) -> list[tuple[float, int]]:
    """Return when the limits moved, and where: down (-1) or up (1)."""
    found = []
    for before, after, one in zip(limits, limits[1:], samples[1:], strict=False):
        if amounts(before) != amounts(after):
            down = any(b > a for b, a in zip(amounts(before), amounts(after), strict=True))
            found.append((one.time, -1 if down else 1))
    return found


def test_a_quiet_machine_gives_all():
    assert set(run(steady(60, others=0.3))) == {budget().full}


@pytest.mark.parametrize("cores", [1, 2, 4, 8, 16])
def test_our_own_load_does_not_count(cores):
    samples = steady(60, others=0.02, own=cores - 0.02, cores=cores)
    assert set(run(samples)) == {budget(cores).full}


@pytest.mark.parametrize(
    ("others", "threads", "subnet"), [(0.4, 2, 1.0), (0.7, 1, 1.0), (1.0, 1, 1.0), (2.0, 1, 0.5)]
)
def test_threads_go_before_the_subnet(others, threads, subnet):
    limits = run([sample(0, others=others)])[0]
    assert (limits.threads, limits.subnet_cap) == (threads, subnet)


def test_the_reason_says_what_is_held_back_and_why():
    assert run([sample(0, others=2.0)])[0].reason == "busy: subnet 0.5"
    assert run([sample(0, others=1.0)])[0].reason == "busy: 1 thread"
    assert run([sample(0, others=3.0, cores=8)])[0].reason == "busy: 5 threads"
    assert run([sample(0, on_battery=True)])[0].reason == "on battery: subnet 0.7"
    assert run([sample(0, memory_free=0)])[0].reason == "short of memory: paused"
    assert run([sample(0, memory_free=400 << 20)])[0].reason == "short of memory: smaller cache"
    assert run([sample(0)])[0].reason == ""


def test_a_load_is_answered_by_the_first_sample_and_left_after_three_calm_seconds():
    samples = [*steady(5), *steady(10, 5, others=2.0), *steady(10, 15)]
    limits = run(samples)
    assert moves(samples, limits) == [(5.0, -1), (15.0 + CALM_SECONDS, 1)]
    assert limits[-1] == budget().full


def test_while_we_work_the_demand_of_others_is_told_from_the_share_they_get():
    # Two busy programs beside our two threads: each of the four gets half a core.
    assert run([sample(0, others=1.0, own=1.0)])[0].threads == 1
    # And beside our one thread, two thirds each.
    limits = run([sample(0, others=1.0, own=1.0), sample(0.5, others=1.33, own=0.67)])
    assert limits[-1].subnet_cap == 0.5


def test_a_steady_load_does_not_make_it_swing_whether_we_work_or_rest():
    state, history = budget(), []
    samples = []
    for i in range(240):
        threads = state.limits.threads
        working = (i // 14) % 2 == 0
        own = 2 * threads / (threads + 2) if working else 0.0
        samples.append(sample(i * PERIOD, others=2.0 - own, own=own))
        state = step(state, samples[-1])
        history.append(state.limits)
    assert all(direction < 0 for _, direction in moves(samples, history))


@pytest.mark.parametrize("level", [0.45, 0.5, 0.55, 1.0, 1.45, 1.6, 1.65, 2.0])
def test_sixty_seconds_of_a_steady_noisy_load_do_not_make_it_swing(level):
    noise = [0.07, -0.08, 0.02, 0.1, -0.04, -0.1, 0.0, 0.05]
    samples = [sample(i * PERIOD, others=level + noise[i * 5 % 8]) for i in range(120)]
    assert len({direction for _, direction in moves(samples, run(samples))}) <= 1


#: Cores used by others, twice a second, recorded on a machine with two while it trained a network.
TRAINING = [
    1.99, 1.98, 1.98, 1.99, 1.96, 1.99, 1.99, 1.98, 2.0, 1.98, 1.97, 2.0, 1.99, 1.99, 2.0, 1.91,
    1.94, 2.0, 1.98, 1.95, 2.0, 1.99, 1.99, 2.0, 1.99, 1.98, 1.99, 2.0, 1.99, 1.93, 1.98, 2.0,
    1.99, 1.99, 1.98, 1.97, 1.97, 1.94, 1.99, 1.98, 1.99, 1.94, 2.0, 1.97, 1.99, 2.0, 1.98, 2.0,
    1.97, 1.96, 1.98, 2.0, 2.0, 1.99, 1.99, 2.0, 1.99, 2.0, 1.96, 2.0,
]  # fmt: skip


def test_beside_a_recorded_training_run_it_goes_down_once_and_comes_back_after_it():
    samples = [sample(i * PERIOD, others=load) for i, load in enumerate(TRAINING)]
    end = len(samples) * PERIOD
    limits = run([*samples, *steady(10, end, others=0.1)])
    assert set(limits[: len(samples)]) == {limits[0]}
    assert limits[0].reason == "busy: subnet 0.5"
    assert limits[-1] == budget().full


def test_a_spike_costs_three_seconds():
    samples = [*steady(5), sample(5.0, others=2.0), *steady(10, 5.5)]
    assert [time for time, _ in moves(samples, run(samples))] == [5.0, 5.5 + CALM_SECONDS]


def test_a_load_that_comes_and_goes_is_waited_out():
    """A sawtooth just slow enough to be taken for calm each time is seen through."""
    samples = [sample(i * PERIOD, others=2.0 if i % 8 == 0 else 0.0) for i in range(480)]
    changes = moves(samples, run(samples))
    assert [time for time, _ in changes if time > 20] == []


def test_a_build_on_eight_cores_is_followed_without_flutter():
    """Synthetic: compilers on all cores with a short gap, a linker on one, compilers, calm."""
    trace = [0.1, 0.1, 2.4, 7.6, 7.9, 7.9, 7.4, 7.9, 6.1, 7.8, 7.9, 7.7, 3.2, 1.1, 1.0, 1.1, 1.0]
    trace += [1.0, 5.2, 7.8, 7.9, 7.9, 4.0, 1.0, 0.9, 0.3, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1]
    samples = [sample(float(i), others=load, cores=8) for i, load in enumerate(trace)]
    limits = run(samples)
    assert limits[4].subnet_cap == 0.5
    assert limits[11].subnet_cap == 0.5, "the short gap at 8 s does not count"
    assert limits[17].subnet_cap == 1.0, "the link step leaves room"
    assert limits[20].subnet_cap == 0.5
    assert limits[-1] == budget(8).full


def test_on_battery_it_uses_less_and_when_that_is_low_the_least():
    limits = run([sample(0, on_battery=True, cores=8), sample(1, on_battery=True, battery=12.0)])
    assert [(one.threads, one.subnet_cap) for one in limits] == [(4, 0.7), (1, 0.5)]


def test_plugging_in_brings_everything_back():
    assert run([*steady(10, on_battery=True), *steady(10, 10)])[-1] == budget().full


def test_short_of_memory_the_cache_shrinks_and_grows_only_when_there_is_room_for_it():
    state = budget()
    short = run([sample(0, memory_free=400 << 20)], state)[-1]
    assert (short.cache_cap_bytes, short.paused) == (SHORT_CACHE_BYTES, False)
    # What the cache itself set free is no reason to fill it again.
    freed = [sample(0, memory_free=400 << 20), *steady(60, 1, memory_free=(400 << 20) + GIB)]
    assert len(moves(freed, run(freed, state))) == 0
    plenty = [sample(0, memory_free=400 << 20), *steady(10, 1, memory_free=3 * GIB)]
    assert run(plenty, state)[-1] == state.full


@pytest.mark.parametrize(
    "facts", [{"memory_free": 100 << 20}, {"memory_free": 400 << 20, "swapped": 50e6}]
)
def test_with_hardly_any_memory_it_pauses_and_goes_on_by_itself(facts):
    assert run([sample(0, **facts)])[0].paused
    assert run([sample(0, **facts), *steady(10, 1, others=2.0)])[-1].paused is False


def test_swapping_with_plenty_of_free_memory_is_nothing():
    assert run(steady(10, swapped=50e6))[-1] == budget().full


def test_others_on_the_gpu_or_in_its_memory_count():
    assert run([sample(0, gpu_others=0.9, gpu_free=8 * GIB)])[0].reason == "GPU busy: subnet 0.5"
    tight = run([sample(0, gpu_others=0.0, gpu_free=100 << 20)])[0]
    assert tight.pass_seconds < budget().full.pass_seconds
    assert run([sample(0, gpu_others=0.2, gpu_free=8 * GIB)])[0] == budget().full


@given(
    st.lists(st.tuples(st.floats(0, 8), st.floats(0, 8), st.booleans()), min_size=1, max_size=80),
    st.sampled_from([0.5, 1.0]),
)
def test_whatever_happens_it_never_turns_round_twice_within_three_seconds(trace, period):
    samples = [
        sample(i * period, min(a, 8.0), min(b, 8.0 - a), cores=8, on_battery=battery)
        for i, (a, b, battery) in enumerate(trace)
    ]
    limits = run(samples)
    turns = moves(samples, limits)
    for (t0, a), (_, b), (t2, c) in zip(turns, turns[1:], turns[2:], strict=False):
        assert not (a != b and b != c and t2 - t0 < CALM_SECONDS)
    for one in limits:
        assert 1 <= one.threads <= 8
        assert 0.5 <= one.subnet_cap <= 1.0
        assert (one.reason == "") == (amounts(one) == amounts(budget(8).full))
