"""What is told of a picture reads as people say it, and a hostile block of EXIF does no harm."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import noise, picture
from PIL import ExifTags, Image, ImageCms

from viewer.core.decoder import Decoder
from viewer.core.embedded import LONGEST_TEXT, NAMES, PRIVATE, facts_in
from viewer.core.facts import facts_of
from viewer.core.histogram import heights, histogram
from viewer.core.source import open_picture
from viewer.core.stamp import Stamp
from viewer.core.turn import RIGHT, turned

TAG, GPS = ExifTags.Base, ExifTags.GPS
STAMP = Stamp(Path("/photos/a.jpg"), 1_700_000_000_000_000_000, 3_456_789)


def exif(**detail) -> bytes:
    block = Image.Exif()
    block[TAG.Make], block[TAG.Model] = "Canon", "Canon EOS R5"
    ifd = block.get_ifd(ExifTags.IFD.Exif)
    ifd.update({TAG[name]: value for name, value in detail.items()})
    place = block.get_ifd(ExifTags.IFD.GPSInfo)
    place[GPS.GPSLatitude], place[GPS.GPSLatitudeRef] = (48.0, 8.0, 13.2), "N"
    place[GPS.GPSLongitude], place[GPS.GPSLongitudeRef] = (11.0, 34.0, 31.8), "E"
    return block.tobytes()


def told(block: bytes | None) -> dict[str, str]:
    facts = facts_of(replace(picture(noise(6, 4)), facts=facts_in(block, None)), STAMP)
    return {fact.name: fact.value for fact in facts}


@pytest.mark.parametrize("year", [-1e6, 1e6])
def test_a_time_that_no_calendar_knows_is_not_told(year):
    """Some disks hold any number; after a clock has jumped, or by somebody's will."""
    stamp = STAMP._replace(modified_ns=int(year * 365 * 86_400 * 1e9))
    names = {fact.name for fact in facts_of(picture(noise(6, 4)), stamp)}
    assert "modified" not in names
    assert "bytes" in names


def test_camera_and_exposure_read_as_people_say_them():
    facts = told(
        exif(
            ExposureTime=0.004,
            FNumber=2.8,
            ISOSpeedRatings=400,
            FocalLength=50.0,
            FocalLengthIn35mmFilm=75,
            LensModel="RF50mm\x00",
            DateTimeOriginal="2024:05:01 12:30:59",
        )
    )
    assert facts["camera"] == "Canon EOS R5"
    assert facts["exposure"] == "1/250 s, f/2.8, ISO 400"
    assert facts["focal_length"] == "50 mm (≙ 75 mm)"
    assert facts["lens"] == "RF50mm"
    assert facts["taken"] == "2024-05-01 12:30"
    assert facts["position"] == "48.13700° N, 11.57550° E"


@pytest.mark.parametrize(
    ("stored", "read"),
    [("Bär am Fluß, ©", "Bär am Fluß, ©"), ("B\xe4r".encode("latin-1"), "Bär"), ("\x00 ", None)],
)
def test_a_description_is_told_in_the_letters_it_was_written_in(stored, read):
    block = Image.Exif()
    block[TAG.Make] = "Canon"
    block[TAG.ImageDescription] = stored.encode() if isinstance(stored, str) else stored
    assert told(block.tobytes()).get("description") == read


def test_all_that_is_told_comes_through_the_process_that_reads(tmp_path):
    block = Image.Exif()
    for tag in (TAG.ImageDescription, TAG.Model, TAG.Software, TAG.Artist, TAG.Copyright):
        block[tag] = tag.name
    block[ExifTags.IFD.Exif] = {
        TAG.ExposureTime: 0.004,
        TAG.FocalLength: 50.0,
        TAG.LensModel: "RF50mm",
        TAG.DateTimeOriginal: "2024:05:01 12:30:59",
    }
    block[ExifTags.IFD.GPSInfo] = {GPS.GPSLatitude: (48.0, 8.0, 13.2), GPS.GPSAltitude: 500.0}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "told.jpg"
    Image.fromarray(noise(6, 4)).save(path, exif=block, icc_profile=profile)
    with Decoder() as decoder:
        told = decoder.open(path).facts
    assert told == open_picture(path).facts
    assert {fact.name for fact in told} == set(NAMES) - {"range"}  # which HDR has


def test_the_place_is_private():
    facts = facts_of(replace(picture(noise(6, 4)), facts=facts_in(exif(), None)), STAMP)
    assert [fact.name for fact in facts if fact.group == PRIVATE] == ["position"]


def test_a_picture_without_exif_has_size_and_file():
    facts = told(None)
    assert facts["size"] == "6 × 4  (0.0 MP)"
    assert facts["bytes"] == "3.46 MB"
    assert facts["name"] == "a.jpg"
    assert facts["profile"] == "sRGB"


def test_the_size_is_that_of_the_file_however_it_is_turned():
    facts = facts_of(turned(picture(noise(6, 4)), RIGHT), STAMP)
    assert facts[0].value.startswith("6 × 4")


@pytest.mark.parametrize("block", [b"", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", exif()[:40]])
def test_damaged_exif_leaves_the_rest(block):
    assert told(block)["name"] == "a.jpg"


def test_nonsense_in_a_field_leaves_the_others():
    assert told(exif(ExposureTime=0.0, LensModel="x"))["lens"] == "x"


def test_the_histogram_counts_every_pixel():
    pixels = noise(700, 300)
    counts = histogram(pixels)
    for channel in range(3):
        assert (counts[channel] == np.bincount(pixels[..., channel].ravel(), minlength=256)).all()


def test_a_clipped_sky_does_not_flatten_the_rest():
    counts = np.zeros((3, 256), np.int64)
    counts[:, 255], counts[:, 100] = 10_000, 50
    assert heights(counts)[0, 100] == 1.0


def test_a_white_picture_has_a_histogram():
    counts = histogram(np.full((4, 4, 3), 255, np.uint8))
    assert heights(counts)[0, 255] == 1.0


def test_of_an_endless_text_the_beginning_is_told():
    assert told(exif(LensModel=2_000_000 * "x"))["lens"] == LONGEST_TEXT * "x"


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200])
def test_a_damaged_profile_is_only_called_one(profile):
    assert facts_in(None, profile) == (("picture", "profile", "ICC"),)
