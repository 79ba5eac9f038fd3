"""Files appear whole or not at all."""

import pytest

from cnnviz.errors import UserError
from cnnviz.files import filling, replacing


class Interruption(Exception):
    """Stands for Ctrl+C, a crash or a full disk in the middle of writing."""


def test_a_finished_file_replaces_the_old_one(tmp_path):
    target = tmp_path / "表 1.csv"
    target.write_text("old")
    with replacing(target) as temporary:
        assert temporary.suffix == ".csv"
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interrupted_file_leaves_the_old_one(tmp_path):
    target = tmp_path / "figure.svg"
    target.write_text("old")

    def write_half():
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise Interruption

    with pytest.raises(Interruption):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_filled_at_the_end(tmp_path):
    target = tmp_path / "maps" / "today"
    with filling(target) as staging:
        (staging / "a.npy").write_text("a")
        assert not (target / "a.npy").exists()
    assert [file.name for file in target.iterdir()] == ["a.npy"]

    def write_half():
        with filling(target) as staging:
            (staging / "a.npy").write_text("half")
            raise Interruption

    with pytest.raises(Interruption):
        write_half()
    assert (target / "a.npy").read_text() == "a"
    assert [file.name for file in target.iterdir()] == ["a.npy"]


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a folder"), replacing(tmp_path):
        pass
    for folder, reason in (("missing", "No such file"), ("file", "Not a directory")):
        with (
            pytest.raises(UserError, match=rf"cannot be written \({reason}"),
            replacing(tmp_path / folder / "x.json") as temporary,
        ):
            temporary.write_text("x")
    with pytest.raises(UserError, match="cannot be written"), filling(tmp_path / "file"):
        pass
    with pytest.raises(UserError, match="cannot be written"), filling(tmp_path / "file" / "x"):
        pass
