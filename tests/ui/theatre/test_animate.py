"""`animate`, from the front door."""

from pathlib import Path

import pytest
from PIL import Image

import main

DIGIT = Path(__file__).parents[3] / "models/assets/samples/digits/digit_7_a.png"


def animate(*arguments):
    return main.main(["animate", *map(str, arguments)])


def test_a_laboratory(tmp_path, qapp, capsys):
    path = tmp_path / "lab.gif"
    assert animate("--lab", "N=5,K=3,S=2,P=1,D=1", "-o", path) == 0
    assert "9 frames" in capsys.readouterr().out
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size) == (9, (800, 450))


def test_a_layer(tmp_path, qapp, capsys):
    path = tmp_path / "layer.png"
    done = animate(
        "lenet5_modern", "--layer", "c3_conv", "--image", DIGIT, "-o", path, "--frames", 3,
        "--by-channel", "--channel", 15, "--size", "500x300", "--theme", "dark",
    )  # fmt: skip
    assert done == 0, capsys.readouterr().err
    assert "3 frames, of 600 steps" in capsys.readouterr().out
    with Image.open(path) as film:
        assert (film.n_frames, film.size) == (3, (500, 300))


def test_a_view_of_its_own(tmp_path, qapp, capsys):
    path = tmp_path / "stamps.gif"
    line = "op=transposed,N=2,K=3,S=2"
    assert animate("--lab", line, "--view", "scatter", "-o", path) == 0
    assert "4 frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--lab", "N=5,S=0", "-o", "x.gif"), "S: 0 does not go"),
        (("--lab", "nonsense", "-o", "x.gif"), "no name=value"),
        (("--lab", "N=5", "-o", "x.mp4"), "use .gif"),
        (("--lab", "N=5", "-o", "no/such/folder/x.gif"), "cannot be written"),
        (("--lab", "N=5", "-o", "x.gif", "--channel", "1"), "from 0 to 0"),
        (("--lab", "N=5", "-o", "x.gif", "--view", "shuffle"), "choose from slide, product, dense"),
        (("--lab", "N=5", "-o", "x.gif", "--size", "50x50"), "200 to 4096"),
        (("lenet5_modern", "--lab", "N=5", "-o", "x.gif"), "not both"),
        (("lenet5_modern", "-o", "x.gif"), "--layer NODE and --image"),
        (("lenet5_modern", "--layer", "flatten", "--image", DIGIT, "-o", "x.gif"), "c1_conv"),
        (("lenet5_modern", "--layer", "nowhere", "--image", DIGIT, "-o", "x.gif"), "no layer"),
        (("--lab", "N=60", "-o", "x.png", "--size", "2000x1500", "--frames", "2000"), "--large"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    tmp_path, monkeypatch, qapp, capsys, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
    assert animate(*arguments) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())
