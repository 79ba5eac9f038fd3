"""Opening the window: the frame first, everything heavy after its first paint."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEventLoop, QPoint, QRect, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from cnnviz.errors import UserError
from cnnviz.files import replacing
from ui.main_window import MainWindow
from ui.settings import THEME, Settings
from ui.theme import apply_theme

if TYPE_CHECKING:
    from cnnviz.probes import Probe
    from ui.jobs import Lane
    from ui.workbench import Workbench

log = logging.getLogger(__name__)

SCREENSHOT_PATIENCE_MS = 300_000
"""A download of weights aside, no model takes so long."""

REST_MS = 300


def run(model: str | None = None, image: str | None = None) -> int:
    """Open the window and stay until it closes.

    Args:
        model: Catalog id or path of a model to open; the last one when None.
        image: Path of a picture to run, or a probe; the last one when None.

    Returns:
        Exit status.

    Raises:
        UserError: There is no screen.
    """
    _require_screen()
    app = _application()
    settings = Settings()
    apply_theme(app, settings.get(THEME))
    window = MainWindow(settings)
    sys.excepthook = _tell_in(window)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C ends it; the engine ends with the pipe
    picture = _image_named(image)
    window.first_painted.connect(
        lambda: furnish_later(window, lambda workbench: workbench.start(model, picture))
    )
    window.show()
    return app.exec()


def screenshot(
    page: str,
    out: str,
    model: str | None = None,
    image: str | None = None,
    size: tuple[int, int] = (1600, 1000),
    theme: str = "light",
) -> None:
    """Draw a page of the real window into a PNG file, without a screen.

    Args:
        page: One of `PAGES`.
        out: The file to write.
        model: Catalog id or path; the first example when None.
        image: Path of the picture to run, or a probe; a sample when None.
        size: Width and height of the window.
        theme: "light" or "dark".

    Raises:
        UserError: There is no such page, the model or picture cannot be opened, or the file cannot
            be written.
    """
    if page not in PAGES:
        raise UserError(f"There is no page {page!r}: choose from {', '.join(PAGES)}.")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Of every window, that platform says on stderr that it cannot pass its size hints on.
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    app = _application()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "settings.ini")
        scheme: Literal["light", "dark"] = "dark" if theme == "dark" else "light"
        settings.set(THEME, scheme)
        apply_theme(app, scheme)
        window = MainWindow(settings)
        window.resize(*size)
        window.show()
        workbench = furnish(window)
        try:
            workbench.start(model, _image_named(image))
            _wait_for(workbench)
            picture = PAGES[page](window, workbench)
        finally:
            window.close()
    with replacing(out) as temporary:
        if not picture.save(str(temporary), "PNG"):
            raise UserError(f"{out} cannot be written: choose another folder.")


def _image_named(text: str | None) -> Path | Probe | None:
    if text is None:
        return None
    from cnnviz.probes import image_named  # with NumPy: not before it is needed

    return image_named(text)


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(["cnnviz"])
    app.setApplicationName("cnnviz")
    app.setApplicationDisplayName("cnnviz")
    return app


def _require_screen() -> None:
    """Qt aborts the process where there is no screen; say so instead."""
    asked = any(os.environ.get(name) for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and not asked:
        raise UserError(
            "There is no screen to open the window on (DISPLAY and WAYLAND_DISPLAY are not set): "
            "start it from a desktop session, or use the headless commands (--help lists them)."
        )


def _tell_in(
    window: MainWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """What becomes of an exception that nobody caught: one sentence in the window, and the log."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        window.message_line.say(f"A fault in cnnviz: {kind.__name__}: {error}", failed=True)

    return tell


def furnish(window: MainWindow) -> Workbench:
    """Fill the window."""
    from ui.lanes import ModelLane
    from ui.workbench import Workbench

    lane = ModelLane(window)
    lane.start()
    return Workbench(window, lane)


def furnish_later(window: MainWindow, done: Callable[[Workbench], object]) -> None:
    """Fill the window without holding it up: whatever is imported is imported beside it.

    Args:
        window: The frame; it may close before all is done.
        done: Gets what fills it.
    """
    from ui.warmup import Warmup

    def start_engine() -> None:
        from ui.lanes import ModelLane

        if window.isVisible():
            lane = ModelLane(window)
            lane.start()
            warm_up(_import_what_fills, lambda: fill(lane))

    def fill(lane: Lane) -> None:
        from ui.furniture import Furniture
        from ui.turns import Turns
        from ui.workbench import Workbench

        def join() -> None:
            if window.isVisible():
                workbench = Workbench(window, lane, furniture)
                QTimer.singleShot(0, workbench, lambda: finish(workbench))
            else:
                lane.close()

        def finish(workbench: Workbench) -> None:
            if window.isVisible():  # else it has closed what it had
                done(workbench)

        furniture = Furniture(window.settings)
        Turns(window).start(*furniture.pieces(), join)

    def warm_up(work: Callable[[], object], then: Callable[[], object]) -> None:
        warmup = Warmup(work, then, window)
        window.closing.connect(warmup.wait)

    # After what the first paint has left for later, which imports beside it would draw out.
    QTimer.singleShot(0, window, lambda: warm_up(_import_lanes, start_engine))


def _import_lanes() -> None:
    import ui.lanes  # noqa: F401


def _import_what_fills() -> None:
    import ui.workbench  # noqa: F401
    from models.registry import catalog

    catalog()


def _wait_for(workbench: Workbench) -> None:
    """Until the picture was run and all that belongs to it is on screen.

    Raises:
        UserError: It failed.
    """
    loop = QEventLoop()
    failures: list[str] = []

    def failed(text: str, failure: bool) -> None:
        if failure:
            failures.append(text)
            loop.quit()

    def look() -> None:
        if workbench.settled:
            loop.quit()

    poll = QTimer(interval=20)
    poll.timeout.connect(look)
    poll.start()
    workbench.controller.said.connect(failed)
    QTimer.singleShot(SCREENSHOT_PATIENCE_MS, loop, lambda: failed("It took too long.", True))
    loop.exec()
    workbench.controller.said.disconnect(failed)
    if failures:
        raise UserError(failures[0])


def _overview(window: MainWindow, workbench: Workbench) -> QPixmap:
    return _grab(window)


def _graph(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.hide()
    QApplication.processEvents()
    workbench.graph.home()
    return _grab(window)


def _maps(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.graph_view.hide()
    return _grab(window)


def _filters(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.setCurrentWidget(workbench.filters)
    _wait_for(workbench)
    return _grab(window)


def _theatre(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.graph_view.hide()
    workbench.tabs.setCurrentWidget(workbench.pages.theatre)
    _wait_for(workbench)
    workbench.pages.theatre.view.go_to_cell(*workbench.pages.theatre.view.middle())
    return _grab(window)


def _laboratory(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.setCurrentWidget(workbench.pages.laboratory)
    workbench.pages.laboratory.view.go_to_cell(1, 2)
    return _grab(window)


def _microscope(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.setCurrentWidget(workbench.pages.microscope)
    _wait_for(workbench)
    return _grab(window)


def _saliency(window: MainWindow, workbench: Workbench) -> QPixmap:
    page = workbench.pages.microscope
    page.tabs.setCurrentWidget(page.saliency)
    page.saliency.sanity.setChecked(True)
    return _microscope(window, workbench)


def _depth(window: MainWindow, workbench: Workbench) -> QPixmap:
    page = workbench.pages.microscope
    page.tabs.setCurrentWidget(page.deepening)
    _microscope(window, workbench)
    page.deepening.wanted.emit()
    return _microscope(window, workbench)


def _growth(window: MainWindow, workbench: Workbench) -> QPixmap:
    page = workbench.pages.microscope
    page.tabs.setCurrentWidget(page.grow)
    return _microscope(window, workbench)


def _costs(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.setCurrentWidget(workbench.pages.costs)
    return _grab(window)


def _comparing(tab: str) -> Callable[[MainWindow, Workbench], QPixmap]:
    """Draws one of the tabs of the page that compares, with a comparison of the open model."""

    def draw(window: MainWindow, workbench: Workbench) -> QPixmap:
        from cnnviz.ready import comparisons

        page, opened = workbench.pages.compare, workbench.controller.opened
        workbench.tabs.setCurrentWidget(page)
        known = comparisons()
        name = next(
            (r.id for r in known.values() if opened is not None and opened.request in r.models),
            "resnext",
        )
        page.ready.choose(name)
        page.open_ready(known[name])
        front = getattr(page, tab)
        page.tabs.setCurrentWidget(front)
        _wait_until(lambda: page.settled)
        if front is page.photo:
            page.photo.run()
            _wait_until(lambda: page.settled)
        return _grab(window)

    return draw


def _wait_until(done: Callable[[], bool]) -> None:
    """Let the window live until something is so.

    Raises:
        UserError: It took too long.
    """
    loop = QEventLoop()
    poll = QTimer(interval=20)
    poll.timeout.connect(lambda: loop.quit() if done() else None)
    poll.start()
    QTimer.singleShot(SCREENSHOT_PATIENCE_MS, loop, loop.quit)
    loop.exec()
    if not done():
        raise UserError("It took too long.")


def _shapes(window: MainWindow, workbench: Workbench) -> QPixmap:
    opened = workbench.controller.opened
    assert opened is not None
    page = workbench.pages.shapes
    workbench.tabs.setCurrentWidget(page)
    changeable = [node for node in opened.graph.nodes if node.settings.get("kernel_size")]
    if changeable:
        workbench.controller.select(changeable[0].name)
        kernel = tuple(size + 2 for size in changeable[0].settings["kernel_size"])
        page.change(page.plan.with_change(changeable[0], "kernel_size", kernel))
    _wait_for(workbench)
    return _grab(window)


def _shortcuts(window: MainWindow, workbench: Workbench) -> QPixmap:
    from ui.dialogs import shortcuts_page

    return _grab_over(window, shortcuts_page(window))


def _lineage(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.setCurrentWidget(workbench.pages.lineage)
    return _grab(window)


def _volumes(window: MainWindow, workbench: Workbench) -> QPixmap:
    workbench.tabs.setCurrentWidget(workbench.pages.volumes)
    return _grab(window)


def _draw(window: MainWindow, workbench: Workbench) -> QPixmap:
    pictures = workbench.pictures
    if not pictures.can_draw:
        raise UserError("Only networks that read small grey pictures take drawings: try lenet5.")
    pictures.setCurrentWidget(pictures.draw)
    QApplication.processEvents()
    height, width = pictures.draw.sketch.size_of_input
    # A seven.
    corners = ((0.28, 0.22), (0.72, 0.22), (0.44, 0.82))
    pictures.draw.sketch.stroke([(x * width, y * height) for x, y in corners])
    return _grab_settled(window, workbench)


def _probe(window: MainWindow, workbench: Workbench) -> QPixmap:
    pictures = workbench.pictures
    pictures.setCurrentWidget(pictures.probes)
    pictures.probes.choose("grating")
    return _grab_settled(window, workbench)


def _change(window: MainWindow, workbench: Workbench) -> QPixmap:
    from cnnviz.transforms import Transform

    pictures = workbench.pictures
    pictures.setCurrentWidget(pictures.change)
    pictures.change.choose(Transform(mirror=True, angle=30))
    return _grab_settled(window, workbench)


def _grab_settled(window: MainWindow, workbench: Workbench) -> QPixmap:
    _grab(window)
    _wait_for(workbench)
    return _grab(window)


def _variant(window: MainWindow, workbench: Workbench) -> QPixmap:
    opened = workbench.controller.opened
    if opened is None or not window.actions_by_id["variant"].isEnabled():
        raise UserError("A file has no variants: name an architecture of the catalog.")
    dialog = workbench.commands.variant_dialog(opened)
    dialog.show()
    while not dialog.settled:
        _grab(window)
    return _grab_over(window, dialog)


def _figure(window: MainWindow, workbench: Workbench) -> QPixmap:
    dialog = workbench.commands.figure_dialog()
    assert dialog is not None
    dialog.show()
    while not dialog.settled:
        _grab(window)
    picture = _grab_over(window, dialog)
    dialog.close_lane()
    return picture


def _palette(window: MainWindow, workbench: Workbench) -> QPixmap:
    palette = workbench.commands.palette()
    palette.open()
    picture = _grab(window)
    palette.close()
    return picture


def _grab(window: MainWindow) -> QPixmap:
    """The window once its layout has come to rest, and the graph arrived where it glides to."""
    loop = QEventLoop()
    QTimer.singleShot(REST_MS, loop, loop.quit)
    loop.exec()
    return window.grab()


def _grab_over(window: MainWindow, dialog: QWidget) -> QPixmap:
    """The window with a dialog over it."""
    dialog.show()
    picture = _grab(window)
    painter = QPainter(picture)
    space = (window.size() - dialog.size()) / 2
    corner = QPoint(space.width(), space.height())
    painter.drawPixmap(corner, dialog.grab())
    painter.setPen(dialog.palette().mid().color())
    painter.drawRect(QRect(corner, dialog.size()))
    painter.end()
    dialog.close()
    return picture


PAGES: Mapping[str, Callable[[MainWindow, Workbench], QPixmap]] = MappingProxyType(
    {
        "overview": _overview,
        "graph": _graph,
        "maps": _maps,
        "filters": _filters,
        "theatre": _theatre,
        "laboratory": _laboratory,
        "microscope": _microscope,
        "receptive-field": _growth,
        "field-depth": _depth,
        "saliency": _saliency,
        "costs": _costs,
        "compare": _comparing("totals"),
        "compare-ready": _comparing("ready"),
        "compare-depth": _comparing("along"),
        "compare-differences": _comparing("differences"),
        "compare-picture": _comparing("photo"),
        "compare-catalog": _comparing("catalog"),
        "shapes": _shapes,
        "lineage": _lineage,
        "volumes": _volumes,
        "draw": _draw,
        "probe": _probe,
        "change": _change,
        "variant": _variant,
        "figure": _figure,
        "palette": _palette,
        "shortcuts": _shortcuts,
    }
)
"""What `screenshot` can draw."""
