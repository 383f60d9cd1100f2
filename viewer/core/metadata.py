"""The EXIF block of a picture: which way up it is, and what is kept of it in a saved copy."""

from __future__ import annotations

from PIL import ExifTags, Image

_TAG = ExifTags.Base

#: In a TIFF, EXIF shares its directory with tags that describe that very file's layout; only
#: these few describe the picture.
_DESCRIPTIVE = (
    _TAG.ImageDescription,
    _TAG.Make,
    _TAG.Model,
    _TAG.Orientation,
    _TAG.XResolution,
    _TAG.YResolution,
    _TAG.ResolutionUnit,
    _TAG.Software,
    _TAG.DateTime,
    _TAG.Artist,
    _TAG.Copyright,
)

_UPRIGHT, _PER_INCH = 1, 2
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: The turns that swap width and height.
SIDEWAYS = frozenset(_TURNED[orientation] for orientation in (5, 6, 7, 8))


def upright_turn(image: Image.Image) -> Image.Transpose | None:
    """Return what turns the image upright, or None if it is (or if its EXIF is damaged)."""
    try:
        return _TURNED.get(image.getexif().get(_TAG.Orientation, _UPRIGHT))
    except Exception:  # noqa: BLE001 - parsers of hostile bytes raise anything; the pixels are fine
        return None


def exif_of(image: Image.Image) -> bytes | None:
    """Return the EXIF block of an opened image (without a TIFF's layout), or None."""
    if image.format != "TIFF":
        exif = image.info.get("exif")
        return exif if isinstance(exif, bytes) else None
    try:
        source, kept = image.getexif(), Image.Exif()
        for tag in _DESCRIPTIVE:
            if tag in source:
                kept[tag] = source[tag]
        for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            if found := source.get_ifd(directory):
                kept[directory] = found
        return kept.tobytes() if len(kept) else None
    except Exception:  # noqa: BLE001 - as above
        return None


def exif_for_copy(exif: bytes, size: tuple[int, int], dpi: float | None = None) -> bytes | None:
    """Return EXIF for an upright copy of (width, height) pixels, or None if it is damaged.

    It tells `dpi`, unless None, as the resolution.
    """
    try:
        copy = Image.Exif()
        copy.load(exif)
        if not len(copy):
            return None
        copy[_TAG.Orientation] = _UPRIGHT
        if dpi is not None:
            copy[_TAG.XResolution] = copy[_TAG.YResolution] = dpi
            copy[_TAG.ResolutionUnit] = _PER_INCH
        if ExifTags.IFD.Exif in copy:
            details = copy.get_ifd(ExifTags.IFD.Exif)
            details[_TAG.ExifImageWidth], details[_TAG.ExifImageHeight] = size
        return copy.tobytes()
    except Exception:  # noqa: BLE001 - as above
        return None
