"""The whole catalog against published numbers, or closed formulas where nobody published any."""

import json
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

from cnnviz.costs import graph_costs
from cnnviz.extract import graph_from_model
from cnnviz.receptive_field import receptive_fields
from models.assign import symbolic
from models.registry import catalog, find

ROOT = Path(__file__).parents[2]
NUMBERS = json.loads((ROOT / "tests/data/numbers.json").read_text(encoding="utf-8"))

NETWORKS = {id_: entry for id_, entry in catalog().items() if not entry.exhibit}

# Trainable parameters, all parameters, MACs. All stand in numbers.json (see the next table) but
# for the totals of our own builders, which add two running statistics for each normalised channel,
# and the rows under "by formula".
COUNTS = {
    "lenet5": (60_000, 60_840, 326_520),
    "lenet5_modern": (61_706, 61_706, 416_520),
    "alexnet": (60_965_224, 60_965_224, 724_406_816),
    "alexnet_one_tower": (61_100_840, 61_100_840, 716_767_232),
    "zfnet": (62_357_608, 62_357_608, 1_168_032_896),
    "zfnet_512": (107_627_624, 107_627_624, 2_476_704_896),
    "vgg11": (132_863_336, 132_863_336, 7_609_090_048),
    "vgg13": (133_047_848, 133_047_848, 11_308_466_176),
    "vgg16": (138_357_544, 138_357_544, 15_470_264_320),
    "vgg19": (143_667_240, 143_667_240, 19_632_062_464),
    "googlenet": (13_378_280, 13_378_280, 1_591_044_096),
    "inception_bn": (11_285_224, 11_285_224 + 20_032, 2_032_600_064),
    "inception_v3": (23_817_352, 23_851_784, 5_713_216_096),
    "inception_v4": (42_679_816, 42_679_816 + 63_168, 12_253_974_624),
    "inception_resnet_v2": (55_813_192, 55_873_736, 13_155_794_016),
    "resnet18": (11_689_512, 11_689_512 + 9_600, 1_814_073_344),
    "resnet34": (21_797_672, 21_797_672 + 17_024, 3_663_761_408),
    "resnet50": (25_583_592, 25_636_712, 3_857_973_248),
    "resnet101": (44_601_832, 44_707_176, 7_570_194_432),
    "resnet152": (60_268_520, 60_419_944, 11_282_415_616),
    "resnet50v2": (25_568_360, 25_613_800, 3_482_255_360),
    "resnet101v2": (44_577_896, 44_675_560, 7_194_476_544),
    "resnet152v2": (60_236_904, 60_380_648, 10_906_697_728),
    "resnext50_32x4d": (25_028_904, 25_028_904 + 68_224, 4_230_479_872),
    "resnext101_32x8d": (88_791_336, 88_791_336 + 202_880, 16_414_015_488),
    "resnext101_64x4d": (83_455_272, 83_455_272 + 202_880, 15_460_270_080),
    "densenet121": (7_978_856, 8_062_504, 2_834_161_664),
    "densenet169": (14_149_480, 14_307_880, 3_359_843_328),
    "densenet201": (20_013_928, 20_242_984, 4_291_365_888),
    "mobilenet": (4_231_976, 4_253_864, 568_740_352),
    "mobilenet_v2": (3_504_872, 3_538_984, 300_774_272),
    "mobilenet_v3_small": (2_542_856, 2_554_968, 56_510_400),
    "mobilenet_v3_large": (5_483_032, 5_507_432, 216_589_760),
    "shufflenet_v1_g3": (1_864_728, 1_864_728 + 24_480, 137_460_672),
    "shufflenet_v1_g8": (2_433_768, 2_433_768 + 39_168, 138_365_952),
    "shufflenet_v2_x0_5": (1_366_792, 1_366_792 + 7_952, 40_476_448),
    "shufflenet_v2_x1_0": (2_278_604, 2_278_604 + 16_180, 144_907_992),
    "shufflenet_v2_x1_5": (3_503_624, 3_503_624 + 23_440, 295_759_392),
    "shufflenet_v2_x2_0": (7_393_996, 7_393_996 + 33_716, 583_253_464),
    "squeezenet1_0": (1_248_424, 1_248_424, 818_924_576),
    "squeezenet1_1": (1_235_496, 1_235_496, 349_151_936),
    "xception": (22_855_952, 22_910_480, 8_357_403_496),
    "efficientnet_b0": (5_288_548, 5_330_571, 385_814_752),
}

# Where numbers.json keeps another name, or counts for another source.
KNOWN_AS = {
    "alexnet_one_tower": "alexnet_eecs498",
    "mobilenet": "mobilenet_v1",
    "shufflenet_v1_g3": "shufflenet_v1_g3_1x",
}
BY_FORMULA = {"plain18", "plain34", "cifar_plain20", "cifar_plain56", "cifar_resnet20"} | {
    "cifar_resnet56",
    "shufflenet_v1_g1",
    "shufflenet_v1_g2",
    "shufflenet_v1_g4",
}


def built(entry, **variant):
    with symbolic():
        return entry.build(**variant)


@cache
def model_of(id_):
    return built(find(id_))


@cache
def graph_of(id_):
    return graph_from_model(model_of(id_))


def counted(id_):
    """Trainable parameters, all parameters, MACs: by our own cost table, checked against Keras."""
    costs = graph_costs(graph_of(id_))
    assert not costs.not_counted
    assert costs.params == model_of(id_).count_params()
    return costs.trainable_params, costs.params, costs.macs


def test_every_network_is_counted_here():
    assert set(COUNTS) | BY_FORMULA == set(NETWORKS)


@pytest.mark.parametrize("id_", COUNTS)
def test_counts(id_):
    assert counted(id_) == COUNTS[id_]


@pytest.mark.parametrize("id_", COUNTS)
def test_the_counts_are_the_published_ones(id_):
    trainable, total, macs = COUNTS[id_]
    tables = NUMBERS["paper_tables"]
    if id_ == "shufflenet_v1_g8":
        assert [trainable, macs] == tables["shufflenet_v1_table1"]["exact_megvii"]["g8 1x"]
    elif id_ in ("shufflenet_v2_x1_5", "shufflenet_v2_x2_0"):
        exact = tables["shufflenet_v2_table5"]["torchvision_exact"]
        assert [trainable, macs] == exact[id_.removeprefix("shufflenet_v2_")]
    else:
        known = NUMBERS["architectures"][KNOWN_AS.get(id_, id_)]
        params = {row["value"] for row in known["params"].values()}
        assert {trainable, total} & params
        assert macs in {row["value"] for row in known["macs"].values()}
        for row in known["params"].values():
            if row["value"] == total and "trainable" in row.get("note", ""):
                assert f"trainable {trainable} " in row["note"]


@pytest.mark.parametrize(
    "id_", [i for i in COUNTS if KNOWN_AS.get(i, i) in NUMBERS["architectures"]]
)
def test_facts_are_the_published_ones(id_):
    known = NUMBERS["architectures"][KNOWN_AS.get(id_, id_)]
    entry = find(id_)
    facts = (entry.year, entry.authors, entry.paper, entry.venue, entry.arxiv)
    assert facts == tuple(known[key] for key in ("year", "authors", "title", "venue", "arxiv"))
    assert list(entry.input_shape) == known["input"]
    assert entry.family == known["family"].removesuffix("V2")


def protocol_of(text):
    """Which of the protocols that must never be mixed a description means."""
    text = text.lower()
    if any(word in text for word in ("ensemble", "averaged", "convnets")):
        return "ensemble"
    for kind, words in PROTOCOLS.items():
        if any(word in text for word in words):
            return kind
    raise AssertionError(text)


PROTOCOLS = {
    "10 crops": ("10-crop", "10 crop"),
    "144 crops": ("144 crops",),
    "multi-crop": ("multi-crop",),
    "dense": ("dense",),
    "320 crop": ("320",),
    "1 crop": ("single crop", "1-crop", "centre crop", "single 224 crop", "1 crop"),
}


@pytest.mark.parametrize("id_", NETWORKS)
def test_accuracies_are_published_with_the_same_protocol(id_):
    known_as = KNOWN_AS.get(id_, id_)
    if id_ == "alexnet_one_tower":
        known_as = "alexnet_owt"
    table = NUMBERS["architectures"].get(known_as, {"accuracy": []})["accuracy"]
    published = [
        (
            row.get("top1_acc"),
            row.get("top5_acc"),
            protocol_of(f"{row['source']} {row['protocol']}"),
        )
        for row in table
    ]
    groups = NUMBERS["paper_tables"]["shufflenet_v1_table1"]["top1_err_1x"]
    if id_.startswith("shufflenet_v1_g"):
        published.append((round(100 - groups[id_[-2:]], 1), None, "1 crop"))
    for accuracy in find(id_).accuracy:
        ours = (accuracy.top1, accuracy.top5, protocol_of(accuracy.protocol))
        assert ours in published


def test_the_family_tree_has_one_root():
    for entry in catalog().values():
        ancestors = [entry]
        while ancestors[-1].parent is not None:
            parent = find(ancestors[-1].parent)
            assert parent not in ancestors
            assert not parent.exhibit
            assert parent.year <= ancestors[-1].year or entry.exhibit
            ancestors.append(parent)
        assert ancestors[-1].id == "lenet5"


class Tally:
    """Adds up layers by the formulas of a convolution; knows nothing of Keras."""

    def __init__(self):
        self.trainable = self.statistics = self.macs = 0

    def conv(self, cells, channels, filters, size, groups=1):
        weights = size * size * channels // groups * filters
        self.macs += cells * weights
        self.trainable += weights + 2 * filters
        self.statistics += 2 * filters

    def dense(self, channels, classes, bias=True):
        self.macs += channels * classes
        self.trainable += channels * classes + bias * classes

    @property
    def counts(self):
        return self.trainable, self.trainable + self.statistics, self.macs


@pytest.mark.parametrize(("depth", "blocks"), [(18, (2, 2, 2, 2)), (34, (3, 4, 6, 3))])
def test_plain_networks_by_formula(depth, blocks):
    tally = Tally()
    tally.conv(112 * 112, 3, 64, 7)
    channels, side = 64, 56
    for stage, count in enumerate(blocks):
        filters, side = 64 * 2**stage, 56 // 2**stage
        for _ in range(count):
            tally.conv(side * side, channels, filters, 3)
            tally.conv(side * side, filters, filters, 3)
            channels = filters
    tally.dense(512, 1000)
    assert counted(f"plain{depth}") == tally.counts
    assert tally.trainable == {18: 11_515_688, 34: 21_623_848}[depth]


@pytest.mark.parametrize("depth", [20, 56])
def test_cifar_networks_by_formula(depth):
    tally = Tally()
    tally.conv(32 * 32, 3, 16, 3)
    channels = 16
    for filters, side in ((16, 32), (32, 16), (64, 8)):
        for _ in range((depth - 2) // 6):
            tally.conv(side * side, channels, filters, 3)
            tally.conv(side * side, filters, filters, 3)
            channels = filters
    tally.dense(64, 10)
    assert tally.trainable == {20: 269_722, 56: 853_018}[depth]
    assert counted(f"cifar_plain{depth}") == tally.counts
    assert counted(f"cifar_resnet{depth}") == tally.counts


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 8])
def test_shufflenets_by_formula(groups):
    table = NUMBERS["paper_tables"]["shufflenet_v1_table1"]
    tally = Tally()
    tally.conv(112 * 112, 3, 24, 3)
    channels, side = 24, 56
    for stage, units in (("stage2", 4), ("stage3", 8), ("stage4", 4)):
        filters = table[stage][f"g{groups}"]
        for unit in range(units):
            halves = unit == 0
            grouped = 1 if (stage, unit) == ("stage2", 0) else groups
            tally.conv(side * side, channels, filters // 4, 1, grouped)
            if halves:
                side //= 2
            tally.conv(side * side, filters // 4, filters // 4, 3, filters // 4)
            made = filters - channels if halves else filters
            tally.conv(side * side, filters // 4, made, 1, groups)
            channels = filters
    tally.dense(channels, 1000, bias=False)
    assert counted(f"shufflenet_v1_g{groups}") == tally.counts
    # The paper rounds to millions, and cuts rather than rounds.
    assert abs(tally.macs / 1e6 - table["complexity_MFLOPs"][f"g{groups}"]) < 1.5


@pytest.mark.parametrize("id_", NETWORKS)
def test_shapes_and_names(id_):
    entry, model = find(id_), model_of(id_)
    assert model.name == id_
    assert model.input_shape == (None, *entry.input_shape)
    assert model.outputs[0].shape == (None, entry.classes)
    assert model.layers[0].name == "input"
    names = [operation.name for operation in model.operations]
    assert len(set(names)) == len(names)
    keras_counters = {"conv2d", "batch_normalization", "activation", "add", "concatenate", "re_lu"}
    assert not [name for name in names if name.rstrip("0123456789").strip("_") in keras_counters]


@pytest.mark.parametrize(
    "id_", ["inception_v3", "inception_resnet_v2", "mobilenet_v3_small", "resnet50v2", "xception"]
)
def test_names_are_given_in_the_order_of_the_making(id_):
    """What Keras numbers through the life of the process is named alike each time."""
    again = built(find(id_))
    assert [o.name for o in again.operations] == [o.name for o in model_of(id_).operations]


def test_names_tell_what_the_layers_are():
    sizes = {"1x1": (1, 1), "3x3": (3, 3), "5x5": (5, 5), "1x7": (1, 7), "7x1": (7, 1)}
    sizes |= {"1x3": (1, 3), "3x1": (3, 1)}
    seen = 0
    for layer in model_of("inception_v3").layers:
        role = layer.name.removesuffix("_conv").split("_", 1)[-1]
        last = role.removesuffix("_1").removesuffix("_2").split("_")[-1]
        if layer.name.endswith("_conv") and last in sizes:
            assert layer.kernel_size == sizes[last], layer.name
            seen += 1
        if layer.name.endswith("_relu"):
            before = graph_of("inception_v3").by_name[layer.name].inputs
            assert before == (layer.name.removesuffix("relu") + "bn",)
    assert seen > 40


# Final maps before the classifier: size, stride, and padding where it was published. From the
# recurrences and graph walks that numbers.md gives in section 8.
FIELDS = {
    "lenet5": ("c5_conv", 32, 4, 0),
    "alexnet": ("pool5", 195, 32, 64),
    "alexnet_one_tower": ("pool5", 195, 32, 66),
    "zfnet": ("pool5", 171, 32, 59),
    "vgg11": ("block5_pool", 150, 32, 59),
    "vgg13": ("block5_pool", 156, 32, 62),
    "vgg16": ("block5_pool", 212, 32, 90),
    "vgg19": ("block5_pool", 268, 32, 118),
    "googlenet": ("inception_5b_concat", 715, 32, None),
    "inception_bn": ("inception_5b_concat", 699, 32, 318),
    "inception_v3": ("mixed10", 1311, 32, 618),
    "inception_v4": ("inception_c3_concat", 2071, 32, 998),
    "inception_resnet_v2": ("conv_7b_ac", 3039, 32, 1482),
    "resnet50": ("conv5_block3_out", 483, 32, None),
    "resnet101": ("conv5_block3_out", 1027, 32, None),
    "resnet152": ("conv5_block3_out", 1507, 32, None),
    "resnet50v2": ("post_relu", 483, 32, None),
    "resnext50_32x4d": ("conv5_block3_out", 427, 32, None),
    "resnext101_32x8d": ("conv5_block3_out", 971, 32, None),
    "mobilenet": ("conv_pw_13_relu", 315, 32, None),
    "shufflenet_v1_g3": ("stage4_unit4_out", 527, 32, 263),
}


@pytest.mark.parametrize("id_", FIELDS)
def test_receptive_fields(id_):
    node, size, stride, padding = FIELDS[id_]
    field = receptive_fields(graph_of(id_))[node]
    assert field.size == (size, size)
    assert field.stride == (stride, stride)
    if padding is not None:
        assert field.padding == (padding, padding)


@pytest.mark.parametrize("id_", ["lenet5", "cifar_resnet20", "cifar_plain20", "squeezenet1_1"])
def test_small_ones_run(id_):
    entry = find(id_)
    model = entry.build(input_shape=(*2 * (max(entry.minimum_size, 32),), entry.input_shape[2]))
    pixels = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype("float32")
    scores = keras.ops.convert_to_numpy(model(pixels))
    assert scores.shape == (2, entry.classes)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_efficientnet_is_keras_own():
    """Layer for layer; Keras adds the second rescaling only together with ImageNet weights."""
    ours = find("efficientnet_b0").build(input_shape=(32, 32, 3))
    theirs = keras.applications.EfficientNetB0(weights=None, input_shape=(32, 32, 3))
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 1.5, w.shape) * 0.2 for w in theirs.weights]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    named = [layer.name for layer in theirs.layers if layer.weights]
    assert [layer.name for layer in ours.layers if layer.weights] == named
    inside = rng.normal(size=(2, 32, 32, 3)).astype("float32")
    outputs = [
        keras.Model(model.get_layer("stem_conv_pad").input, model.output)(inside)
        for model in (ours, theirs)
    ]
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, outputs), rtol=1e-4, atol=1e-7)
    source = Path(keras.applications.EfficientNetB0.__globals__["__file__"]).read_text("utf-8")
    assert "1.0 / math.sqrt(stddev) for stddev in IMAGENET_STDDEV_RGB" in source
    spread = keras.applications.EfficientNetB0.__globals__["IMAGENET_STDDEV_RGB"]
    np.testing.assert_allclose(
        ours.get_layer("deviation_rescaling").scale, 1 / np.sqrt(spread), rtol=1e-6
    )
