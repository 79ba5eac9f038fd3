"""The dialog that exports figures, as its user meets it."""

import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QDialog

from cnnviz.engine import Engine
from cnnviz.figures.recipe import read_recipe
from cnnviz.figures.scene import Picture, Text
from cnnviz.requests import OpenModel
from ui.figures.areas import rect_of, words_of
from ui.figures.opening import dialog_for
from ui.theme import apply_theme

SVG = "{http://www.w3.org/2000/svg}"
PATIENCE = 30_000


@pytest.fixture(scope="module")
def opened():
    return Engine().handle(OpenModel("lenet5_modern"))


@pytest.fixture
def dialog(opened, qtbot, qapp):
    """The dialog for LeNet-5, of which no picture was run."""
    apply_theme(qapp, "light")
    shown = dialog_for(opened, None)
    shown.show()
    _wait_for(shown, qtbot)
    yield shown
    shown.close()


def _wait_for(dialog, qtbot) -> None:
    qtbot.waitUntil(lambda: dialog.settled and dialog.figure is not None, timeout=PATIENCE)


def _words(dialog) -> set[str]:
    return {mark.words for mark in dialog.figure.marks if isinstance(mark, Text)}


def _settle(dialog, qtbot) -> None:
    qtbot.waitUntil(lambda: dialog.settled, timeout=PATIENCE)


def _on_screen(dialog, rect) -> QPoint:
    return dialog.preview.sheet._on_screen(rect).center().toPoint()


def test_the_command_opens_it_and_feature_maps_come_when_asked_for(workbench, qtbot) -> None:
    assert workbench.window.actions_by_id["figure"].isEnabled()
    dialog = workbench.commands.figure_dialog()
    dialog.show()
    _wait_for(dialog, qtbot)
    assert "LeNet-5" in dialog.windowTitle()
    assert dialog.export.isEnabled()
    assert not any(isinstance(mark, Picture) for mark in dialog.figure.marks)
    dialog.settings.content["thumbnails"].setChecked(True)

    def pictured() -> bool:
        marks = dialog.figure.marks if dialog.figure is not None else ()
        return any(isinstance(mark, Picture) for mark in marks)

    qtbot.waitUntil(pictured, timeout=PATIENCE)
    dialog.close()


def test_every_setting_changes_the_figure(dialog, qtbot) -> None:
    before = dialog.figure
    for name, value in (("style", "table"), ("page", "slide"), ("theme", "dark")):
        box = dialog.settings.choices[name]
        box.setCurrentIndex(box.findData(value))
        _settle(dialog, qtbot)
        assert getattr(dialog.options, name) == value
        assert dialog.figure is not before
        before = dialog.figure
    dialog.settings.content["title"].setChecked(False)
    _settle(dialog, qtbot)
    assert not any("LeNet" in word and len(word) < 20 for word in _words(dialog))


def test_a_page_brings_its_own_margin_and_size_of_letters(dialog) -> None:
    dialog.settings.letters.setValue(11)
    assert dialog.options.font_size == 11
    page = dialog.settings.choices["page"]
    page.setCurrentIndex(page.findData("poster"))
    assert dialog.options.font_size is None
    assert dialog.settings.letters.value() == 24


def test_a_label_is_changed_by_double_click_and_restored(dialog, qtbot) -> None:
    sheet = dialog.preview.sheet
    area = next(area for area in sheet.areas if area.label == "title")
    place = _on_screen(dialog, area.rect)
    qtbot.mouseDClick(sheet, Qt.MouseButton.LeftButton, pos=place)
    assert sheet.editor.isVisible()
    assert sheet.editor.text() == words_of(sheet.areas, "title")
    sheet.editor.clear()
    qtbot.keyClicks(sheet.editor, "My net & yours")
    qtbot.keyClick(sheet.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "My net & yours" in _words(dialog), timeout=PATIENCE)
    assert dialog.isVisible(), "Return is the editor's own"
    assert dict(dialog.options.labels) == {"title": "My net & yours"}
    dialog.settings.relabel.click()
    qtbot.waitUntil(lambda: "My net & yours" not in _words(dialog), timeout=PATIENCE)


def test_escape_leaves_a_label_as_it_was_and_the_dialog_open(dialog, qtbot) -> None:
    sheet = dialog.preview.sheet
    sheet.edit("title")
    qtbot.keyClicks(sheet.editor, "no")
    qtbot.keyClick(sheet.editor, Qt.Key.Key_Escape)
    assert not sheet.editor.isVisible()
    assert dialog.isVisible()
    assert not dialog.options.labels


def test_a_part_is_hidden_highlighted_and_shown_again(dialog, qtbot) -> None:
    part = next(area.part for area in dialog.preview.sheet.areas if area.part)
    menu = dialog.menu_for(part, None)
    actions = {action.text(): action for action in menu.actions()}
    actions["Highlight"].trigger()
    assert dialog.options.highlighted == {part}
    actions["Hide"].trigger()
    assert dialog.options.hidden == {part}
    _settle(dialog, qtbot)
    assert rect_of(dialog.preview.sheet.areas, part).isEmpty()
    assert dialog.settings.unhide.isVisible()
    dialog.settings.unhide.click()
    _settle(dialog, qtbot)
    assert not rect_of(dialog.preview.sheet.areas, part).isEmpty()


def test_everything_can_be_done_by_keyboard(dialog, qtbot) -> None:
    sheet = dialog.preview.sheet
    sheet.setFocus()
    qtbot.keyClick(sheet, Qt.Key.Key_Down)
    first = sheet.current
    qtbot.keyClick(sheet, Qt.Key.Key_Down)
    assert sheet.current not in (None, first)
    qtbot.keyClick(sheet, Qt.Key.Key_Up)
    assert sheet.current == first
    qtbot.keyClick(sheet, Qt.Key.Key_Space)
    assert dialog.options.highlighted == {first}
    _settle(dialog, qtbot)
    assert sheet.current == first
    qtbot.keyClick(sheet, Qt.Key.Key_H)
    assert dialog.options.hidden == {first}
    _settle(dialog, qtbot)
    assert sheet.current is None


def test_a_click_finds_the_part_under_it(dialog, qtbot) -> None:
    sheet = dialog.preview.sheet
    area = next(a for a in sheet.areas if a.part and a.words)
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=_on_screen(dialog, area.rect))
    assert sheet.current == area.part


def test_a_figure_that_cannot_be_is_said_and_not_exported(dialog, qtbot) -> None:
    dialog.settings.margin.setValue(100)
    qtbot.waitUntil(lambda: not dialog.export.isEnabled(), timeout=PATIENCE)
    assert "leaves no room" in dialog.notes.text()
    dialog.settings.margin.setValue(10)
    qtbot.waitUntil(dialog.export.isEnabled, timeout=PATIENCE)


def test_it_writes_files_and_keeps_recipes(dialog, qtbot, tmp_path) -> None:
    dialog.settings.change(style="compact", labels={"title": "Ours"})
    path, recipe = tmp_path / "a.svg", tmp_path / "a.json"
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.write(path)
    texts = {element.text for element in ElementTree.parse(path).getroot().iter(f"{SVG}text")}
    _settle(dialog, qtbot)
    assert texts == _words(dialog)
    assert "Ours" in texts
    dialog.save_recipe(recipe)
    assert read_recipe(recipe) == dialog.options
    dialog.settings.change(style="graph", labels={})
    dialog.open_recipe(recipe)
    assert dialog.options.style == "compact"
    assert dialog.settings.choices["style"].currentData() == "compact"
    recipe.write_text('{"colour": 1}')
    dialog.open_recipe(recipe)
    assert "'colour'" in dialog.notes.text()
    assert dialog.options.style == "compact"


def test_a_file_that_cannot_be_written_is_said(dialog, qtbot, tmp_path) -> None:
    dialog.write(tmp_path / "a.jpg")
    assert "ends with '.jpg'" in dialog.notes.text()
    dialog.write(tmp_path / "none" / "a.svg")
    qtbot.waitUntil(lambda: "cannot be written" in dialog.notes.text(), timeout=PATIENCE)
    assert dialog.export.isEnabled()


def test_writing_can_be_cancelled_and_leaves_the_old_file(dialog, qtbot, tmp_path) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")
    dialog.dpi.setValue(2400)
    dialog.write(path)
    qtbot.waitUntil(dialog.cancel.isVisible, timeout=PATIENCE)
    dialog.cancel.click()
    assert dialog.notes.text() == "Cancelled."
    dialog.close_lane()  # waits for the thread
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_copy_gives_svg_and_pixels(dialog, qtbot) -> None:
    QApplication.clipboard().clear()
    dialog.copy.click()
    qtbot.waitUntil(lambda: "Copied" in dialog.notes.text(), timeout=PATIENCE)
    data = QApplication.clipboard().mimeData()
    root = ElementTree.fromstring(bytes(data.data("image/svg+xml").data()))
    assert {element.text for element in root.iter(f"{SVG}text")} == _words(dialog)
    image = QImage(data.imageData())
    assert image.width() > 1000
    QApplication.clipboard().clear()


def test_the_preview_zooms_and_fits(dialog, qtbot) -> None:
    preview = dialog.preview
    width = preview.sheet.width()
    preview.zoom_in()
    assert preview.sheet.width() > width
    _settle(dialog, qtbot)
    preview.fit()
    assert preview.sheet.width() == width


def test_the_window_stays_alive_while_a_large_figure_is_drawn(dialog, qtbot) -> None:
    gaps, last = [], [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer(interval=5)
    timer.timeout.connect(tick)
    timer.start()
    dialog.settings.change(page="poster", detail="operation")
    _settle(dialog, qtbot)
    timer.stop()
    assert len(gaps) > 3
    assert sorted(gaps)[len(gaps) // 2] < 0.05


def test_the_menu_at_a_place_is_of_what_is_there(dialog, qtbot) -> None:
    sheet = dialog.preview.sheet
    area = next(a for a in sheet.areas if a.part and a.label)
    asked = []
    dialog.preview.menu_wanted.disconnect()
    dialog.preview.menu_wanted.connect(lambda *told: asked.append(told))
    place = _on_screen(dialog, area.rect)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, sheet.mapToGlobal(place))
    QApplication.sendEvent(sheet, event)
    part, label, _ = asked[0]
    assert part == area.part
    assert label is not None
    assert sheet._on_page(QPointF(place)).x() > 0


def test_a_view_of_the_window_is_a_figure_too(workbench, qtbot, tmp_path) -> None:
    workbench.tabs.setCurrentWidget(workbench.pages.lineage)
    qtbot.waitUntil(workbench.pages.lineage.view.isVisible)
    dialog = workbench.commands.figure_dialog()
    dialog.show()
    _wait_for(dialog, qtbot)
    titles = [dialog.subjects.itemText(i) for i in range(dialog.subjects.count())]
    assert titles == ["The architecture", "The lineage"]
    dialog.subjects.setCurrentIndex(1)
    _settle(dialog, qtbot)
    size = workbench.pages.lineage.view.size()
    assert dialog.figure.width == pytest.approx(size.width() * 0.75)
    assert not dialog.settings.isEnabled()
    paths = [tmp_path / f"lineage{ending}" for ending in (".svg", ".pdf", ".png")]
    for path in paths:
        dialog.write(path)
        assert dialog.notes.text() == f"Wrote {path}."
    words = {element.text for element in ElementTree.parse(paths[0]).getroot().iter(f"{SVG}text")}
    assert {"LeNet", "AlexNet", "2012"} <= {(word or "").strip() for word in words}
    assert paths[1].read_bytes().startswith(b"%PDF")
    with Image.open(paths[2]) as pixels:
        wanted = size.width() * 300 / 96, size.height() * 300 / 96
        assert pixels.size == pytest.approx(wanted, abs=1)
        assert pixels.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    dialog.write(tmp_path / "lineage.tex")
    assert "a view of the window is written as .svg, .pdf, .png" in dialog.notes.text()
    dialog.subjects.setCurrentIndex(0)
    _settle(dialog, qtbot)
    assert dialog.settings.isEnabled()
    assert any("LeNet-5" in word for word in _words(dialog))
    dialog.close()


def test_what_a_style_draws_of_its_own_is_no_part_to_hide(dialog, qtbot) -> None:
    blocks = dialog.settings.choices["block"]
    dialog.settings.change(style="module", block=blocks.itemData(blocks.count() - 1))
    _settle(dialog, qtbot)
    known = {part.key for part in dialog._studio.subject({}).outline.root.walk()}
    drawn = {mark.part for mark in dialog.figure.marks if mark.part is not None}
    offered = {area.part for area in dialog.preview.sheet.areas if area.part is not None}
    assert drawn - known, "the layer before the module"
    assert offered == drawn & known


def test_the_command_of_the_menu_opens_the_dialog(workbench, qtbot, monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "ui.figures.opening", raising=False)
    workbench.window.actions_by_id["figure"].trigger()

    def shown() -> list[QDialog]:
        found = workbench.window.findChildren(QDialog)
        return [each for each in found if each.windowTitle().startswith("Export figure")]

    qtbot.waitUntil(lambda: bool(shown()), timeout=PATIENCE)
    (dialog,) = shown()
    assert dialog.isVisible()
    _wait_for(dialog, qtbot)
    dialog.close()
