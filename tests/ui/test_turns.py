"""Pieces of work, one a turn of the event loop."""

from PySide6.QtCore import QTimer

from ui.turns import Turns


def test_the_loop_turns_between_pieces(qtbot, qapp):
    seen = []
    turns = Turns(qapp)

    def piece(number):
        seen.append(number)
        QTimer.singleShot(0, lambda: seen.append(f"after {number}"))

    turns.start(lambda: piece(1), lambda: piece(2))
    assert seen == []
    assert turns.busy
    qtbot.waitUntil(lambda: len(seen) == 4)
    assert seen == [1, "after 1", 2, "after 2"]
    assert not turns.busy


def test_new_pieces_replace_those_that_are_left(qtbot, qapp):
    seen = []
    turns = Turns(qapp)
    turns.start(lambda: turns.start(lambda: seen.append("new")), lambda: seen.append("old"))
    qtbot.waitUntil(lambda: not turns.busy)
    assert seen == ["new"]
