import json
import pickle

import numpy as np
import pytest

from cnnviz.engine import Engine
from cnnviz.predictions import changes, comparable, ordinal, ranked, verdict
from cnnviz.requests import OpenModel, Prediction, RunImage, SetWeights
from main import main
from models.samples import FOLDER, true_label

CAT = FOLDER / "photos" / "cat.jpg"


def answer(scores, names="abcdef"):
    return ranked(np.array([scores], np.float32), names[: len(scores)])


def test_ranks_are_by_score_and_nan_comes_last():
    found = ranked(np.array([[0.25, np.nan, 0.5, 0.25]], np.float32), None)
    assert [p.index for p in found] == [2, 0, 3, 1]
    assert found[0].label == "class 2"
    assert ranked(np.zeros((1, 4, 4, 2)), None) is None
    assert ranked(np.zeros((1, 1)), None) is None


def test_names_of_other_classes_are_not_used():
    assert ranked(np.zeros((1, 3)), ["cat", "dog"])[0].label == "class 0"


def test_each_class_stands_beside_what_it_was():
    now, before = answer([0.125, 0.5, 0.25, 0.125]), answer([0.5, 0.25, 0.0, 0.25])
    rows = changes(now, before, 2)
    assert [row.now.label for row in rows] == ["b", "c", "a"], "the best of before is told too"
    assert [row.difference for row in rows] == [0.25, 0.25, -0.375]
    assert [(row.rank, row.rank_before) for row in rows] == [(1, 2), (2, 4), (3, 1)]
    assert [row.difference for row in changes(now, None, 3)] == [None] * 3
    assert len(changes(now, before, 4)) == 4


def test_answers_about_other_classes_are_not_compared():
    assert comparable(answer([1, 2, 3]), answer([3, 1, 2]))
    assert not comparable(answer([1, 2, 3]), answer([1, 2]))
    assert not comparable(answer([1, 2, 3]), answer([1, 2, 3], names="xyz"))


def test_the_true_class_and_its_place():
    assert verdict(answer([0.1, 0.9]), 1) == "True class: b (right: it comes first)"
    assert verdict(answer([0.1, 0.9]), 0) == "True class: a (it comes 2nd)"
    assert verdict(answer([0.1, 0.9]), None) == ""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip


def test_true_labels_are_those_of_the_samples_alone(tmp_path):
    for file in (FOLDER / "digits").glob("*.png"):
        assert true_label(file) == file.name[6]
    assert true_label(CAT) == "tabby"
    assert true_label(FOLDER / "photos" / "temple.jpg") is None
    assert true_label(tmp_path / "digit_7_a.png") is None


def test_every_shipped_digit_is_known_to_the_engine():
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    for file in sorted((FOLDER / "digits").glob("*_a.png")):
        result = engine.handle(RunImage(file))
        assert result.true_class == int(file.name[6])
        assert result.predictions[0].index == result.true_class


def test_auxiliary_classifiers_are_ranked_too(tmp_path):
    engine = Engine()
    opened = engine.handle(OpenModel("googlenet", classes=7))
    engine.handle(SetWeights("random", seed=2))
    result = engine.handle(RunImage(CAT))
    nodes = [output.node for output in opened.graph.outputs]
    assert [aux.node for aux in result.auxiliary] == nodes[1:] != []
    for auxiliary in result.auxiliary:
        values = engine._trace.outputs(auxiliary.node)[0][0]
        assert [p.index for p in auxiliary.predictions] == np.argsort(-values).tolist()
        assert sum(p.score for p in auxiliary.predictions) == pytest.approx(1, abs=1e-5)


def test_run_as_json_tells_of_auxiliary_classifiers_truth_and_training(capsys):
    assert main(["run", "googlenet", "--image", str(CAT), "--classes", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {len(rows) for rows in told["auxiliary"].values()} == {5}
    assert len(told["auxiliary"]) == 2
    assert told["true_class"] is None, "nobody knows which five classes these are"
    assert told["training"] is None
    digit = FOLDER / "digits" / "digit_7_a.png"
    assert main(["run", "lenet5_modern", "--image", str(digit), "--training", "3"]) == 0
    text = capsys.readouterr().out
    assert "True class: 7" in text
    assert "a batch of 3" in text


def test_a_ranking_is_a_sequence_of_predictions():
    found = answer([0.25, np.nan, 0.5])
    assert len(found) == 3
    assert found[0] == Prediction(2, "c", 0.5)
    assert found[-1].label == "b"
    assert found[:2] == (Prediction(2, "c", 0.5), Prediction(0, "a", 0.25))
    assert [p.index for p in found] == [2, 0, 1]
    assert found == answer([0.25, np.nan, 0.5]) == pickle.loads(pickle.dumps(found))
    assert found != answer([0.25, 0.5, 0.5])
    assert found != answer([0.25, np.nan, 0.5], names="xyz")
    with pytest.raises(IndexError):
        found[3]
