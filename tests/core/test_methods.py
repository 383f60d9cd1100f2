"""A method is a word; each becomes a recipe, or a sentence that says what there is."""

import pytest

from models.spec import ModelError, find
from viewer.core.methods import FILTERS, methods_of, recipe_by
from viewer.core.presets import recipe
from viewer.core.pyramid import GRID
from viewer.core.tiles import PIXELS, Filter, Quality

BALANCED = recipe("balanced")


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_interpolates_above_one_to_one_and_changes_nothing_below(name):
    made = recipe_by(name, BALANCED)
    assert made.quality_at(2 * GRID) == Quality(None, 0.0, Filter(name))
    assert made.quality_at(GRID) == made.quality_at(GRID // 2) == PIXELS


def test_the_preset_is_the_one_in_use():
    assert recipe_by("preset", BALANCED) == BALANCED


def test_a_model_takes_the_subnet_by_the_scale_or_the_one_that_is_named():
    assert recipe_by("compact", BALANCED).quality_at(2 * GRID).subnet == 0.7
    assert recipe_by("compact:0.5", BALANCED).quality_at(2 * GRID).subnet == 0.5
    assert recipe_by("compact:1.0", BALANCED).quality_at(2 * GRID).subnet == 1.0
    assert recipe_by("tiny", BALANCED).halo == find("tiny").halo


def test_every_method_of_a_model_can_be_had():
    for method in methods_of(find("compact")):
        assert recipe_by(method, BALANCED).preset.model == "compact"


@pytest.mark.parametrize("method", ["", "cubic", "compact:0.6", "compact:much", ":1"])
def test_what_there_is_not_is_told_in_a_sentence(method):
    with pytest.raises(ModelError, match=r"Choose one of: .*\.$"):
        recipe_by(method, BALANCED)
