import pytest
from PySide6.QtCore import QPoint, Qt

from cnnviz.film import Film, Frame
from ui.panels.film_view import FilmView

CHAIN = Film(tuple(Frame(f"node{i}", "operation", (f"node{i}",), i) for i in range(40)))
BRANCHES = Film(
    (
        Frame("in", "operation", ("in",), 0, 0),
        Frame("a", "operation", ("a",), 1, 0, (0,)),
        Frame("b", "operation", ("b",), 1, 1, (0,)),
        Frame("c", "operation", ("c",), 1, 2, (0,)),
        Frame("join", "operation", ("join",), 2, 0, (1, 2, 3)),
    )
)


@pytest.fixture
def view(qtbot):
    view = FilmView()
    qtbot.addWidget(view)
    view.resize(900, 130)
    view.show()
    view.show_film(CHAIN)
    view.moves = []
    view.moved.connect(view.moves.append)
    view.moved.connect(view.set_current)
    return view


def test_walking_brings_every_frame_into_sight(view):
    for i in (*range(40), *reversed(range(40))):
        view.set_current(i)
        assert view.viewport().rect().contains(view.frame_rect(i).toAlignedRect())


def test_every_frame_is_hit_by_a_click_upon_it(view, qtbot):
    for i in range(40):
        view.set_current(i)
        centre = view.frame_rect(i).center().toPoint()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert view.moves == list(range(40))


def test_parallel_frames_are_hit_by_lane(view, qtbot):
    view.show_film(BRANCHES)
    for i in range(5):
        centre = view.frame_rect(i).center().toPoint()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert view.moves == list(range(5))
    a, b, c = (view.frame_rect(i) for i in (1, 2, 3))
    assert a.left() == b.left() == c.left()
    assert a.bottom() < b.top() < b.bottom() < c.top()


def test_keys_step_and_stop_at_both_ends(view, qtbot):
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Left, keys.Key_End, keys.Key_Right,
                keys.Key_Home, keys.Key_Left):  # fmt: skip
        qtbot.keyClick(view, key)
    assert view.moves == [0, 1, 0, 39, 39, 0, 0]


def test_a_double_click_and_return_look_into_a_frame(view, qtbot):
    opened = []
    view.opened.connect(opened.append)
    centre = view.frame_rect(2).center().toPoint()
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    view.set_current(5)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened == [2, 5]


def test_without_frames_nothing_happens(qtbot):
    view = FilmView()
    qtbot.addWidget(view)
    view.resize(500, 100)
    view.moved.connect(lambda _: pytest.fail("moved"))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    view.grab()


@pytest.mark.parametrize("height", [40, 70, 130, 400])
def test_it_draws_at_any_height(view, height):
    for film in (CHAIN, BRANCHES):
        view.show_film(film)
        view.resize(300, height)
        view.set_current(len(film.frames) - 1)
        view.grab()


def test_parallel_lanes_get_room_and_give_it_back(make_workbench, qtbot, small_model):
    bench = make_workbench()
    bench.start(None, None)
    before = bench.film.height()
    bench.commands.open_model(str(small_model))
    bench.film.detail.setCurrentIndex(bench.film.detail.findData("operation"))
    assert bench.film.film.lanes == 2
    qtbot.waitUntil(lambda: bench.film.view.lack <= 0)
    assert bench.film.height() > before
    assert bench.film.view.verticalScrollBar().maximum() == 0, "no lane is cut"
    bench.commands.open_model("lenet5_modern")
    qtbot.waitUntil(lambda: bench.film.height() == before)
