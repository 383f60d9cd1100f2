"""When memory runs out the subnet shrinks first, then the GPU is left, then nothing helps."""

from viewer.core.relief import Relief

SUBNETS = (0.5, 0.7, 0.9, 1.0)


def test_each_failure_asks_for_less_until_nothing_is_left():
    relief, subnet, seen = Relief(), 1.0, []
    while (after := relief.after(subnet, SUBNETS)) is not None:
        relief, subnet = after, after.subnet_cap
        seen.append((relief.subnet_cap, relief.on_cpu))
    assert seen == [(0.9, False), (0.7, False), (0.5, False), (0.5, True)]


def test_a_network_without_subnets_goes_to_the_processor_at_once():
    assert Relief().after(1.0, (1.0,)) == Relief(1.0, on_cpu=True)
