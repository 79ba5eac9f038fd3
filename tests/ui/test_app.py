import pytest

from cnnviz.errors import UserError
from ui import app


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
