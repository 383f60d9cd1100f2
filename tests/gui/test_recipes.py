"""Which network refines what, as chosen in the menus, by the file, and at the last start."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import noise
from PIL import Image

from models import spec
from viewer.app import App
from viewer.settings import Settings

Start = Callable[..., App]


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    Image.fromarray(noise(300, 200)).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


def shown(app: App) -> str | None:
    """The model by which the picture on screen is refined."""
    assert app.scheduler.plan is not None
    return app.scheduler.plan.quality.model


def test_a_jpeg_is_refined_by_weights_for_photos_and_the_badge_says_so(start, jpeg):
    app = start(jpeg, zoom=2.0)
    assert shown(app) == "compact-photo"
    assert app.window.badge.text().startswith("compact, photo  ×2.00")


def test_a_png_is_refined_by_clean_weights(start, photo):
    app = start(photo, zoom=2.0)
    assert shown(app) == "compact"
    assert app.window.badge.text().startswith("compact  ×2.00")


def test_the_user_may_decide_what_pictures_are_treated_as(start, jpeg, settle):
    app = start(jpeg, zoom=2.0)
    for choice, model in (("clean", "compact"), ("photo", "compact-photo"), ("clean", "compact")):
        app.window.registry[f"treat_as.{choice}"].trigger()
        settle(app)
        assert shown(app) == model
    assert Settings().get("treat_as") == "clean"
    again = start(jpeg, zoom=2.0)
    assert shown(again) == "compact"
    assert again.window.registry["treat_as.clean"].isChecked()
    assert shown(start(jpeg, zoom=2.0, treat_as="auto")) == "compact-photo"


def test_every_network_that_ships_can_be_chosen_by_its_title(start, photo, settle):
    app = start(photo, zoom=2.0)
    registry = app.window.registry
    assert [registry[f"model.{m.name}"].text() for m in spec.available()] == [
        m.title for m in spec.available()
    ]
    registry["model.tiny"].trigger()
    settle(app)
    assert shown(app) == "tiny"
    assert registry["model.tiny"].isChecked()
    assert not registry["preset.balanced"].isChecked()
    again = start(photo, zoom=2.0)
    assert shown(again) == "tiny"
    assert again.window.registry["model.tiny"].isChecked()
    again.window.registry["preset.balanced"].trigger()
    settle(again)
    assert shown(again) == "compact"
    assert Settings().get("model") == ""


def test_a_model_that_is_no_more_counts_as_not_chosen(start, photo):
    Settings().set("model", "of-old")
    assert shown(start(photo, zoom=2.0)) == "compact"


def test_a_preset_whose_weights_are_gone_is_told_and_the_old_one_stays(
    start, photo, monkeypatch, tmp_path
):
    app = start(photo, zoom=2.0)
    shutil.copy(spec.folder() / "compact.json", tmp_path)
    monkeypatch.setattr("models.spec.folder", lambda: tmp_path)
    app.window.registry["preset.fast"].trigger()
    assert "tiny" in app.window.messages.text
    assert shown(app) == "compact"
    assert app.window.registry["preset.balanced"].isChecked()
