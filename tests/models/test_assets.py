"""The lists that ship, against entries that every copy of them agrees on."""

from models.weights import ASSETS


def test_imagenet_names_stand_at_their_index():
    names = (ASSETS / "imagenet_classes.txt").read_text(encoding="utf-8").splitlines()
    assert len(names) == len(set(names)) == 1000
    assert all(name == name.strip() != "" for name in names)
    known = {0: "tench", 281: "tabby", 504: "coffee mug", 657: "missile", 812: "space shuttle"}
    assert {index: names[index] for index in known} == known
    assert names[999] == "toilet tissue"
