import pytest

from cnnviz.errors import UserError
from ui import app
from ui.main_window import MainWindow
from ui.settings import Settings


def test_an_unknown_page_names_the_others(tmp_path):
    with pytest.raises(UserError, match="overview"):
        app.screenshot("overwiev", str(tmp_path / "out.png"))
    assert list(tmp_path.iterdir()) == []


def test_without_a_screen_it_says_so(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(UserError, match="no screen"):
        app.run()


def test_a_window_that_closes_at_once_is_not_filled(qtbot, tmp_path):
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    filled = []
    window.first_painted.connect(lambda: app.furnish_later(window, filled.append))
    with qtbot.waitSignal(window.first_painted):
        window.show()
    window.close()
    qtbot.wait(200)
    assert filled == []


def test_the_frame_comes_first_and_is_filled_without_being_held_up(qtbot, tmp_path):
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    filled = []
    window.first_painted.connect(lambda: app.furnish_later(window, filled.append))
    window.show()
    qtbot.waitUntil(lambda: bool(filled), timeout=20_000)
    bench = filled[0]
    assert window.docks["library"].widget() is bench.library
    window.close()
    assert bench.lane.engine_pid is None
