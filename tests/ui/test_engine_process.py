"""The window with the engine in its own process, as users have it."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ui.lanes import ModelLane
from ui.samples import samples

STARTUP_MS = 60_000


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def running(make_workbench, qtbot, slow_model):
    """The window in the middle of a pass that takes seconds."""
    bench = make_workbench(lane=ModelLane)
    bench.start(str(slow_model), samples("photo")[0])
    qtbot.waitUntil(lambda: len(bench.controller.computed) > 5, timeout=STARTUP_MS)
    assert bench.controller.run is None
    return bench


def test_a_killed_engine_is_replaced_and_all_is_as_before(running, qtbot, slow_model):
    controller = running.controller
    controller.select("conv3")
    old = running.lane.engine_pid
    os.kill(old, signal.SIGKILL)
    qtbot.waitUntil(lambda: running.window.message_line.isVisible(), timeout=STARTUP_MS)
    said = running.window.message_line.label.text()
    assert "killed" in said
    assert slow_model.stem in said
    qtbot.waitUntil(lambda: controller.run is not None, timeout=STARTUP_MS)
    assert running.lane.engine_pid != old
    assert controller.opened.name == slow_model.stem
    assert controller.image == samples("photo")[0]
    assert controller.selection.node == "conv3"
    qtbot.waitUntil(lambda: running.maps.title.text() == "conv3")
    assert running.window.message_line.label.text() == said
    assert not exists(old)


def test_a_large_map_is_previewed_then_readable(running, qtbot):
    controller, names = running.controller, []
    controller.select("conv40")
    running.window.actions_by_id["rerun"].trigger()
    controller.preview_arrived.connect(lambda preview: names.append(preview.node))
    qtbot.waitUntil(lambda: names == ["conv40"], timeout=STARTUP_MS)
    assert running.maps.title.text() == "conv40"
    assert running.maps.to_save() is None
    qtbot.waitUntil(lambda: running.maps.to_save() is not None, timeout=STARTUP_MS)
    assert running.maps.to_save().node == "conv40"


def test_cancel_then_close_in_the_middle_leaves_no_process(running, qtbot):
    controller = running.controller
    running.window.actions_by_id["cancel"].trigger()
    qtbot.waitUntil(lambda: not controller.busy, timeout=10_000)
    assert controller.run is None
    assert controller.computed == {}
    assert "Cancelled" in running.window.message_line.label.text()

    running.window.actions_by_id["rerun"].trigger()
    qtbot.waitUntil(lambda: len(controller.computed) > 3, timeout=10_000)
    engine = running.lane.engine_pid
    running.window.close()
    assert not exists(engine)


def test_a_second_click_supersedes_the_first(running, qtbot):
    controller = running.controller
    running.commands.open_model("lenet5_modern")
    qtbot.waitUntil(lambda: controller.run is not None, timeout=20_000)
    assert controller.opened.id == "lenet5_modern"
    assert not controller.busy
    assert not running.window.message_line.isVisible()


def test_the_window_process_never_imports_keras(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path

        def main():
            from PySide6.QtCore import QTimer
            from ui import app
            from ui.settings import Settings

            application = app._application()
            window = app.MainWindow(Settings(Path(sys.argv[1])))
            before = []
            benches = []
            window.first_painted.connect(lambda: before.extend(sys.modules))
            window.first_painted.connect(lambda: app.furnish_later(window, started))

            def started(bench):
                benches.append(bench)
                bench.start(None, None)

            def look():
                if benches and benches[0].settled:
                    window.close()

            timer = QTimer(interval=50)
            timer.timeout.connect(look)
            timer.start()
            window.show()
            application.exec()
            heavy = ("keras", "tensorflow", "numpy", "pyqtgraph", "PIL")
            print("before the first paint:", *(name for name in heavy if name in before))
            print("at the end:", *(name for name in heavy[:2] if name in sys.modules))

        if __name__ == "__main__":
            main()
        """
    )
    file = tmp_path / "start.py"
    file.write_text(script)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(file), str(tmp_path / "settings.ini")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert done.stdout.splitlines() == ["before the first paint:", "at the end:"]
