import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from cnnviz.colormaps import COLOUR_MAPS
from cnnviz.graph import Node
from cnnviz.requests import Weights, WeightsInfo
from cnnviz.tiling import Cell
from ui.panels.filters import FilterPanel
from ui.theme import palette_of, theme

LEFT = Qt.MouseButton.LeftButton
RANDOM = WeightsInfo("random", "random, seed 0")
TRAINED = WeightsInfo("shipped", "trained on digits")


@pytest.fixture
def panel(qtbot):
    widget = FilterPanel()
    qtbot.addWidget(widget)
    widget.setPalette(palette_of(theme("light")))
    widget.resize(860, 560)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def show(panel, kind, info=TRAINED, order="rgb", **values):
    arrays = {role: np.asarray(value, np.float32) for role, value in values.items()}
    panel.set_weights(Weights("layer", arrays, info), Node("layer", kind, (), ((1,),)), order)


def pixel(view, cell):
    at = view.cell_rect(cell).center()
    ratio = view.viewport().devicePixelRatioF()
    image = view.viewport().grab().toImage()
    return image.pixel(int(at.x() * ratio), int(at.y() * ratio))


def hover(qtbot, view, cell):
    qtbot.mouseMove(view.viewport(), QPoint(0, 0))  # a mouse that is there already does not move
    qtbot.mouseMove(view.viewport(), view.cell_rect(cell).center().toPoint())


def test_empty_states_say_why(panel):
    assert "Choose a layer" in panel.message.text()
    show(panel, "MaxPooling2D")
    assert panel.message.text() == "layer (MaxPooling2D) has no weights."
    show(panel, "Custom", odd=np.zeros((1,) * 6))
    assert "has no picture" in panel.message.text()
    show(panel, "Dense", kernel=np.eye(3))
    assert not panel.message.isVisible()
    panel.set_weights(None)
    assert panel.message.isVisible()


def test_untrained_weights_are_said_loudly(panel):
    show(panel, "Dense", RANDOM, kernel=np.eye(3))
    assert panel.origin.text() == "Not trained. These weights are random, seed 0"
    assert panel.origin.font().bold()
    assert panel.origin.palette().color(panel.origin.foregroundRole()) == theme("light").warning
    show(panel, "Dense", TRAINED, kernel=np.eye(3))
    assert panel.origin.text() == "Weights: trained on digits"
    assert not panel.origin.font().bold()


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_first_filters_are_colour_pictures(panel, qtbot, order):
    kernel = np.zeros((3, 3, 3, 5))
    kernel[0, 1, 0, 2] = 1  # in filter 2: the model's first colour
    kernel[2, 2, :, 2] = -1
    show(panel, "Conv2D", order=order, kernel=kernel, bias=np.zeros(5))
    grey = 0xFF808080
    assert pixel(panel.atlas, Cell(2, 0, 1)) == (0xFFFF8080 if order == "rgb" else 0xFF8080FF)
    assert pixel(panel.atlas, Cell(2, 2, 2)) == 0xFF000000
    assert pixel(panel.atlas, Cell(2, 1, 1)) == grey
    hover(qtbot, panel.atlas, Cell(2, 0, 1))
    first = "red 1, green 0, blue 0" if order == "rgb" else "red 0, green 0, blue 1"
    assert panel.readout.text() == f"filter 2  ·  row 0, column 1  ·  {first}"


def test_deeper_kernels_share_one_scale_around_zero(panel, qtbot):
    kernel = np.zeros((3, 3, 4, 6))
    kernel[1, 2, 3, 5] = -2
    kernel[0, 0, 1, 5] = 1
    show(panel, "Conv2D", kernel=kernel)
    panel.page.setValue(5)
    rgb = COLOUR_MAPS["white"].rgb.astype(int)

    def expected(step):
        red, green, blue = rgb[step].tolist()
        return 0xFF000000 | red << 16 | green << 8 | blue

    assert pixel(panel.atlas, Cell(3, 1, 2)) == expected(0)
    assert pixel(panel.atlas, Cell(1, 0, 0)) == expected(126 + 63)
    assert pixel(panel.atlas, Cell(0, 1, 1)) == expected(126)
    assert dict(panel.bar.ticks())[0.0] == "−2"
    hover(qtbot, panel.atlas, Cell(3, 1, 2))
    assert panel.readout.text() == (
        "filter 5  ·  input channel 3  ·  row 1, column 2  ·  weight −2"
    )
    panel.scaling.setCurrentIndex(panel.scaling.findData("channel"))
    assert pixel(panel.atlas, Cell(1, 0, 0)) == expected(252)
    assert dict(panel.bar.ticks())[0.5] == "0"


def test_a_click_on_a_filter_names_its_output_channel(panel, qtbot):
    show(panel, "DepthwiseConv2D", kernel=np.random.default_rng(0).normal(size=(3, 3, 8, 1)))
    with qtbot.waitSignal(panel.channel_clicked) as clicked:
        at = panel.atlas.cell_rect(Cell(6, 1, 1)).center().toPoint()
        qtbot.mouseClick(panel.atlas.viewport(), LEFT, pos=at)
    assert clicked.args == [6]
    assert panel.detail.title.text() == "Filter 6"


def test_the_selected_channel_is_followed_in_every_view(panel, qtbot):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 4, 6))
    show(panel, "Conv2D", kernel=kernel, bias=np.arange(6))
    with qtbot.assertNotEmitted(panel.channel_clicked):
        panel.set_channel(4)
        assert panel.page.value() == 4
        panel.view.setCurrentIndex(panel.view.findText("One input channel"))
        assert panel.atlas.selection.channel == 4
        panel.variable.setCurrentIndex(panel.variable.findText("bias"))
        assert panel.bars.rows.selection == 4
        assert panel.readout.text() == "channel 4  ·  4"
        panel.set_channel(99)
        panel.set_channel(None)


def test_dense_and_1x1_are_matrices_that_can_be_read(panel, qtbot):
    matrix = np.arange(12).reshape(3, 4)
    show(panel, "Dense", kernel=matrix, bias=np.zeros(4))
    assert panel.matrix.isVisible()
    hover(qtbot, panel.matrix, Cell(0, 2, 3))
    assert panel.readout.text() == "input 2  ·  unit 3  ·  weight 11"
    assert dict(panel.matrix_bar.ticks())[1.0] == "11"
    show(panel, "Conv2D", kernel=matrix[np.newaxis, np.newaxis])
    hover(qtbot, panel.matrix, Cell(0, 1, 2))
    assert panel.readout.text() == "input channel 1  ·  filter 2  ·  weight 6"


def test_a_large_matrix_shows_single_weights_and_scrolls(panel):
    matrix = np.random.default_rng(0).normal(size=(9000, 700)).astype(np.float32)
    show(panel, "Dense", kernel=matrix)
    assert panel.matrix.tiling.tile_height >= 2 * 9000
    assert panel.matrix.verticalScrollBar().maximum() > 0
    assert panel.page.isVisible()
    panel.page.setValue(panel.page.maximum())
    QApplication.processEvents()  # the page's controls take their room first
    panel.matrix.select(Cell(0, 8999, 0))
    QApplication.processEvents()
    assert (
        panel.matrix.viewport()
        .rect()
        .contains(panel.matrix.cell_rect(Cell(0, 8999, 0)).center().toPoint())
    )


def test_biases_are_bars(panel, qtbot):
    show(panel, "BatchNormalization", gamma=np.arange(5), beta=-np.arange(5))
    assert panel.bars.isVisible()
    panel.variable.setCurrentIndex(panel.variable.findText("beta"))
    rows = panel.bars.rows
    with qtbot.waitSignal(panel.channel_clicked) as clicked:
        qtbot.mouseClick(rows.viewport(), LEFT, pos=QPoint(40, round(rows.row_height() * 3.5)))
    assert clicked.args == [3]
    assert panel.readout.text() == "channel 3  ·  −3"


def test_a_dark_palette_is_followed_at_once(panel):
    show(panel, "Conv2D", kernel=np.zeros((3, 3, 4, 6)))
    panel.setPalette(palette_of(theme("dark")))
    QApplication.processEvents()
    red, green, blue = COLOUR_MAPS["black"].rgb[126].tolist()
    assert pixel(panel.atlas, Cell(0, 1, 1)) == 0xFF000000 | red << 16 | green << 8 | blue


def test_the_row_of_choices_leaves_small_screens_their_width(panel):
    rng = np.random.default_rng(0)
    show(panel, "Conv2D", kernel=rng.normal(size=(3, 3, 3, 4)), bias=np.zeros(4))
    for row in range(panel.view.count()):
        panel.view.setCurrentIndex(row)
        assert panel.minimumSizeHint().width() <= 480, panel.view.currentText()
