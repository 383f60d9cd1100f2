"""What ships with Anyzoom besides code: photos, icons and the networks' weights."""

from importlib import resources
from pathlib import Path

FOLDER = Path(str(resources.files(__name__)))

#: Opened when no path is given.
PHOTO = FOLDER / "photos" / "raccoon.png"
ICON = FOLDER / "icons" / "anyzoom.svg"
WEIGHTS = FOLDER / "weights"
