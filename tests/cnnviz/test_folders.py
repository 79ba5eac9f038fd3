import os

import pytest

from cnnviz.errors import UserError
from cnnviz.folders import pictures_in


def test_pictures_come_in_the_order_of_people(tmp_path):
    names = ["photo 10.jpg", "Photo 2.PNG", "a.tif", "b.webp", "photo 2b.jpeg", "7.gif", "07.bmp"]
    for name in [*names, "letter.txt", ".hidden.png", "no suffix"]:
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [file.name for file in pictures_in(tmp_path)] == [
        "07.bmp", "7.gif", "a.tif", "b.webp", "Photo 2.PNG", "photo 2b.jpeg", "photo 10.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize("digits", ["²", "٣", "1" * 50])
def test_numbers_of_all_sorts_do_not_trouble_it(tmp_path, digits):
    (tmp_path / f"{digits}.png").touch()
    (tmp_path / "2.png").touch()
    assert len(pictures_in(tmp_path)) == 2


def test_a_folder_without_pictures_is_said_to_be_one(tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(UserError, match="no pictures in the folder"):
        pictures_in(tmp_path)


def test_a_folder_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        pictures_in(tmp_path / "nowhere")
    if os.geteuid() != 0:
        tmp_path.chmod(0)
        with pytest.raises(UserError, match="permissions"):
            pictures_in(tmp_path)
        tmp_path.chmod(0o700)
