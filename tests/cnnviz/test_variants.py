import numpy as np
import pytest

from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.library import catalog, open_model
from cnnviz.requests import GetWeights, ModelPreview, OpenModel, PreviewModel, RunImage, SetWeights
from cnnviz.variants import resolve, words

VARIANTS = {"include_top": (True, False), "width": (1.0, 0.75, 0.5), "cardinality": (32, 8, 1)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), {}),
        ((("width", "0.50"),), {"width": 0.5}),
        ((("width", 0.5), ("width", "0.75")), {"width": 0.75}),
        ((("width", "1"), ("include_top", "yes")), {}),
        ((("include_top", "False"),), {"include_top": False}),
        ((("include_top", "0"),), {"include_top": "0"}),
        ((("cardinality", "8"),), {"cardinality": 8}),
        ((("cardinality", "true"),), {"cardinality": "true"}),
        ((("depth", "8"),), {"depth": "8"}),
        ((("width", 1), ("include_top", 0)), {"include_top": False}),
    ],
)
def test_resolve_reads_what_was_typed_and_leaves_the_papers_out(given, expected):
    resolved = resolve(VARIANTS, given)
    assert resolved == expected
    assert [type(v) for v in resolved.values()] == [type(v) for v in expected.values()]


def test_words_say_only_what_differs():
    assert words(None, None, {}) == ""
    assert words((96, 96, 3), 10, {"width": 0.5}) == "96×96×3, 10 classes, width 0.5"
    assert words(None, 1, {"include_top": False}) == "1 class, without top"


def opened(*options, model="mobilenet", **given):
    return open_model(OpenModel(model, variant=options, **given)).answer


def params(graph):
    return sum(weight.size for node in graph.nodes for weight in node.weights)


def test_half_the_width_of_mobilenet_is_keras_own_half():
    """keras.applications.MobileNet(alpha=0.5, weights=None) has 1,342,536 parameters."""
    answer = opened(("width", "0.5"))
    assert params(answer.graph) == 1_342_536
    assert answer.title == "MobileNet (width 0.5)"
    assert answer.weights_available == ("random",)


def test_another_size_and_number_of_classes():
    answer = opened(input_shape=(160, 96, 3), classes=7)
    assert answer.graph.input_shape == (160, 96, 3)
    assert answer.graph.output_shape == (7,)
    assert answer.class_names is None
    # 1000 instead of 7 classes are 993 rows of 1,024 weights and one bias.
    assert params(opened().graph) - params(answer.graph) == 993 * 1025
    assert answer.changed == "160×96×3, 7 classes"


def test_what_is_the_papers_is_no_variant():
    answer = opened(("width", "1.0"), input_shape=(224, 224, 3), classes=1000)
    assert answer.title == "MobileNet"
    assert answer.weights_available == ("imagenet", "random")
    assert answer.graph == opened().graph


def test_without_the_top_the_answer_is_maps():
    answer = opened(("include_top", "no"))
    assert answer.graph.output_shape == (7, 7, 1024)
    assert answer.class_names is None
    assert answer.title == "MobileNet (without top)"
    assert "imagenet" in answer.weights_available


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"variant": (("width", "0.6"),)}, "0.75"),
        ({"variant": (("depth", "3"),)}, "width"),
        ({"input_shape": (16, 16, 3)}, "31x31"),
        ({"variant": (("include_top", "no"),), "classes": 3}, "classes"),
    ],
)
def test_bad_variants_say_what_there_is(given, said):
    with pytest.raises(UserError, match=said) as error:
        open_model(OpenModel("mobilenet", **given))
    assert "MobileNet" in str(error.value)


def test_a_size_too_small_names_the_layer():
    with pytest.raises(UserError, match="67x67") as error:
        open_model(OpenModel("alexnet", (32, 32, 3)))
    assert "pool" in str(error.value) or "conv" in str(error.value)


@pytest.mark.parametrize("given", [{"classes": 3}, {"variant": (("width", "0.5"),)}])
def test_a_file_has_no_variants(small_file, given):
    with pytest.raises(UserError, match="file"):
        open_model(OpenModel(str(small_file), **given))


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    import keras

    inputs = keras.Input((8, 8, 3))
    file = tmp_path_factory.mktemp("files") / "small.keras"
    keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs)).save(file)
    return file


def test_the_shipped_weights_without_the_top_are_those_below_it():
    """Every layer that is left has the same weights, and computes the same from the same digit."""
    picture = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    engine, values, maps = Engine(), [], []
    for options in ((), (("include_top", False),)):
        answer = engine.handle(OpenModel("lenet5_modern", variant=options))
        assert answer.weights_available[0] == "shipped"
        engine.handle(SetWeights("shipped"))
        result = engine.handle(RunImage(picture))
        last = next(node.name for node in answer.graph.nodes if node.name == "c5_conv")
        values.append(engine.handle(GetWeights(last)).values["kernel"])
        maps.append(next(node.stats for node in result.nodes if node.name == last))
    np.testing.assert_array_equal(*values)
    assert maps[0] == maps[1]
    assert result.predictions is None


def test_a_preview_says_what_would_open_and_opens_nothing():
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    wanted = OpenModel("mobilenet", (128, 128, 3), 10, variant=(("width", "0.25"),))
    preview = engine.handle(PreviewModel(wanted))
    fresh = open_model(wanted).answer.graph
    assert preview == ModelPreview(wanted, params(fresh), preview.macs, (10,), ("random",))
    assert preview.macs > 0
    engine.handle(SetWeights("shipped"))  # the one that is open is still LeNet
    with pytest.raises(UserError, match="31x31"):
        engine.handle(PreviewModel(OpenModel("mobilenet", (20, 20, 3))))


def test_every_value_of_every_variant_can_be_typed():
    for entry in catalog().values():
        for name, values in entry.variants.items():
            for value in values[1:]:
                assert resolve(entry.variants, [(name, str(value))]) == {name: value}
