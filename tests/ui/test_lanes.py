"""Lanes: the same promises in-process and with the engine in a real process of its own."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cnnviz.errors import UserError
from cnnviz.parcels import SHARED_FROM_BYTES, SPARE_BYTES
from cnnviz.requests import (
    FETCHES,
    DiffModels,
    GetActivation,
    GetCells,
    GetEffectiveField,
    GetReadyFigures,
    GetSaliency,
    GetSheet,
    GetStatistics,
    GetThumbnails,
    GetWeights,
    ListDevices,
    OpenModel,
    ProfileModel,
    RunBeside,
    RunImage,
    SetWeights,
)
from ui.lanes import InlineLane, IoLane, ModelLane

ROOT = Path(__file__).parents[2]
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
LONG = OpenModel("mobilenet", input_shape=(512, 512, 3))
"""Runs for half a second and more: long enough to act in the middle of it."""

PATIENCE_MS = 60_000


class Log:
    """What came of a job, in order; every callback must come on the main thread."""

    def __init__(self, lane, request, key=None, on_progress=None):
        self.events = []
        self.ended = None
        self.on_progress = on_progress
        self.job = lane.submit(
            request,
            key=key,
            on_success=lambda result: self.note("success", result),
            on_failure=lambda text: self.note("failure", text),
            on_cancelled=lambda: self.note("cancelled", None),
            on_progress=self.progress,
        )

    def note(self, kind, value):
        assert threading.current_thread() is threading.main_thread()
        self.events.append((kind, value))
        self.ended = time.perf_counter()

    def progress(self, progress):
        self.note("progress", progress)
        if self.on_progress is not None:
            self.on_progress(progress)

    @property
    def outcomes(self):
        return [event for event in self.events if event[0] != "progress"]

    @property
    def outcome(self):
        (outcome,) = self.outcomes
        return outcome[0]

    @property
    def value(self):
        (outcome,) = self.outcomes
        return outcome[1]


@pytest.fixture(scope="module")
def child(qapp):
    """One real process for the tests of this module; it may have been replaced meanwhile."""
    lane = ModelLane()
    lane.start()
    yield lane
    lane.close()


@pytest.fixture
def lane(request, qapp):
    """Either lane, by parameter."""
    if request.param == "process":
        return request.getfixturevalue("child")
    return InlineLane()


both = pytest.mark.parametrize("lane", ["inline", "process"], indirect=True)


def wait(qtbot, condition):
    qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)


def finished(qtbot, lane, request, **options):
    log = Log(lane, request, **options)
    wait(qtbot, lambda: log.job.finished)
    return log


def segments():
    """Shared memory of this process' lanes."""
    return list(Path("/dev/shm").glob(f"cnnviz{os.getpid()}n*"))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# What both lanes promise.


@both
def test_from_opening_to_an_activation(lane, qtbot):
    opened = finished(qtbot, lane, OpenModel("lenet5_modern")).value
    assert opened.graph.input_shape == (32, 32, 1)
    weights = finished(qtbot, lane, SetWeights("random", 3)).value
    assert weights.label == "random, seed 3"
    run = finished(qtbot, lane, RunImage(PICTURE))
    kinds = [kind for kind, _ in run.events]
    assert kinds == ["progress"] * (len(opened.graph.nodes) + 1) + ["success"]
    assert run.events[0][1].input_picture.shape == (32, 32)
    activation = finished(qtbot, lane, GetActivation("c1_conv")).value
    assert activation.values.shape == (28, 28, 6)
    assert activation.stats == run.value.nodes[1].stats
    kernel = finished(qtbot, lane, GetWeights("c1_conv")).value.values["kernel"]
    assert kernel.shape == (5, 5, 1, 6)
    assert finished(qtbot, lane, ListDevices()).value[-1].id == "cpu"


@both
def test_a_failure_is_one_sentence_and_its_kind(lane, qtbot, tmp_path):
    log = finished(qtbot, lane, OpenModel("vgg61"))
    assert log.outcome == "failure"
    assert "Did you mean" in log.value
    assert log.value.kind == "UserError"
    assert "Traceback" in log.value.details
    assert log.job.state == "failed"


@both
def test_a_fault_of_ours_is_a_sentence_too(lane, qtbot):
    log = finished(qtbot, lane, OpenModel(model=3))
    assert log.outcome == "failure"
    assert "OpenModel failed (" in log.value
    assert "\n" not in log.value


@both
def test_busy_is_told_at_its_beginning_and_end(lane, qtbot):
    told = []
    lane.busy_changed.connect(told.append)
    finished(qtbot, lane, ListDevices())
    lane.busy_changed.disconnect()
    assert told == [True, False]
    assert not lane.busy


@both
def test_a_newer_job_of_the_same_key_supersedes_a_running_one(lane, qtbot):
    finished(qtbot, lane, LONG)
    finished(qtbot, lane, SetWeights("random"))
    newer = []

    def on_progress(progress):
        if progress.done is not None and not newer:
            newer.append(Log(lane, RunImage(255 - PICTURE), key="run"))

    older = Log(lane, RunImage(PICTURE), key="run", on_progress=on_progress)
    wait(qtbot, lambda: newer and newer[0].job.finished and older.job.finished)
    assert older.outcome == "cancelled"
    assert len(older.events) < 80  # of 91 nodes
    assert newer[0].outcome == "success"


@both
def test_an_activation_can_be_fetched_in_the_middle_of_its_run(lane, qtbot):
    finished(qtbot, lane, LONG)
    finished(qtbot, lane, SetWeights("random"))
    early, late = [], []

    def on_progress(progress):
        if progress.done is not None and progress.done.name == "conv1":
            early.append(Log(lane, GetActivation("conv1")))
            # This one is not computed yet: it has to wait for the run.
            late.append(Log(lane, GetActivation("predictions")))

    run = Log(lane, RunImage(PICTURE), on_progress=on_progress)
    wait(qtbot, lambda: run.job.finished and late[0].job.finished)
    assert early[0].ended < run.ended < late[0].ended
    after = finished(qtbot, lane, GetActivation("conv1")).value
    np.testing.assert_array_equal(early[0].value.values, after.values)
    assert late[0].value.node == "predictions"


# The process.


def test_a_cancelled_fetch_ends_at_once_and_its_answer_is_dropped(child, qtbot):
    finished(qtbot, child, OpenModel("lenet5_modern"))
    finished(qtbot, child, RunImage(PICTURE))
    older = Log(child, GetActivation("c1_conv"), key="show")
    newer = Log(child, GetActivation("c3_conv"), key="show")
    assert older.outcome == "cancelled"
    wait(qtbot, lambda: newer.job.finished)
    assert newer.value.node == "c3_conv"
    finished(qtbot, child, ListDevices())
    assert older.outcomes == [("cancelled", None)]


def test_a_cancel_that_comes_too_late_is_a_success(child, qtbot):
    """What the engine has opened is open, whatever was wished in between."""
    finished(qtbot, child, OpenModel("lenet5_modern"))
    opening = Log(child, OpenModel("mobilenet"))
    time.sleep(1.5)  # it is done by now, and its answer waits in the event queue
    opening.job.cancel()
    wait(qtbot, lambda: opening.job.finished)
    assert opening.outcome == "success"
    assert finished(qtbot, child, GetWeights("conv_pw_1")).outcome == "failure"  # no weights yet


def test_a_waiting_job_is_cancelled_without_waiting(child, qtbot):
    finished(qtbot, child, LONG)
    running = Log(child, RunImage(PICTURE))
    waiting = Log(child, OpenModel("lenet5_modern"))
    wait(qtbot, lambda: any(p.done for _, p in running.events))
    waiting.job.cancel()
    wait(qtbot, lambda: waiting.job.finished)
    assert waiting.outcome == "cancelled"
    assert not running.job.finished
    running.job.cancel()
    wait(qtbot, lambda: running.job.finished)
    assert running.outcome == "cancelled"
    # The first model is still the one that is open.
    assert finished(qtbot, child, GetWeights("conv1")).outcome == "success"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="segments are files on Linux only")
def test_large_arrays_come_whole_and_leave_no_shared_memory(child, qtbot):
    finished(qtbot, child, OpenModel("mobilenet"))
    finished(qtbot, child, RunImage(PICTURE))
    values = finished(qtbot, child, GetActivation("conv1_relu")).value.values
    assert values.nbytes > 2 * SHARED_FROM_BYTES
    inline = InlineLane()
    finished(qtbot, inline, OpenModel("mobilenet"))
    finished(qtbot, inline, RunImage(PICTURE))
    same = finished(qtbot, inline, GetActivation("conv1_relu")).value.values
    np.testing.assert_array_equal(values, same)
    # What is left is kept for the next values.
    wait(qtbot, lambda: sum(file.stat().st_size for file in segments()) <= SPARE_BYTES)
    idle = {file.name for file in segments()}
    finished(qtbot, child, GetActivation("conv1_relu"))
    wait(qtbot, lambda: {file.name for file in segments()} == idle)


def test_idle_time_brings_the_second_gear(child, qtbot):
    finished(qtbot, child, OpenModel("lenet5_modern"))
    assert finished(qtbot, child, RunImage(PICTURE)).value.gear == "stepwise"
    wait(
        qtbot, lambda: finished(qtbot, child, RunImage(PICTURE)).value.gear == "compiled" or idle()
    )


def idle():
    time.sleep(1)
    return False


def test_a_killed_process_is_replaced_and_pending_jobs_fail(child, qtbot):
    finished(qtbot, child, LONG)
    first = child.engine_pid
    run = Log(child, RunImage(PICTURE))
    waiting = Log(child, GetActivation("predictions"))
    wait(qtbot, lambda: any(p.done for _, p in run.events))
    with qtbot.waitSignal(child.restarted, timeout=PATIENCE_MS) as told:
        os.kill(first, signal.SIGKILL)
    assert "killed" in told.args[0]
    assert (run.outcome, run.value) == ("failure", told.args[0])
    assert (waiting.outcome, waiting.value) == ("failure", told.args[0])
    assert not is_alive(first)
    assert finished(qtbot, child, OpenModel("lenet5_modern")).outcome == "success"
    assert child.engine_pid != first
    assert not segments()


def test_a_stuck_process_is_replaced_and_closing_in_mid_run_leaves_none(qtbot):
    lane = ModelLane(cancel_patience_s=0.3)
    finished(qtbot, lane, LONG)
    stuck = lane.engine_pid
    run = Log(lane, RunImage(PICTURE))
    wait(qtbot, lambda: run.events)
    os.kill(stuck, signal.SIGSTOP)
    with qtbot.waitSignal(lane.restarted, timeout=PATIENCE_MS) as told:
        run.job.cancel()
    assert "did not answer" in told.args[0]
    assert run.outcome == "cancelled"
    assert not is_alive(stuck)

    finished(qtbot, lane, LONG)
    run = Log(lane, RunImage(PICTURE))
    wait(qtbot, lambda: any(p.done for _, p in run.events))
    pid = lane.engine_pid
    threads = threading.active_count()
    start = time.perf_counter()
    lane.close()
    assert time.perf_counter() - start < 2
    assert run.outcome == "cancelled"
    assert not is_alive(pid)
    assert pid not in [process.pid for process in multiprocessing.active_children()]
    assert threading.active_count() == threads - 2
    assert Log(lane, ListDevices()).outcome == "cancelled"
    lane.close()


def test_a_process_that_dies_again_and_again_is_not_started_for_ever(qtbot):
    """It dies before it was ever ready: the next one would, too."""
    lane = ModelLane()
    try:
        lane.start()
        job = Log(lane, ListDevices())
        wait(qtbot, lambda: lane.engine_pid is not None)
        with qtbot.waitSignal(lane.stopped, timeout=PATIENCE_MS):
            os.kill(lane.engine_pid, signal.SIGKILL)
        assert job.outcome == "failure"
        assert lane.engine_pid is None
    finally:
        lane.close()


def test_closing_before_the_process_has_even_started(qtbot):
    lane = ModelLane()
    lane.start()
    lane.close()
    assert lane.engine_pid is None


WINDOW = """
import sys, time
import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop
from cnnviz.requests import GetActivation, OpenModel, RunImage
from ui.lanes import ModelLane

def main(ending):
    app = QCoreApplication([])
    lane = ModelLane()
    done = []
    picture = np.zeros((32, 32, 3), np.uint8)
    lane.submit(OpenModel("resnet50"))
    lane.submit(RunImage(picture))
    lane.submit(GetActivation("conv1_conv"), on_success=done.append)
    lane.submit(GetActivation("conv1_bn"))
    while not done:
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    assert done[0].values.shape == (112, 112, 64)
    lane.submit(RunImage(picture), on_progress=lambda p: done.append(p))
    while len(done) < 5:
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    print(lane.engine_pid, flush=True)
    if ending == "close":
        lane.close()
    else:
        time.sleep(60)
    assert not {"keras", "tensorflow", "h5py"} & set(sys.modules)

if __name__ == "__main__":
    main(sys.argv[1])
"""


@pytest.mark.parametrize("ending", ["close", "killed"])
def test_no_process_no_noise_and_no_memory_stay_behind_a_window(ending, tmp_path):
    """A window that closes in the middle of a run, and one that is killed there."""
    script = tmp_path / "window.py"
    script.write_text(WINDOW)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    with subprocess.Popen(
        [sys.executable, script, ending],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as window:
        pid = int(window.stdout.readline())
        if ending == "killed":
            assert is_alive(pid)
            window.kill()
        _, errors = window.communicate(timeout=60)
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)
    if ending == "close":
        assert window.returncode == 0
        assert errors == ""
    assert not list(Path("/dev/shm").glob(f"cnnviz{window.pid}n*"))


# Files.


@pytest.fixture
def io_lane(qapp):
    lane = IoLane()
    yield lane
    lane.close()


def test_files_are_read_beside_the_main_thread(io_lane, qtbot):
    log = finished(qtbot, io_lane, lambda: threading.current_thread() is threading.main_thread())
    assert (log.outcome, log.value) == ("success", False)


def test_a_failure_with_a_file_is_a_sentence(io_lane, qtbot):
    def missing():
        raise UserError("There is no such file.")

    assert finished(qtbot, io_lane, missing).value == "There is no such file."

    def ours():
        raise KeyError("name")

    assert "failed (KeyError" in finished(qtbot, io_lane, ours).value


def test_a_superseded_read_is_dropped(io_lane, qtbot):
    going_on = threading.Event()
    older = Log(io_lane, lambda: going_on.wait(5), key="image")
    newer = Log(io_lane, lambda: "newer", key="image")
    assert older.outcome == "cancelled"
    wait(qtbot, lambda: newer.job.finished)
    going_on.set()
    assert finished(qtbot, io_lane, lambda: "last").value == "last"
    assert older.outcomes == [("cancelled", None)]
    assert newer.value == "newer"


def test_fetches_are_requests_that_only_read():
    assert set(FETCHES) == {
        GetActivation,
        GetStatistics,
        GetThumbnails,
        GetSheet,
        GetCells,
        GetWeights,
        GetEffectiveField,
        GetSaliency,
        ListDevices,
        DiffModels,
        ProfileModel,
        RunBeside,
        GetReadyFigures,
    }
