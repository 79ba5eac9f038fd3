from collections import Counter

from PySide6.QtGui import QKeySequence

from ui.actions import COMMANDS, MENUS
from ui.theme import ICONS


def test_no_two_commands_share_an_id_or_a_key():
    assert max(Counter(command.id for command in COMMANDS).values()) == 1
    keys = Counter(key for command in COMMANDS for key in command.shortcuts)
    assert max(keys.values()) == 1


def test_every_row_is_complete():
    for command in COMMANDS:
        assert command.menu in MENUS
        assert command.text
        assert command.tip
        for key in command.shortcuts:
            assert not QKeySequence(key).isEmpty(), key
        if command.icon:
            assert (ICONS / f"{command.icon}.svg").is_file()


def test_every_icon_takes_the_ink_of_the_theme():
    for file in ICONS.glob("*.svg"):
        assert "currentColor" in file.read_text(), file.name
