"""The laboratory: its line, what it refuses, and every lecture against what it should give."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from cnnviz.arithmetic import compute, step
from cnnviz.cells import KERNELS, PICTURES, make_kernel, read_grid, write_grid
from cnnviz.convolution import shuffle_order
from cnnviz.experiment import account, build
from cnnviz.lab import Lab, LabError, parse
from cnnviz.lectures import BY_ID, LECTURES
from cnnviz.rivals import rivals

CASES = json.loads((Path(__file__).parents[1] / "data/numbers.json").read_text(encoding="utf-8"))[
    "conv_arithmetic"
]


def run(line):
    return build(parse(line))


def correlate(x, kernel, mode="valid"):
    """Cross-correlation of two matrices by loops."""
    height, width = kernel.shape
    if mode == "full":
        x = np.pad(x, ((height - 1,) * 2, (width - 1,) * 2))
    if mode == "same":
        x = np.pad(x, ((height // 2,) * 2, (width // 2,) * 2))
    return np.array(
        [
            [
                (x[i : i + height, j : j + width] * kernel).sum()
                for j in range(x.shape[1] - width + 1)
            ]
            for i in range(x.shape[0] - height + 1)
        ]
    )


def lecture(name):
    return run(BY_ID[name].line)


# Every lecture.


def test_the_vertical_edge():
    assert lecture("edge").output[:, :, 0].tolist() == [[0, 30, 30, 0]] * 4


def test_the_bias_of_minus_500():
    found = lecture("relu")
    assert found.values.shape == (5, 5, 1)
    picture = np.outer(np.arange(1, 6), np.arange(1, 6)) * 10.0
    # Neighbours of a product table add up to the middle: 2 m + 4 m.
    expected = np.maximum(6 * picture[1:4, 1:4] - 500, 0)
    assert found.output[:, :, 0].tolist() == expected.tolist()
    assert (expected == 0).any()
    assert (expected > 0).any()
    assert step(found.operation, found.values, 0, 0, 0).total == 240 - 500


def test_a_convolution_gives_the_kernel_back():
    assert lecture("flip").output[:, :, 0].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    plain = run(BY_ID["flip"].line.replace("op=convolution,", ""))
    assert plain.output[:, :, 0].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]


@pytest.mark.parametrize(
    ("name", "shape", "params"),
    [("one_filter", (28, 28, 1), 5 * 5 * 3 + 1), ("six_filters", (28, 28, 6), 6 * 76)],
)
def test_five_by_five_over_colours(name, shape, params):
    found = lecture(name)
    assert found.output.shape == shape
    assert found.operation.params == params


@pytest.mark.parametrize(
    ("name", "size", "left_over"),
    [
        ("stride_1", 5, 0), ("stride_2", 3, 0), ("stride_3", 2, 1), ("same", 7, 0),
        ("same_5", 7, 0), ("same_stride", 3, 0),
    ],
)  # fmt: skip
def test_stride_and_padding(name, size, left_over):
    found = lecture(name)
    assert found.output.shape == (size, size, 1)
    assert found.operation.rows.left_over == left_over
    assert any("2.333" in remark for remark in found.remarks) == (name == "stride_3")


def test_same_padding_with_a_stride_is_not_symmetric():
    assert lecture("same_stride").operation.columns.padding == (0, 1)


def test_one_by_one_is_a_dot_product():
    found = lecture("one_by_one")
    weights = np.array([[1, 2, -1, 0.5], [0, 1, 0, -1]]).T
    np.testing.assert_allclose(found.output, found.values @ weights)


@pytest.mark.parametrize(("name", "side", "count"), [("two_threes", 5, 2), ("three_threes", 7, 3)])
def test_small_kernels_against_a_large_one(name, side, count):
    large, small = (account(*rival) for rival in BY_ID[name].rivals)
    channels, cells = 16, 16 * 16
    assert (large.params, small.params) == (side**2 * channels**2, count * 9 * channels**2)
    assert (large.macs, small.macs) == (large.params * cells, small.params * cells)
    assert large.field == small.field == side


def test_depthwise_against_standard():
    depthwise, both, standard = (account(*rival) for rival in BY_ID["depthwise"].rivals)
    assert depthwise.params == 3 * 3 * 32
    assert both.params == 3 * 3 * 32 + 32 * 32
    assert standard.params == 3 * 3 * 32 * 32
    found = lecture("depthwise")
    for channel in (0, 31):
        expected = correlate(found.values[..., channel], found.operation.kernel[:, :, 0, channel])
        np.testing.assert_allclose(found.output[..., channel], expected)


def test_groups_see_their_half():
    halves, whole = (account(*rival) for rival in BY_ID["grouped"].rivals)
    assert halves.params * 2 == whole.params
    found = lecture("grouped")
    assert [found.operation.channels_read(k).tolist() for k in range(4)] == [
        [0, 1], [0, 1], [2, 3], [2, 3],
    ]  # fmt: skip


def test_the_channel_shuffle():
    """As the text says, as the layer of the museum does, and each half hears of both."""
    from models.layers import ChannelShuffle

    found = lecture("shuffle").operation
    order = shuffle_order(6, 2)
    assert order.tolist() == [0, 3, 1, 4, 2, 5]
    assert "0 3 1 4 2 5" in BY_ID["shuffle"].text
    for groups in (1, 2, 3, 4):
        channels = np.arange(12.0)
        layer = ChannelShuffle(groups, name="shuffle")
        np.testing.assert_array_equal(
            np.asarray(layer(channels[None, None, None])).ravel(), shuffle_order(12, groups)
        )
    heard = [{int(order[c]) // 3 for c in found.channels_read(k)} for k in range(6)]
    assert heard == [{0, 1}] * 6


# Rivals.


@pytest.mark.parametrize("name", [lecture.id for lecture in LECTURES if lecture.rivals])
def test_rivals_compute_what_their_layers_do(name):
    found = rivals(BY_ID[name])
    # They stand before the same input, and end in maps of the same size.
    assert len({rival.maps[0].tobytes() for rival in found}) == 1
    assert len({rival.maps[-1].shape[:2] for rival in found}) == 1
    for rival in found:
        assert [layer.input_shape for layer in rival.layers] == [
            values.shape for values in rival.maps[:-1]
        ]
        assert rival.account.params == sum(layer.params for layer in rival.layers)


@pytest.mark.parametrize("name", ["two_threes", "depthwise", "global_pool", "grouped"])
def test_what_a_rival_sees_is_what_moves_it(name):
    """Change the input cell by cell: an output changes only for cells in its window."""
    for rival in rivals(BY_ID[name]):
        rows, columns, filters = rival.maps[-1].shape
        row, column, channel = rows // 2, columns // 2, filters - 1
        seen = rival.seen(row, column, channel)[0]
        inside = np.zeros(rival.maps[0].shape, bool)
        inside[
            max(seen.rows[0], 0) : seen.rows[1] + 1,
            max(seen.columns[0], 0) : seen.columns[1] + 1,
            list(seen.channels),
        ] = True
        assert inside.any()

        def output(values, rival=rival, where=(row, column, channel)):
            for layer in rival.layers:
                values = compute(layer, values)
            return values[where]

        was = rival.maps[0]
        assert output(np.where(inside, was, was + 100)) == pytest.approx(output(was))
        # Every edge of the window counts; single weights of a random kernel may be zero.
        uneven = np.sqrt(np.arange(was.size).reshape(was.shape) + 2.0)
        sides = [(y, slice(*seen.columns)) for y in seen.rows]
        sides += [(slice(*seen.rows), x) for x in seen.columns]
        for side in sides if seen.rows[0] < seen.rows[1] else ():
            moved = was.copy()
            moved[side] += uneven[side]
            assert output(moved) != pytest.approx(output(was), abs=1e-6)


def test_max_pooling():
    assert lecture("max_pool").output[:, :, 0].tolist() == [[6, 8], [3, 4]]
    found = lecture("alexnet_pool")
    x = found.values[..., 0]
    expected = [[x[i : i + 3, j : j + 3].max() for j in (0, 2, 4)] for i in (0, 2, 4)]
    assert found.output[..., 0].tolist() == expected


def test_global_pooling_against_flatten():
    found = lecture("global_pool")
    np.testing.assert_allclose(found.output[0, 0], found.values.mean(axis=(0, 1)))
    pooled, flat = (account(*rival) for rival in BY_ID["global_pool"].rivals)
    assert (pooled.params, flat.params) == (160, 7840)


ARITHMETIC = [
    "dv_1", "dv_2", "dv_3", "dv_4", "dv_5", "dv_6", "dv_7", "dv_8", "dv_9", "dv_10", "dv_11",
    "dv_12", "dv_13", "dv_14", "dv_15",
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "name"),
    list(zip(CASES, ARITHMETIC, strict=True)),
    ids=[case["case"] for case in CASES],
)
def test_the_cases_of_dumoulin_and_visin(case, name):
    """The published examples, sizes and all."""
    found = lecture(name)
    example = case["example"].split(";")[0]
    if not example:  # pooling has none
        assert found.output.shape == (3, 3, 1)
        return
    given, size = example.split("->")
    numbers = dict(re.findall(r"([a-z])'?=(\d+)", given))
    assert found.values.shape[0] == int(numbers["i"])
    assert found.operation.size[0] == int(numbers["k"])
    assert found.operation.stride[0] == int(numbers.get("s", 1))
    assert found.output.shape == (int(size), int(size), 1)


def test_the_odd_case():
    assert lecture("dv_6b").output.shape == (3, 3, 1)
    assert lecture("dv_6b").operation.rows.left_over == 1


@pytest.mark.parametrize("name", list(BY_ID))
def test_a_lecture_is_its_line(name):
    line = BY_ID[name].line
    found = run(line)
    again = run(found.lab.line())
    assert found.lab == again.lab
    np.testing.assert_array_equal(found.output, again.output)
    assert str(found.output.shape[1]) in found.formulas[-1].rsplit("=", 1)[1]
    # Its map, assembled from some of its steps.
    shape = found.output.shape
    for place in (
        (0, 0, 0),
        (shape[0] // 2, shape[1] // 2, shape[2] // 2),
        tuple(n - 1 for n in shape),
    ):
        assert step(found.operation, found.values, *place).value == pytest.approx(
            found.output[place], abs=1e-9
        )


def test_ids_are_unique():
    assert len(BY_ID) == len(LECTURES)


# Kernels by name, against loops.


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_slides(kernel):
    found = run(f"N=8,input=random,kernel={kernel}")
    kernel = found.operation.kernel[:, :, 0, 0]
    expected = correlate(found.values[..., 0], kernel)
    np.testing.assert_allclose(found.output[..., 0], expected, atol=1e-12)


@pytest.mark.parametrize("picture", PICTURES)
def test_every_picture_is_there(picture):
    assert run(f"N=4x6,C=2,input={picture},K=1").values.shape == (4, 6, 2)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_true_convolution_flips_the_kernel(mode):
    found = run(f"op=convolution,N=7,P={mode},input=random,kernel=random")
    typed = make_kernel("random", 3, 3, 0)
    expected = correlate(found.values[..., 0], typed[::-1, ::-1], mode)
    np.testing.assert_allclose(found.output[..., 0], expected)


def test_a_separable_convolution_mixes():
    found = run("op=separable,N=4,C=2,M=3,input=random,kernel=box;identity,mix=1 0 2/0 1 -1")
    assert found.operation.params == 2 * 9 + 6
    one = correlate(found.values[..., 0], np.full((3, 3), 1 / 9))
    np.testing.assert_allclose(found.output[..., 0], one)


def test_strides_and_dilations_together():
    found = run("N=9,S=2,D=3,P=2,input=random,kernel=random")
    padded = np.pad(found.values[..., 0], 2)
    kernel = found.operation.kernel[:, :, 0, 0]
    size = found.output.shape[0]
    assert size == (9 + 4 - 6 - 1) // 2 + 1
    expected = [
        [(padded[2 * i : 2 * i + 7 : 3, 2 * j : 2 * j + 7 : 3] * kernel).sum() for j in range(size)]
        for i in range(size)
    ]
    np.testing.assert_allclose(found.output[..., 0], expected)


# The line.


def test_numbers_survive_the_line():
    lab = Lab(input="1, 2\n3.5 -4", kernel="1e-3", K="1", bias="2")
    again = parse(lab.line())
    np.testing.assert_array_equal(build(again).values, build(lab).values)
    np.testing.assert_array_equal(build(again).output, build(lab).output)
    assert read_grid(write_grid(build(lab).values[..., 0])).tolist() == [[1, 2], [3.5, -4]]


def test_a_usual_laboratory_has_a_line_too():
    assert parse(Lab().line()) == Lab()


# What is refused, and at which field.


@pytest.mark.parametrize(
    ("line", "field", "sentence"),
    [
        ("N=3,K=5", "K", "covers 5 cells and the padded input has 3"),
        ("N=5,K=3,D=3", "K", "covers 7 cells"),
        ("S=0", "S", "from 1 to"),
        ("S=x", "S", "no whole number"),
        ("P=-1", "P", "from 0 to"),
        ("P=much", "P", "valid, same or full"),
        ("D=0", "D", "from 1 to"),
        ("C=4,M=4,G=3", "G", "do not divide the 4 input channels"),
        ("C=4,M=3,G=2", "M", "do not divide 3 filters"),
        ("op=depthwise,C=4,M=6", "M", "do not divide 6"),
        ("N=10000", "N", "from 1 to 128"),
        ("N=5x", "N", "no size"),
        ("N=128,C=512,K=7,M=512", "M", "more weights"),
        ("N=128,C=64,K=3,M=64", "N", "steps of work"),
        ("op=max,N=128,C=512,K=9", "N", "steps of work"),
        ("input=1 2/3", "input", "row 2 has 1 numbers and row 1 has 2"),
        ("input=1 two/3 4", "input", "row 1, cell 2 is 'two'"),
        ("input=1 nan", "input", "'nan'"),
        ("input=", "input", "there is no ''"),
        ("input=1 2/3 4,N=3", "input", "N says 3"),
        ("input=1 2/3 4;1", "input", "differ in size"),
        ("kernel=1 2 3/4 5", "kernel", "row 2 has 2"),
        ("kernel=sobel x,K=5,N=9", "kernel", "'sobel x' is 3 × 3"),
        ("kernel=of mine", "kernel", "there is no 'of mine'"),
        ("kernel=1 2/3 4,K=3", "kernel", "K says 3"),
        ("op=wavelet", "op", "There is no 'wavelet'"),
        ("act=tangent", "act", "There is no 'tangent'"),
        ("bias=1 2,M=3", "bias", "one for each of the 3 filters"),
        ("op=separable,C=2,M=2,mix=1 2 3", "mix", "give a row for each"),
        ("op=transposed,N=2,K=1,P=3", "P", "cuts everything away"),
        ("op=transposed,G=2,C=2,M=2", "G", "no groups"),
        ("nonsense", "line", "nonsense"),
        ("N=5,N=6", "N", "given twice"),
        ("", "line", "empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_the_field(line, field, sentence):
    with pytest.raises(LabError) as caught:
        run(line)
    assert sentence in caught.value.problems[field]


def test_a_paste_beyond_all_measure_is_not_read():
    with pytest.raises(LabError) as caught:
        build(Lab(input="0 " * 600_000))
    assert "far more numbers" in caught.value.problems["input"]


@pytest.mark.parametrize(
    "text", ["1\t\t3\n4\t\t6", "1,,3\n4,,6", "\t1\t2\n\t3\t4", "1, 2,\n3, 4,", "1 _ 3/4 _ 6"]
)
def test_an_empty_cell_is_said_even_where_every_row_has_one(text):
    for lab in (Lab(input=text), parse(Lab(input=text).line())):
        with pytest.raises(LabError, match=r"cell \d is empty"):
            build(lab)


def test_cells_parted_in_any_usual_way():
    for text in ("1\t2\r\n3\t4\r\n", "1, 2\n3, 4", " 1 2 \n\n 3  4", "1 2/3 4", "1,2/3,4"):
        found = build(Lab(input=text, K="1"))
        assert found.values[..., 0].tolist() == [[1, 2], [3, 4]], text


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(LabError) as caught:
        run("S=0,P=-1,act=x")
    assert set(caught.value.problems) == {"S", "P", "act"}
