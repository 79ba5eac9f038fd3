import pytest

from cnnviz.requests import Device, Progress
from ui.panels.status import StatusBar

CPU, GPU = Device("cpu", "A processor"), Device("gpu:0", "A graphics card")


@pytest.fixture
def status(qtbot):
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.resize(1000, 30)
    bar.show()
    return bar


def test_a_single_device_is_named_and_no_choice_offered(status):
    status.show_devices([CPU], "auto", None)
    assert status.device.text() == "A processor"
    assert status.device.menu() is None


def test_several_devices_can_be_chosen_from(status, qtbot):
    status.show_devices([GPU, CPU], "auto", CPU)
    assert status.device.text() == "A processor"
    offered = {action.text(): action for action in status.device.menu().actions()}
    assert list(offered) == ["The best one", "A graphics card", "A processor"]
    assert offered["The best one"].isChecked()
    with qtbot.waitSignal(status.device_chosen) as chosen:
        offered["A graphics card"].trigger()
    assert chosen.args == ["gpu:0"]
    status.show_devices([CPU], "auto", None)
    assert status.device.menu() is None


def test_a_long_job_is_shown_with_its_latest_progress(status, qtbot):
    status.show_job(Progress("Opening", None))
    assert not status.bar.isVisible()
    status.show_job(Progress("Downloading", 0.25))
    qtbot.waitUntil(status.bar.isVisible)
    assert status.doing.text() == "Downloading"
    assert status.bar.value() == status.bar.maximum() // 4
    with qtbot.waitSignal(status.cancelled):
        status.stop.click()
    status.show_job(None)
    assert not status.bar.isVisible()


def test_a_short_job_is_not_shown(status, qtbot):
    status.show_job(Progress("Opening"))
    status.show_job(None)
    qtbot.wait(250)
    assert not status.bar.isVisible()
