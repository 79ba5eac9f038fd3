"""Which weights the window offers, and files of weights that come from outside."""

import shutil

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from safetensors.numpy import save_file

from cnnviz.library import offered_weights
from models.registry import catalog
from models.timm_weights import MODULES
from models.weights import ASSETS


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    where = QPoint(window.width() // 2, window.height() // 2)
    enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, *buttons)
    QApplication.sendEvent(window, enter)
    QApplication.sendEvent(
        window, QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, *buttons)
    )


def menu(bench):
    return [a.text() for a in bench.window.top_bar.weights.menu_of_choices.actions() if a.text()]


def test_all_of_timms_networks_offer_imagenet():
    assert len(MODULES) == 8
    for name in MODULES:
        assert offered_weights(catalog()[name]) == ("imagenet", "random")


def test_the_menu_offers_a_download_and_a_file(workbench):
    workbench.commands.open_model("resnet18")
    assert menu(workbench) == ["Trained on ImageNet (downloaded once)", "Random", "Load weights…"]


def test_lenet_of_1998_comes_trained(workbench):
    workbench.commands.open_model("lenet5")
    assert workbench.controller.weights.kind == "shipped"
    assert "trained on digits" in workbench.window.top_bar.weights.text()
    assert menu(workbench)[0] == "Trained, shipped with cnnviz"


def test_weights_can_be_dropped(workbench, tmp_path):
    file = tmp_path / "mine.weights.h5"
    shutil.copy(ASSETS / "weights" / "lenet5_modern.weights.h5", file)
    drop(workbench.window, file)
    assert workbench.controller.weights.path == str(file)
    assert workbench.controller.run.weights.kind == "file"


@pytest.mark.parametrize("model", ["lenet5_modern", "resnet18"])
def test_safetensors_of_another_network_say_what_does_not_fit(workbench, tmp_path, model):
    workbench.commands.open_model(model)
    before = workbench.controller.run
    file = tmp_path / "model.safetensors"
    save_file({"conv1.weight": np.zeros((8, 3, 7, 7), "float32")}, file)
    drop(workbench.window, file)
    said = workbench.window.message_line.label.text()
    assert str(file) in said
    assert ("8 x 3 x 7 x 7" in said and "conv1_conv" in said) or "lenet5_modern needs" in said
    assert workbench.controller.run is before
