import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from models.registry import catalog, find
from ui.panels.architecture_card import (
    MANY,
    SINGLE,
    TEN,
    ArchitectureCard,
    accuracy_groups,
    children,
)


@pytest.fixture
def card(qtbot):
    made = ArchitectureCard()
    qtbot.addWidget(made)
    made.resize(300, 900)
    made.show()
    return made


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_every_accuracy_stands_once_and_ten_crops_never_beside_one():
    for entry in catalog().values():
        groups = dict(accuracy_groups(entry))
        told = [accuracy for rows in groups.values() for accuracy in rows]
        assert len(told) == len(entry.accuracy)
        assert set(told) == set(entry.accuracy)
        assert all("10" not in a.protocol for a in groups.get(SINGLE, ()))
        assert all(a.protocol.startswith("10") for a in groups.get(TEN, ()))
        assert all("single crop" not in a.protocol for a in groups.get(MANY, ()))


def test_alexnets_four_protocols_are_kept_apart():
    groups = dict(accuracy_groups(find("alexnet")))
    assert [a.top1 for a in groups[SINGLE]] == [57.1, 58.2]
    assert [a.top1 for a in groups[TEN]] == [59.3]
    assert [a.top1 for a in groups[MANY]] == [61.9]


def test_the_facts_can_be_selected(card):
    card.show_architecture(find("mobilenet"))
    shown = {fact.name: fact.value for fact in card.facts.facts}
    assert shown["arXiv"] == "1704.04861"
    assert shown["Input"] == "224 × 224 × 3"
    selectable = Qt.TextInteractionFlag.TextSelectableByMouse
    labels = [label for label in card.findChildren(QLabel) if label.text() == "1704.04861"]
    assert labels
    assert all(label.textInteractionFlags() & selectable for label in labels)
    assert find("mobilenet").key_ideas in texts(card)
    for accuracy in find("mobilenet").accuracy:
        assert any(accuracy.source in text for text in texts(card))


def test_what_one_has_and_the_next_has_not_goes_away(card, qtbot):
    card.show_architecture(find("googlenet"))
    card.show_architecture(find("lenet5_modern"))
    assert not card.accuracy.isVisible()
    assert "arXiv" not in [fact.name for fact in card.facts.facts]


def test_relatives_are_links(card, qtbot):
    card.show_architecture(find("resnet50"))
    text = card.relatives.text()
    for other in ("resnet34", "resnext50_32x4d", "densenet121", "block_residual_bottleneck"):
        assert f'href="{other}"' in text
    assert [e.id for e in children(find("vgg13"))] == ["vgg16"]
    with qtbot.waitSignal(card.chosen) as chosen:
        line = card.relatives.fontMetrics()
        where = QPoint(line.horizontalAdvance("Grew from: Re"), line.height() // 2)
        qtbot.mouseClick(card.relatives, Qt.MouseButton.LeftButton, pos=where)
    assert chosen.args == ["resnet34"]
