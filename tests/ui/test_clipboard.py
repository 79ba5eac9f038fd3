"""What can be pasted, through the real clipboard of the platform."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from cnnviz.errors import UserError
from cnnviz.probes import Probe
from ui.inputs.clipboard import pasted
from ui.tasks import Pixels


@pytest.fixture
def photo(tmp_path):
    file = tmp_path / "a photo.png"
    Image.fromarray(np.full((9, 7, 3), 80, np.uint8)).save(file)
    return file


def image(height=5, width=3):
    """Red, but for a see-through pixel."""
    made = QImage(width, height, QImage.Format.Format_ARGB32)
    made.fill(0xFFFF0000)
    made.setPixel(1, 2, 0x00000000)
    return made


def paste(qtbot, bench, data):
    QGuiApplication.clipboard().setMimeData(data)
    qtbot.keyClick(bench.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def mime(**parts):
    data = QMimeData()
    if "image" in parts:
        data.setImageData(parts["image"])
    if "text" in parts:
        data.setText(parts["text"])
    if "urls" in parts:
        data.setUrls(parts["urls"])
    return data


def test_a_copied_picture_is_run(workbench, qtbot):
    paste(qtbot, workbench, mime(image=image(), text="https://example.org/cat.png"))
    controller = workbench.controller
    assert isinstance(controller.image, Pixels)
    assert workbench.window.top_bar.image.text() == "Pasted picture"
    assert controller.run is not None
    rgba = controller.image.values
    assert rgba.shape == (5, 3, 4)
    assert rgba[0, 0].tolist() == [255, 0, 0, 255]
    assert rgba[2, 1, 3] == 0
    # See-through is white for the network, red is dark.
    assert controller.input_picture.max() > 150
    assert controller.input_picture.min() < 100


@pytest.mark.parametrize("form", ["url", "path", "quoted", "address"])
def test_a_copied_file_is_run(workbench, qtbot, photo, form):
    address = QUrl.fromLocalFile(str(photo))
    data = {
        "url": mime(urls=[address], image=image()),  # with its icon, as some file managers do
        "path": mime(text=f"{photo}\n"),
        "quoted": mime(text=f'"{photo}"'),
        "address": mime(text=address.toString()),
    }[form]
    paste(qtbot, workbench, data)
    assert workbench.controller.image == photo


def test_a_copied_folder_is_opened(workbench, qtbot, photo):
    paste(qtbot, workbench, mime(text=str(photo.parent)))
    qtbot.waitUntil(lambda: workbench.controller.image == photo, timeout=20_000)
    assert workbench.pictures.gallery.files == (photo,)


def test_a_probe_can_be_pasted():
    assert pasted(mime(text="probe:noise?seed=3")) == Probe("noise", seed=3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (mime(), "no picture on the clipboard"),
        (mime(text="Dear Sir or Madam"), "no picture on the clipboard"),
        (mime(text="x" * 100_000), "no picture on the clipboard"),
        (mime(text="/nul\0/x"), "no picture on the clipboard"),
        (mime(text="https://example.org/cat.png"), "from the network"),
        (mime(text="probe:zebra"), "choose from colour"),
    ],
)
def test_what_cannot_be_pasted_is_said_in_a_sentence(data, said):
    with pytest.raises(UserError, match=said):
        pasted(data)


def test_in_the_window_it_is_said_too(workbench, qtbot):
    before = workbench.controller.image
    paste(qtbot, workbench, mime(text="no picture"))
    assert "no picture on the clipboard" in workbench.window.message_line.label.text()
    assert workbench.controller.image == before


def test_text_is_pasted_into_a_field_that_has_the_keyboard(workbench, qtbot):
    before = workbench.controller.image
    QGuiApplication.clipboard().setText("conv")
    search = workbench.window.top_bar.search
    search.setFocus()
    qtbot.keyClick(search, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert search.text() == "conv"
    assert workbench.controller.image == before
