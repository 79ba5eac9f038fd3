"""The command line's grammar: what it accepts, and what is wrong usage."""

import pytest

from cnnviz.arguments import parser


def parse(line):
    return parser().parse_args(line.split())


def test_nothing_means_the_window():
    arguments = parse("")
    assert (arguments.command, arguments.model, arguments.image) == (None, None, None)
    arguments = parse("--model vgg16 --image cat.jpg")
    assert (arguments.command, arguments.model, arguments.image) == (None, "vgg16", "cat.jpg")


def test_debug_stands_anywhere():
    assert parse("--debug list").debug
    assert parse("list --debug").debug
    assert not parse("list").debug


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown", "latex"])
def test_forms_of_a_description(form):
    flag = "" if form == "text" else f"--{form}"
    arguments = parse(f"describe vgg16 {flag} --input 320x256X3")
    assert (arguments.form, arguments.input_shape) == (form, (320, 256, 3))


@pytest.mark.parametrize(
    ("device", "meaning"),
    [("cpu", "cpu"), ("gpu", "gpu:0"), ("gpu:1", "gpu:1"), ("auto", "auto")],
)
def test_devices(device, meaning):
    assert parse(f"run vgg16 --image x --device {device}").device == meaning


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("paint", "invalid choice: 'paint'"),
        ("describe", "required: MODEL"),
        ("describe vgg16 --json --csv", "not allowed with"),
        ("describe vgg16 --input 224", "'224' is not of the form HxWxC"),
        ("describe vgg16 --input 224x224x0", "is not of the form HxWxC"),
        ("describe vgg16 --input 224x-224x3", "is not of the form HxWxC"),
        ("describe vgg16 --js", "unrecognized arguments"),
        ("run vgg16", "required: --image"),
        ("run vgg16 --image x --top 0", "'0' is not a whole number above 0"),
        ("run vgg16 --image x --top ²", "is not a whole number above 0"),
        ("run vgg16 --image x --device tpu", "'tpu' is none of cpu, gpu"),
        ("screenshot graph", "required: -o"),
        ("screenshot graph -o x.png --size 1600", "is not of the form WxH"),
        ("screenshot graph -o x.png --theme pink", "invalid choice: 'pink'"),
        ("--model", "expected one argument"),
    ],
)
def test_wrong_usage(line, says, capsys):
    with pytest.raises(SystemExit) as end:
        parse(line)
    assert end.value.code == 2
    assert says in capsys.readouterr().err
