import pytest

from ui import words


@pytest.mark.parametrize(
    ("extents", "text"),
    [
        ((28, 28, 512), "28 × 28 × 512"),
        ((1000,), "1,000"),
        ((None, None, 3), "? × ? × 3"),
        ((), "a number"),
    ],
)
def test_shape(extents, text):
    assert words.shape(extents) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (141 << 20, "141 MiB"), (3 << 40, "3 TiB")],
)
def test_size(count, text):
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (61_706, "61.71 k"), (3_857_973_248, "3.858 G"), (999_999, "1 M")],
)
def test_big(count, text):
    assert words.big(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0000042, "4 µs"), (0.0032, "3.2 ms"), (0.25, "250 ms"), (12.345, "12.3 s")],
)
def test_duration(seconds, text):
    assert words.duration(seconds) == text


def test_settings_leave_out_what_is_as_usual():
    text = words.settings(
        {
            "filters": 64,
            "kernel_size": [3, 3],
            "strides": (2, 2),
            "groups": 1,
            "dilation_rate": [1, 1],
            "padding": "same",
            "activation": "linear",
            "use_bias": False,
            "epsilon": 1e-5,
        }
    )
    assert text == "filters 64, kernel 3×3, strides 2×2, padding same, no bias, epsilon 1e-05"


def test_settings_say_what_is_not_usual():
    values = {"groups": 32, "dilation_rate": [2, 2], "use_bias": True, "keepdims": True}
    assert words.settings(values) == "groups 32, dilation 2×2, keepdims"
