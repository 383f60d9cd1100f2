"""A few letters find a name, and the nearest name first."""

import pytest

from viewer.core.fuzzy import score


@pytest.mark.parametrize("query", ["full", "FULL SCR", "scr ful", "fs", "fllscrn", "creen", ""])
def test_it_fits(query):
    assert score(query, "Full screen") is not None


@pytest.mark.parametrize("query", ["fullx", "full screen now", "nf"])
def test_it_does_not_fit(query):
    assert score(query, "Full screen") is None


@pytest.mark.parametrize(
    ("query", "best", "worse"),
    [("fit", "Fit", "Fit the width"), ("width", "Fit the width", "Withdraw this thing"),
     ("op", "Open", "Copy"), ("next", "Next picture", "New extra things")],
)  # fmt: skip
def test_the_nearer_name_is_better(query, best, worse):
    assert score(query, best) > (score(query, worse) or 0)
