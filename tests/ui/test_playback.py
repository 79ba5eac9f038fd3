import pytest

from ui.playback import Playback
from ui.settings import SPEEDS

NAMES = ("input", "conv", "pool", "dense")


@pytest.fixture
def playback(qapp):
    playback = Playback(16.0)
    playback.set_names(NAMES)
    moves = []
    playback.moved.connect(moves.append)
    playback.moves = moves
    yield playback
    playback.pause()


def test_walks_from_the_start_to_the_end_and_stops(playback, qtbot):
    playback.moved.connect(lambda name: playback.set_here(name, shown=True))
    playback.play()
    qtbot.waitUntil(lambda: not playback.playing)
    assert playback.moves == list(NAMES)


def test_play_at_the_end_starts_over(playback, qtbot):
    playback.moved.connect(lambda name: playback.set_here(name, shown=True))
    playback.set_here("dense", shown=True)
    playback.play()
    assert playback.moves == ["input"]


def test_play_goes_on_from_where_the_selection_is(playback):
    playback.set_here("conv", shown=True)
    playback.play()
    assert playback.moves == ["pool"]


def test_waits_for_what_is_not_on_screen_yet(playback, qtbot):
    playback.moved.connect(lambda name: playback.set_here(name, shown=name != "conv"))
    playback.play()
    qtbot.waitUntil(lambda: playback.moves == ["input", "conv"])
    qtbot.wait(200)  # three ticks
    assert playback.moves == ["input", "conv"]
    playback.now_shown()
    assert playback.moves == ["input", "conv", "pool"]


def test_steps_stop_at_both_ends(playback):
    playback.moved.connect(lambda name: playback.set_here(name, shown=True))
    playback.step(-1)
    playback.to_end()
    playback.step(1)
    assert playback.moves == ["input", "dense", "dense"]


def test_speed_goes_through_the_table_and_stops_at_its_ends(playback):
    playback.change_speed(5)
    assert playback.speed == SPEEDS[-1]
    for _ in SPEEDS:
        playback.change_speed(-1)
    assert playback.speed == SPEEDS[0]
    playback.set_speed(3.1)
    assert playback.speed == 4.0


def test_without_a_model_nothing_happens(qapp):
    playback = Playback(1.0)
    playback.moved.connect(lambda _: pytest.fail("moved"))
    playback.play()
    playback.step(1)
    playback.to_end()
    assert not playback.playing


def test_pictures_fade_only_while_it_plays_and_not_too_fast(playback):
    assert playback.fade_ms == 0
    playback.set_speed(1)
    playback.play()
    assert playback.fade_ms == 250
    playback.set_speed(4)
    assert playback.fade_ms == 100
    playback.set_speed(16)
    assert playback.fade_ms == 0
    playback.pause()
    assert playback.fade_ms == 0
