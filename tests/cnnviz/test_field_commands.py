"""`rf` and `run --gradcam` on the command line."""

import json

import numpy as np
import pytest
from PIL import Image

import main

DIGIT = "models/assets/samples/digits/digit_7_a.png"


def run(capsys, *arguments):
    status = main.main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_rf_as_json(capsys):
    status, out, _ = run(
        capsys, "rf", "vgg16", "--layer", "block5_pool", "--position", "3,3", "--json"
    )
    report = json.loads(out)
    assert status == 0
    assert (report["size"], report["stride"], report["padding"]) == ([212] * 2, [32] * 2, [90] * 2)
    assert report["from"] == "input"
    assert report["position"]["window"] == [[6, 218], [6, 218]]
    assert report["position"]["share_in_padding"] == 0
    assert report["growth"][-1]["size"] == [212, 212]


def test_rf_between_two_layers_and_from_a_pixel(capsys):
    status, out, _ = run(
        capsys, "rf", "lenet5_modern", "--layer", "c3_conv", "--from", "s2_pool", "--pixel", "0,0"
    )
    assert status == 0
    assert "measured in s2_pool (14 × 14)" in out
    assert "Size     5 × 5" in out
    assert "Cell 0, 0 reaches 1 positions: rows 0..0, columns 0..0" in out


def test_rf_of_a_vector(capsys):
    status, out, _ = run(capsys, "rf", "lenet5_modern", "--layer", "f6_dense")
    assert status == 0
    assert "Every position sees all of it." in out


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--layer", "c3_cnv"), 1, "did you mean 'c3_conv'"),
        (("--layer", "c3_conv", "--from", "nowhere"), 1, "no layer 'nowhere'"),
        (("--layer", "c3_conv", "--position", "10,0"), 1, "no such position"),
        (("--layer", "c3_conv", "--pixel", "32,0"), 1, "no such position"),
        (("--layer", "c3_conv", "--position", "a,b"), 2, "not of the form R,C"),
        ((), 2, "--layer"),
    ],
)
def test_rf_refuses(capsys, arguments, status, says):
    found, out, err = run(capsys, "rf", "lenet5_modern", *arguments)
    assert (found, out) == (status, "")
    assert says in err


def test_gradcam_as_a_picture(capsys, tmp_path):
    file = tmp_path / "cam.png"
    status, _, err = run(
        capsys, "run", "lenet5_modern", "--image", DIGIT, "--gradcam", str(file), "--class", "7"
    )
    assert status == 0
    assert "Grad-CAM of 7 (7) at 's4_pool'" in err
    picture = np.asarray(Image.open(file))
    assert picture.shape == (32, 32, 3)
    # The digit is grey; the map has colours, and only where it has cells.
    coloured = np.ptp(picture.astype(int), axis=-1) > 0
    assert coloured[6:26, 6:26].any()
    assert not coloured[:5].any()


@pytest.mark.parametrize(
    ("name", "index", "says"),
    [("cam.png", "10", "classes 0..9"), ("cam.txt", "1", "no picture's name")],
)
def test_gradcam_refuses(capsys, tmp_path, name, index, says):
    status, _, err = run(
        capsys,
        *("run", "lenet5_modern", "--image", DIGIT),
        *("--gradcam", str(tmp_path / name), "--class", index),
    )
    assert status == 1
    assert says in err
    assert not list(tmp_path.iterdir())
