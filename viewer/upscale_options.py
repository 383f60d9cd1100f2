"""How pictures are to be enlarged: the form that the dialogs for one and many have in common."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from models import spec
from viewer.actions import plain
from viewer.core.enlarge import MAX_SCALE, Fit, Scale
from viewer.core.export import FORMATS
from viewer.core.presets import DEFAULT, Recipe, recipe, shipped
from viewer.language import told, tr

#: Sides of a result are asked for up to this many pixels.
MOST_PX = 200_000
_ENDLESS = 1 << 40
INCH_CM = 2.54


class UpscaleOptions(QWidget):
    """Size, network, format and quality. Signals: changed(), whatever it was."""

    changed = Signal()

    def __init__(self, parent: QWidget, *, many: bool) -> None:
        """With `many`, each picture may keep its format, and sizes are those it has to fit in."""
        super().__init__(parent)
        self._many = many
        self._picture: tuple[int, int] | None = None
        self._by_height = False
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._add_size()
        self._add_network()
        self._add_format()

    # -- What is chosen --------------------------------------------------------------------------

    @property
    def wanted_size(self) -> Scale | Fit:
        """The size of the result."""
        match self.way.currentData():
            case "scale":
                return Scale(self.scale.value())
            case "pixels":
                return self._fit(self.width_px.value(), self.height_px.value())
            case _:
                per_unit = self.dpi.value() / self.unit.currentData()
                sides = (self.print_width, self.print_height)
                width, height = (max(1, round(side.value() * per_unit)) for side in sides)
                return self._fit(width, height)

    @property
    def recipe(self) -> Recipe:
        """The network, and its subnet. Raises `ModelError` if its files are damaged."""
        preset, model = self.network.currentData()
        chosen = recipe(preset, model)
        subnet = self.subnet.currentData()
        return chosen if subnet is None else chosen.only(subnet)

    @property
    def suffix(self) -> str:
        """The suffix of the format, or "" for that of each picture."""
        return self.format.currentData()

    @property
    def quality_percent(self) -> int | None:
        """The quality of a lossy format; None where there is none to choose."""
        return self.quality.value() if self.quality.isEnabled() else None

    @property
    def dots_per_inch(self) -> float | None:
        """The resolution to note in the file, if the size is one on paper."""
        return float(self.dpi.value()) if self.way.currentData() == "print" else None

    def add_row(self, label: str, field: QWidget, *more: QWidget) -> None:
        """Add a row below the others; `field` is what its label is about."""
        row = field if not more else _row(field, *more, stretch=False)
        title = QLabel(label, self)
        title.setBuddy(field)
        field.setAccessibleName(plain(label).rstrip(":"))  # no sibling of its label if in a row
        self._form.addRow(title, row)

    def _fit(self, width: int, height: int) -> Fit:
        """Return the size of both sides; of one picture the side chosen last, to the pixel."""
        if self._picture is None:
            return Fit(width, height)
        return Fit(_ENDLESS, height) if self._by_height else Fit(width, _ENDLESS)

    def set_picture(self, size: tuple[int, int] | None) -> None:
        """Keep width and height in the proportions of that picture."""
        self._picture = size
        if size is not None:
            with _quiet(self):
                self.width_px.setValue(2 * size[0])
                self._follow(self.width_px, self.height_px, 0)
                self._follow_print_width()
        self.changed.emit()

    def set_preset(self, name: str, model: str | None) -> None:
        """Begin with the network in use, if it is one that can be chosen."""
        by_preset = {preset.name: preset.model for preset in shipped()}
        wanted = (name, None) if model and by_preset.get(name) == model else (DEFAULT, model)
        for index in range(self.network.count()):
            if self.network.itemData(index) == wanted:
                self.network.setCurrentIndex(index)

    # -- Rows ------------------------------------------------------------------------------------

    def _add_size(self) -> None:
        self.way = QComboBox(self)
        self.way.addItem(tr("By a factor"), "scale")
        self.way.addItem(tr("To fit in pixels") if self._many else tr("To pixels"), "pixels")
        self.way.addItem(tr("For printing"), "print")
        self.pages = QStackedWidget(self)
        for page in (self._scale_page(), self._pixel_page(), self._print_page()):
            self.pages.addWidget(page)
        self.way.currentIndexChanged.connect(self._on_way)
        self._form.addRow(tr("&Enlarge:"), self.way)
        self._form.addRow("", self.pages)

    def _scale_page(self) -> QWidget:
        self.scale = _decimal(1.0, MAX_SCALE, 2.0, tr("Factor"), decimals=2)
        self.scale.setPrefix("× ")
        self.scale.valueChanged.connect(self.changed)
        return _row(self.scale)

    def _pixel_page(self) -> QWidget:
        self.width_px = _whole(1, MOST_PX, 3840, tr("Width in pixels"))
        self.height_px = _whole(1, MOST_PX, 2160, tr("Height in pixels"))
        self.width_px.valueChanged.connect(lambda: self._follow(self.width_px, self.height_px, 0))
        self.height_px.valueChanged.connect(lambda: self._follow(self.height_px, self.width_px, 1))
        return _row(self.width_px, QLabel("×"), self.height_px, QLabel(tr("pixels")))

    def _print_page(self) -> QWidget:
        self.print_width = _decimal(0.1, 2000, 30, tr("Width of the print"), decimals=1)
        self.print_height = _decimal(0.1, 2000, 20, tr("Height of the print"), decimals=1)
        self.unit = QComboBox()
        self.unit.setAccessibleName(tr("Unit"))
        self.unit.addItem(tr("cm"), INCH_CM)
        self.unit.addItem(tr("inches"), 1.0)
        self.dpi = _whole(30, 2400, 300, tr("Dots per inch"))
        self.dpi.setSuffix(tr(" dpi"))
        self.print_width.valueChanged.connect(self._follow_print_width)
        self.print_height.valueChanged.connect(self._follow_print_height)
        for changed in (self.unit.currentIndexChanged, self.dpi.valueChanged):
            changed.connect(self.changed)
        sides = (self.print_width, QLabel("×"), self.print_height)
        return _row(*sides, self.unit, self.dpi)

    def _add_network(self) -> None:
        self.network = QComboBox(self)
        for preset in shipped():
            if preset.model is not None:
                title = tr("{preset} ({model})").format(
                    preset=told(preset.title), model=preset.model
                )
                self.network.addItem(title, (preset.name, None))
        for model in spec.available():
            if not model.photo:
                self.network.addItem(model.title, (DEFAULT, model.name))
        self.subnet = QComboBox(self)
        self.network.currentIndexChanged.connect(self._on_network)
        self.subnet.currentIndexChanged.connect(self.changed)
        self._form.addRow(tr("&Network:"), self.network)
        self._form.addRow(tr("&Subnet:"), self.subnet)
        self.all_turns = QCheckBox(tr("Finest resu&lt, in eight times the time"), self)
        self.all_turns.setToolTip(
            tr("The mean of what the network makes of the picture in all eight turns")
        )
        self.all_turns.toggled.connect(self.changed)
        self._form.addRow("", self.all_turns)
        self._on_network()

    def _add_format(self) -> None:
        self.format = QComboBox(self)
        if self._many:
            self.format.addItem(tr("As each picture"), "")
        for suffix, kind in FORMATS.items():
            if suffix not in (".jpeg", ".tiff"):
                self.format.addItem(kind.name, suffix)
        self.quality = _whole(1, 100, 95, tr("Quality"))
        self.format.currentIndexChanged.connect(self._on_format)
        self.quality.valueChanged.connect(self.changed)
        self._form.addRow(tr("&Format:"), self.format)
        self._form.addRow(tr("&Quality:"), self.quality)
        self._on_format()

    # -- What follows ----------------------------------------------------------------------------

    @Slot()
    def _on_way(self) -> None:
        self.pages.setCurrentIndex(self.way.currentIndex())
        self.changed.emit()

    @Slot()
    def _on_network(self) -> None:
        preset, model = self.network.currentData()
        with _quiet(self.subnet):
            self.subnet.clear()
            self.subnet.addItem(tr("By the scale"), None)
            try:
                for width in recipe(preset, model).subnets:
                    self.subnet.addItem(told(f"{width:g}"), width)
            except spec.ModelError:
                pass  # the summary will say so
        self.subnet.setEnabled(self.subnet.count() > 2)
        self.changed.emit()

    @Slot()
    def _on_format(self) -> None:
        kind = FORMATS.get(self.suffix)
        lossy = kind is None or "quality" in kind.settings
        self.quality.setEnabled(lossy)
        with _quiet(self.quality):
            self.quality.setValue(kind.settings["quality"] if kind and lossy else 95)
        self.changed.emit()

    def _follow(self, changed: QSpinBox, other: QSpinBox, side: int) -> None:
        self._by_height = bool(side)
        if self._picture is not None:
            ratio = self._picture[1 - side] / self._picture[side]
            with _quiet(other):
                other.setValue(max(1, round(changed.value() * ratio)))
        self.changed.emit()

    @Slot()
    def _follow_print_width(self) -> None:
        self._by_height = False
        if self._picture is not None:
            with _quiet(self.print_height):
                self.print_height.setValue(
                    self.print_width.value() * self._picture[1] / self._picture[0]
                )
        self.changed.emit()

    @Slot()
    def _follow_print_height(self) -> None:
        self._by_height = True
        if self._picture is not None:
            with _quiet(self.print_width):
                self.print_width.setValue(
                    self.print_height.value() * self._picture[0] / self._picture[1]
                )
        self.changed.emit()


class _quiet:  # noqa: N801 - used as a verb
    """Lets a widget say nothing for a while."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget

    def __enter__(self) -> None:
        self._before = self._widget.blockSignals(True)

    def __exit__(self, *_: object) -> None:
        self._widget.blockSignals(self._before)


def _row(*widgets: QWidget, stretch: bool = True) -> QWidget:
    page = QWidget()
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    if stretch:
        row.addStretch(1)
    return page


def _whole(low: int, high: int, value: int, name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setAccessibleName(name)
    return box


def _decimal(low: float, high: float, value: float, name: str, decimals: int) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setSingleStep(0.5)
    box.setValue(value)
    box.setAccessibleName(name)
    return box
