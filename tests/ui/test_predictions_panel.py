import numpy as np
import pytest

from cnnviz.predictions import Answer, changes, ranked
from cnnviz.requests import Auxiliary, RunImage, TrainingBatch
from ui.panels.predictions import Bars, PredictionPanel
from ui.samples import samples


def answer(title, scores, **more):
    names = [f"name {i}" for i in range(len(scores))]
    return Answer(title, ranked(np.array([scores], np.float32), names), **more)


@pytest.fixture
def panel(qtbot):
    panel = PredictionPanel()
    qtbot.addWidget(panel)
    panel.resize(260, 400)
    panel.show()
    return panel


def choose(box, data):
    box.setCurrentIndex(box.findData(data))


def test_as_many_classes_as_chosen(panel):
    panel.show_answer(answer("a", np.linspace(0, 0.1, 30)))
    assert [row.now.index for row in panel.bars.rows] == [29, 28, 27, 26, 25]
    for count in (1, 10, 50):
        choose(panel.count, count)
        assert len(panel.bars.rows) == min(count, 30)


def test_the_run_before_stands_beside_the_latest(panel):
    choose(panel.comparison, "previous")
    panel.show_answer(answer("the cat", [0.75, 0.25]))
    assert "no run before" in panel.before.text()
    assert panel.bars.rows[0].difference is None
    panel.show_answer(answer("the dog", [0.25, 0.75]))
    assert panel.before.text() == "The lines: the cat"
    assert [panel.bars.change_of(row) for row in panel.bars.rows] == ["▲ 50.0", "▼ 50.0"]
    panel.show_answer(answer("the dog", [0.25, 0.75]))
    assert panel.before.text() == "The lines: the cat", "the same answer again changes nothing"


def test_what_is_held_stays_until_another_is_held(panel):
    panel.show_answer(answer("first", [0.5, 0.5]))
    panel.hold.click()
    assert panel.comparison.currentData() == "held"
    for i in range(3):
        panel.show_answer(answer(f"later {i}", [0.25, 0.75]))
        assert panel.before.text() == "The lines: first"
    choose(panel.comparison, "nothing")
    assert not panel.before.isVisible()
    assert panel.bars.change_of(panel.bars.rows[0]) == ""


def test_other_classes_are_not_compared(panel):
    choose(panel.comparison, "previous")
    panel.show_answer(answer("ten", np.full(10, 0.1)))
    panel.show_answer(answer("two", [0.5, 0.5]))
    assert panel.before.text() == "ten is about other classes."
    assert all(row.before is None for row in panel.bars.rows)


def test_auxiliary_classifiers_stand_below_and_go_with_their_model(panel):
    auxiliary = tuple(
        Auxiliary(name, ranked(np.array([[0.25, 0.75]], np.float32), ["a", "b"]))
        for name in ("aux_4a", "aux_4d")
    )
    panel.show_answer(answer("with", [0.5, 0.5], auxiliary=auxiliary))
    shown = [label.text() for label, bars in panel._auxiliary if bars.isVisible()]
    assert shown == ["Auxiliary classifier aux_4a", "Auxiliary classifier aux_4d"]
    assert panel._auxiliary[0][1].rows[0].now.label == "b"
    panel.show_answer(answer("without", [0.5, 0.5]))
    assert not any(bars.isVisible() for _, bars in panel._auxiliary)


def test_what_the_picture_shows_and_what_means_nothing_is_said(panel):
    panel.show_answer(answer("a", [0.25, 0.75], true_class=0, trained=False))
    assert panel.truth.text() == "True class: name 0 (it comes 2nd)"
    assert "mean nothing" in panel.caution.text()
    panel.show_answer(answer("b", [0.25, 0.75], training=TrainingBatch(4, 9)))
    assert "not inference" in panel.caution.text()
    assert "mean nothing" not in panel.caution.text()
    assert not panel.truth.isVisible()
    panel.show_answer(None)
    assert not panel.isVisible()


@pytest.mark.parametrize("scores", [[np.nan, 0.5], [np.nan, np.nan], [-1e30, 1e30], [3.0, 3.0]])
def test_scores_of_every_kind_are_drawn(panel, scores):
    choose(panel.comparison, "previous")
    panel.show_answer(answer("plain", [0.5, 0.5]))
    panel.show_answer(answer("odd", scores))
    assert not panel.grab().isNull()


def test_bars_end_at_their_share(qtbot):
    bars = Bars()
    qtbot.addWidget(bars)
    panel_rows = answer("a", [0.75, 0.25]).predictions
    bars.show_changes(changes(panel_rows, None, 2), trained=True)
    bars.resize(400, bars.height())
    image = bars.grab().toImage()
    top = bars.height() // 4
    inside, outside = image.pixelColor(290, 3), image.pixelColor(310, 3)
    assert inside != outside
    assert image.pixelColor(290, 3 + 2 * top) == outside


def test_pictures_are_compared_in_the_window(workbench):
    panel = workbench.inspector.answer
    choose(panel.comparison, "previous")
    first = panel.answer
    assert first.true_class == int(samples("digit")[0].name[6])
    workbench.controller.run_image(samples("digit")[5])
    assert panel.answer != first
    assert panel.bars.rows[0].rank_before is not None
    assert panel.before.text() == f"The lines: {first.title}"
    workbench.controller.set_weights("random", 3)
    assert "random, seed 3" in panel.answer.title
    assert not panel.answer.trained


def test_training_behaviour_is_run_labelled_and_left_again(make_workbench, tmp_path):
    import keras

    inputs = keras.Input((24, 24, 3), name="photo")
    x = keras.layers.Conv2D(4, 3, name="conv")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(5, activation="softmax", name="answer")(x)
    keras.Model(inputs, x).save(tmp_path / "with norm.keras")
    bench = make_workbench()
    bench.start(str(tmp_path / "with norm.keras"), samples("photo")[0])
    switch, requests = bench.inspector.training, []
    submit = bench.lane.submit
    bench.lane.submit = lambda request, **how: (requests.append(request), submit(request, **how))[1]
    bench.commands.go_to("norm")
    before = bench.controller.activation.values
    assert switch.isVisibleTo(bench.inspector)
    switch.switch.setChecked(True)
    assert bench.controller.run.training == TrainingBatch(8, 0)
    assert (bench.controller.activation.values != before).any()
    assert "Training behaviour, batch of 8" in bench.maps.notice.text()
    assert "not inference" in bench.inspector.answer.caution.text()
    switch.count.setValue(4)
    switch.seed.setValue(7)
    assert bench.controller.run.training == TrainingBatch(4, 7)
    switch.switch.setChecked(False)
    assert bench.controller.run.training is None
    np.testing.assert_array_equal(bench.controller.activation.values, before)
    assert "Training" not in bench.maps.notice.text()
    assert len([r for r in requests if isinstance(r, RunImage)]) == 4, "one run a change"


def test_networks_that_behave_the_same_offer_no_switch(workbench):
    assert not workbench.inspector.training.isVisibleTo(workbench.inspector)
    workbench.inspector.training.switch.setChecked(True)
    assert workbench.controller.run.training is None
