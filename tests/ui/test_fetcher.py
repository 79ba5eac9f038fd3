import numpy as np
import pytest

from cnnviz.requests import Activation, GetActivation
from ui.fetcher import Fetcher
from ui.jobs import Failure, Lane


class HandLane(Lane):
    """A lane whose jobs end when the test says so."""

    def __init__(self):
        super().__init__()
        self.sent = []

    def _send(self, job):
        self.sent.append(job)

    @property
    def asked(self):
        return [job.request.node for job in self.sent]

    def answer(self, bytes_each=400):
        job = self.sent[-1]
        values = np.zeros(bytes_each // 4, np.float32)
        self._finish(job, job.succeeded, Activation(job.request.node, values))

    def fail(self, text):
        job = self.sent[-1]
        self._finish(job, job.failed, Failure.of(text))


@pytest.fixture
def lane(qapp):
    return HandLane()


@pytest.fixture
def fetched():
    return []


@pytest.fixture
def fetcher(lane, fetched):
    return Fetcher(
        lane,
        GetActivation,
        lambda answer: fetched.append(answer.node),
        lambda node, text: fetched.append((node, text)),
        budget=1000,
    )


def test_one_at_a_time_and_the_last_wish_wins(lane, fetcher, fetched):
    for node in ("a", "b", "c", "d"):
        fetcher.want(node)
    assert lane.asked == ["a"]
    lane.answer()
    assert lane.asked == ["a", "d"]
    lane.answer()
    assert fetched == ["d"]
    assert lane.asked == ["a", "d"]


def test_what_comes_next_is_fetched_ahead_and_not_announced(lane, fetcher, fetched):
    fetcher.want("a", then="b")
    lane.answer()
    lane.answer()
    assert lane.asked == ["a", "b"]
    assert fetched == ["a"]
    assert fetcher.get("b").node == "b"


def test_the_oldest_is_dropped_when_the_budget_is_spent(lane, fetcher):
    for node in ("a", "b"):
        fetcher.want(node)
        lane.answer()
    fetcher.get("a")  # used again: now b is the oldest
    fetcher.want("c")
    lane.answer()
    assert fetcher.get("b") is None
    assert fetcher.get("a") is not None
    assert fetcher.get("c") is not None


def test_answers_about_an_older_run_are_dropped(lane, fetcher, fetched):
    fetcher.want("a")
    fetcher.forget()
    lane.answer()
    assert fetched == []
    assert fetcher.get("a") is None
    fetcher.want("a")
    lane.answer()
    assert fetched == ["a"]


def test_a_failure_is_told_once_and_the_next_wish_goes_on(lane, fetcher, fetched):
    fetcher.want("a")
    lane.fail("It is gone: run the picture again.")
    assert fetched == [("a", "It is gone: run the picture again.")]
    fetcher.want("b")
    lane.answer()
    assert fetched[-1] == "b"


def test_a_failure_to_fetch_ahead_is_not_told(lane, fetcher, fetched):
    fetcher.want("a", then="b")
    lane.answer()
    lane.fail("It is gone.")
    assert fetched == ["a"]
    assert lane.asked == ["a", "b"]
