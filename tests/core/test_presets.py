"""Presets name models that exist, and enlarge with the subnet of the scale."""

import shutil

import pytest

from models.spec import ModelError, find, folder
from viewer.core.presets import PRESETS, label, recipe, shipped
from viewer.core.pyramid import level_of
from viewer.core.tiles import PIXELS, Quality


def test_every_preset_offered_has_its_weights():
    assert "off" in [preset.name for preset in shipped()]
    for preset in shipped():
        if preset.model is not None:
            assert find(preset.model).weights.exists()


def test_names_are_unique():
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize(("zoom", "subnet"), [(1.2, 0.5), (2.0, 0.7), (3.0, 0.9), (9.0, 1.0)])
def test_the_subnet_follows_the_scale(zoom, subnet):
    assert recipe("balanced").quality_at(level_of(zoom)) == Quality("compact", subnet)


def test_off_interpolates_at_every_scale():
    assert recipe("off").quality_at(level_of(9.0)) == PIXELS


def test_a_model_may_replace_that_of_the_preset():
    assert recipe("off", "compact").quality_at(level_of(2.0)).model == "compact"


@pytest.mark.parametrize(("preset", "model"), [("nonsense", None), ("balanced", "nonsense")])
def test_an_unknown_name_is_told_with_the_known_ones(preset, model):
    with pytest.raises(ModelError, match=r"nonsense.*Choose one of: .*(compact|balanced)"):
        recipe(preset, model)


@pytest.mark.parametrize(("cap", "subnet"), [(1.0, 1.0), (0.95, 0.9), (0.5, 0.5), (0.1, 0.5)])
def test_a_cap_lowers_the_subnet_to_the_next_one_there_is(cap, subnet):
    assert recipe("balanced").quality_at(level_of(9.0), cap).subnet == subnet


def test_a_cap_never_raises_the_subnet():
    assert recipe("balanced").quality_at(level_of(1.2), 0.9).subnet == 0.5


@pytest.mark.parametrize(
    ("treat_as", "lossy", "model"),
    [
        ("auto", True, "compact-photo"),
        ("auto", False, "compact"),
        ("photo", False, "compact-photo"),
        ("clean", True, "compact"),
    ],
)
def test_lossy_pictures_get_weights_for_photos_unless_told_otherwise(treat_as, lossy, model):
    chosen = recipe("balanced", treat_as=treat_as)
    assert chosen.suited(lossy=lossy).quality_at(level_of(2.0)) == Quality(model, 0.7)


def test_a_model_that_is_named_is_the_one_that_is_taken():
    assert recipe("balanced", "compact").suited(lossy=True).preset.model == "compact"
    named = recipe("balanced", "compact", "photo")
    assert named.suited(lossy=True).preset.model == "compact-photo"


def test_a_model_without_weights_for_photos_makes_do_with_the_clean_ones(monkeypatch, tmp_path):
    shutil.copy(folder() / "compact.json", tmp_path)
    monkeypatch.setattr("models.spec.folder", lambda: tmp_path)
    assert recipe("balanced", treat_as="photo").suited(lossy=True).preset.model == "compact"
    assert recipe("off").suited(lossy=True).preset.model is None


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset.model])
def test_every_preset_that_runs_a_network_has_weights_for_photos_of_the_same(preset):
    chosen = recipe(preset.name)
    clean, lossy = (chosen.suited(lossy=lossy) for lossy in (False, True))
    assert clean.preset.model == preset.model
    assert lossy.preset.model == f"{preset.model}-photo"
    assert find(f"{preset.model}-photo").config == find(preset.model).config


def test_the_badge_tells_weights_for_photos_from_clean_ones():
    assert label("compact-photo") == "compact, photo"
    assert label("compact") == "compact"
