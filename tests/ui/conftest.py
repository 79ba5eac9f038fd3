from pathlib import Path

import pytest

from ui.lanes import InlineLane
from ui.main_window import MainWindow
from ui.settings import Settings
from ui.theme import apply_theme
from ui.workbench import Workbench


@pytest.fixture
def make_workbench(qtbot, qapp, tmp_path):
    """Makes the real window with an engine in this process, and settings of its own."""
    made = []

    def make(lane=InlineLane, settings=tmp_path / "settings.ini"):
        apply_theme(qapp, "light")
        window = MainWindow(Settings(settings))
        window.resize(1400, 900)
        bench = Workbench(window, lane(window))
        window.show()
        qtbot.waitExposed(window)
        made.append(window)
        return bench

    yield make
    for window in made:
        window.close()
        window.deleteLater()


@pytest.fixture
def workbench(make_workbench):
    """The window as a newcomer finds it: LeNet-5, a digit run."""
    bench = make_workbench()
    bench.start(None, None)
    return bench


@pytest.fixture(scope="session")
def small_model(tmp_path_factory) -> Path:
    """A file with a network of two branches, in a folder with a name that is not plain."""
    import keras

    x = inputs = keras.Input((24, 24, 3), name="photo")
    left = keras.layers.Conv2D(4, 3, padding="same", name="left")(x)
    right = keras.layers.Conv2D(4, 1, name="right")(x)
    x = keras.layers.Add(name="join")([left, right])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(5, activation="softmax", name="answer")(x)
    file = tmp_path_factory.mktemp("my models 模型") / "small one.keras"
    keras.Model(inputs, x).save(file)
    return file


@pytest.fixture(scope="session")
def slow_model(tmp_path_factory) -> Path:
    """A file with a network that computes for some seconds."""
    import keras

    x = inputs = keras.Input((192, 192, 3), name="photo")
    for i in range(60):
        x = keras.layers.Conv2D(64, 3, padding="same", name=f"conv{i}")(x)
    file = tmp_path_factory.mktemp("models") / "slow.keras"
    keras.Model(inputs, x).save(file)
    return file


@pytest.fixture(scope="session")
def model_with_code(tmp_path_factory) -> Path:
    """A file that carries a Python function."""
    import keras

    inputs = keras.Input((8, 8, 3), name="photo")
    x = keras.layers.Lambda(lambda x: x * 2, name="code", output_shape=(8, 8, 3))(inputs)
    x = keras.layers.Conv2D(2, 3, name="conv")(x)
    file = tmp_path_factory.mktemp("models") / "with_code.keras"
    keras.Model(inputs, x).save(file)
    return file
