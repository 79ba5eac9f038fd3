import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox

from cnnviz.requests import OpenModel


def dialog_of(bench):
    made = bench.commands.variant_dialog(bench.controller.opened)
    made.open()
    return made


@pytest.fixture
def dialog(workbench):
    workbench.commands.open_model("mobilenet")
    return dialog_of(workbench)


def checked(qtbot, dialog):
    """Until the engine has said what the fields would give."""
    qtbot.waitUntil(lambda: dialog.settled)
    return dialog.verdict.text()


def test_the_fields_start_with_what_is_open(qtbot, dialog):
    assert dialog.windowTitle() == "Variant of MobileNet"
    assert (dialog.height_field.value(), dialog.width_field.value()) == (224, 224)
    assert dialog.classes_field.value() == 1000
    assert dialog.request() == OpenModel("mobilenet")
    assert "4,253,864 parameters" in checked(qtbot, dialog)
    assert "Trained weights fit" in dialog.verdict.text()


def test_a_variant_is_previewed_and_opened(qtbot, workbench, dialog):
    dialog.height_field.setValue(64)
    dialog.width_field.setValue(96)
    dialog.classes_field.setValue(10)
    width = dialog.choices["width"]
    width.setCurrentIndex(width.findData(0.25))
    assert not dialog.open_button.isEnabled()
    text = checked(qtbot, dialog)
    # keras.applications.MobileNet(alpha=0.25, classes=1000) has 475,544 parameters, and a class is
    # 256 weights and a bias.
    assert f"{475_544 - 990 * 257:,} parameters" in text
    assert "It answers with 10" in text
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    controller = workbench.controller
    assert controller.opened.request == OpenModel(
        "mobilenet", (64, 96, 3), 10, variant=(("width", 0.25),)
    )
    assert controller.run.weights.kind == "random"
    assert len(controller.run.predictions) == 10
    title = "MobileNet (64×96×3, 10 classes, width 0.25)"
    assert workbench.window.windowTitle() == f"{title} - cnnviz"
    assert title in workbench.window.top_bar.model.toolTip()
    title = workbench.inspector.origin.title
    qtbot.waitUntil(lambda: "64×96×3, 10 classes, width 0.25" in title.text())
    # It starts again with these values, and the library leads back to the paper's.
    again = dialog_of(workbench)
    assert again.request() == controller.opened.request
    again.reject()
    workbench.commands.open_model("mobilenet")
    assert controller.opened.request == OpenModel("mobilenet")


def test_a_size_too_small_says_which_layer_breaks(qtbot, dialog):
    dialog.height_field.setValue(20)
    dialog.width_field.setValue(20)
    text = checked(qtbot, dialog)
    assert "conv_dw" in text
    assert "31x31" in text
    assert not dialog.open_button.isEnabled()
    dialog.height_field.setValue(31)
    dialog.width_field.setValue(31)
    checked(qtbot, dialog)
    assert dialog.open_button.isEnabled()


def test_without_the_top_there_are_no_classes(qtbot, workbench, dialog):
    dialog.classes_field.setValue(7)
    dialog.choices["include_top"].setChecked(False)
    assert not dialog.classes_field.isEnabled()
    assert "7 × 7 × 1,024" in checked(qtbot, dialog)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    assert workbench.controller.opened.graph.output_shape == (7, 7, 1024)
    assert workbench.controller.opened.title == "MobileNet (without top)"
    assert workbench.controller.run.predictions is None


def test_back_to_the_paper(qtbot, dialog):
    dialog.height_field.setValue(96)
    dialog.classes_field.setValue(3)
    reset = dialog.buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert dialog.request() == OpenModel("mobilenet")


def test_a_building_block_has_only_a_size(qtbot, workbench):
    workbench.commands.open_model("block_residual_basic")
    dialog = dialog_of(workbench)
    assert not dialog.classes_field.isVisible()
    assert not dialog.choices
    dialog.height_field.setValue(30)
    checked(qtbot, dialog)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    assert workbench.controller.opened.graph.input_shape == (30, 56, 64)


def test_a_file_has_no_variants(workbench, small_model):
    assert workbench.window.actions_by_id["variant"].isEnabled()
    workbench.commands.open_model(str(small_model))
    assert not workbench.window.actions_by_id["variant"].isEnabled()


def test_the_key_opens_it(qtbot, workbench):
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(workbench.window, Qt.Key.Key_V, keys)
    from ui.variant_dialog import VariantDialog

    [dialog] = workbench.window.findChildren(VariantDialog)
    assert dialog.isVisible()
    dialog.reject()
