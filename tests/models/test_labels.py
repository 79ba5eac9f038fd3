"""Class names against entries that every list of ImageNet agrees on."""

import pytest

from models.labels import class_names
from models.registry import find


def test_imagenet_names_stand_at_their_index():
    names = class_names(find("resnet50"), 1000)
    assert len(names) == len(set(names)) == 1000
    assert all(name == name.strip() != "" for name in names)
    known = {0: "tench", 281: "tabby", 504: "coffee mug", 657: "missile", 812: "space shuttle"}
    assert {index: names[index] for index in known} == known
    assert names[999] == "toilet tissue"


def test_digits():
    assert class_names(find("lenet5_modern"), 10) == tuple("0123456789")


@pytest.mark.parametrize(("id_", "classes"), [("resnet50", 10), ("lenet5_modern", 1000)])
def test_other_numbers_of_classes_have_no_names(id_, classes):
    assert class_names(find(id_), classes) is None
