import logging

import pytest
from PySide6.QtCore import QByteArray

from ui.settings import DEVICE, GEOMETRY, GROUPING, MODEL, OPTIONS, SPEED, THEME, Settings


def test_values_survive_a_restart(tmp_path):
    file = tmp_path / "folder of settings" / "settings.ini"
    first = Settings(file)
    first.set(THEME, "dark")
    first.set(SPEED, 4.0)
    first.set(GEOMETRY, QByteArray(b"\x00\x01\xff"))
    first.set(MODEL, "/home/someone/模型 1.keras")
    first.save()

    second = Settings(file)
    assert second.get(THEME) == "dark"
    assert second.get(SPEED) == 4.0
    assert second.get(GEOMETRY) == QByteArray(b"\x00\x01\xff")
    assert second.get(MODEL) == "/home/someone/模型 1.keras"


def test_a_new_user_gets_defaults(tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    for option in OPTIONS:
        assert settings.get(option) == option.default


@pytest.mark.parametrize(
    ("option", "line"),
    [
        (THEME, "theme=purple"),
        (SPEED, "[playback]\nspeed=fast"),
        (SPEED, "[playback]\nspeed=1000"),
        (SPEED, "[playback]\nspeed=nan"),
        (SPEED, "[playback]\nspeed=3"),
        (GROUPING, "[library]\ngrouping=@Invalid()"),
        (GEOMETRY, "[window]\ngeometry=12"),
        (DEVICE, "device=1, 2"),
    ],
)
def test_a_bad_value_is_logged_and_falls_back(tmp_path, caplog, option, line):
    file = tmp_path / "settings.ini"
    file.write_text(line if line.startswith("[") else f"[General]\n{line}\n")
    with caplog.at_level(logging.WARNING):
        assert Settings(file).get(option) == option.default
    if "@Invalid" not in line:
        assert str(file) in caplog.text
        assert option.key in caplog.text


def test_a_folder_that_cannot_be_written_is_only_logged(tmp_path, caplog):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    settings = Settings(blocked / "settings.ini")
    settings.set(THEME, "dark")
    with caplog.at_level(logging.WARNING):
        settings.save()
    assert "could not be written" in caplog.text
