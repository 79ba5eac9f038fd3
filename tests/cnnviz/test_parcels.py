"""Values between processes: what goes in comes out, and no shared memory stays behind."""

import itertools
import os
import pickle
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest

from cnnviz.parcels import SHARED_FROM_BYTES, SPARE_BYTES, Receiver, Sender
from cnnviz.requests import Activation

numbers = itertools.count()


@pytest.fixture
def pair():
    prefix = f"cnnviztest{os.getpid()}n{next(numbers)}p"
    sender, receiver = Sender(prefix), Receiver(prefix)
    yield sender, receiver, prefix
    sender.abandon()


def exists(prefix, number):
    try:
        SharedMemory(f"{prefix}{number}").close()
    except FileNotFoundError:
        return False
    return True


def cross(value, pair):
    """Through a pickle, as through the pipe."""
    sender, receiver, _ = pair
    parcel = pickle.loads(pickle.dumps(sender.pack(value)))
    result = receiver.unpack(parcel)
    if parcel.segment is not None:
        sender.received(parcel.segment)
    return parcel, result


def test_small_values_stay_in_the_pipe(pair):
    parcel, result = cross({"a": np.arange(10), "b": "text"}, pair)
    assert parcel.segment is None
    np.testing.assert_array_equal(result["a"], np.arange(10))
    assert result["b"] == "text"


def test_large_arrays_take_the_shared_memory(pair):
    big = np.random.default_rng(0).random(SHARED_FROM_BYTES // 4, np.float32)
    odd = np.arange(SHARED_FROM_BYTES + 13, dtype=np.uint8)
    parcel, result = cross([big, "between", odd, big[:5], Activation("node", big)], pair)
    assert len(parcel.pickled) < 10_000
    assert parcel.sizes == (big.nbytes, odd.nbytes)  # the same array is sent once
    np.testing.assert_array_equal(result[0], big)
    np.testing.assert_array_equal(result[2], odd)
    np.testing.assert_array_equal(result[3], big[:5])
    np.testing.assert_array_equal(result[4].values, big)


def test_a_segment_is_taken_again_once_it_was_copied_out(pair):
    sender, receiver, prefix = pair
    first, second = (np.full(SHARED_FROM_BYTES, value, np.uint8) for value in (1, 2))
    one, one_result = cross(first, pair)
    again, again_result = cross(second, pair)
    assert again.segment == one.segment
    np.testing.assert_array_equal(one_result, first)
    np.testing.assert_array_equal(again_result, second)
    under_way = [sender.pack(first), sender.pack(second)]
    assert under_way[0].segment != under_way[1].segment
    for parcel, sent in zip(under_way, (first, second), strict=True):
        np.testing.assert_array_equal(receiver.unpack(parcel), sent)
        sender.received(parcel.segment)
    assert all(exists(prefix, parcel.segment) for parcel in under_way)


def test_large_segments_are_kept_but_no_huge_one(pair):
    _, _, prefix = pair
    small, _ = cross(np.zeros(SHARED_FROM_BYTES, np.uint8), pair)
    large, _ = cross(np.zeros(SPARE_BYTES // 2, np.uint8), pair)
    larger, _ = cross(np.zeros(SPARE_BYTES - SHARED_FROM_BYTES // 2, np.uint8), pair)
    huge, _ = cross(np.zeros(SPARE_BYTES + 1, np.uint8), pair)
    kept = [exists(prefix, parcel.segment) for parcel in (small, large, larger, huge)]
    assert kept == [False, False, True, False]


def test_a_small_value_leaves_a_large_segment_to_large_ones(pair):
    _, _, prefix = pair
    large, _ = cross(np.zeros(SPARE_BYTES // 2, np.uint8), pair)
    small, _ = cross(np.zeros(SHARED_FROM_BYTES, np.uint8), pair)
    again, _ = cross(np.ones(SPARE_BYTES // 4, np.uint8), pair)
    assert small.segment != large.segment == again.segment
    assert exists(prefix, small.segment)


@pytest.mark.parametrize("writeable", [True, False])
def test_what_must_not_be_written_stays_so(writeable, pair):
    big = np.zeros(SHARED_FROM_BYTES, np.uint8)
    big.flags.writeable = writeable
    _, result = cross(big, pair)
    assert result.flags.writeable == writeable


@pytest.mark.parametrize("turn", [np.transpose, lambda a: a[::2, ::2], np.asfortranarray])
def test_arrays_in_any_memory_order(turn, pair):
    big = turn(np.random.default_rng(1).random((800, 900), np.float32))
    _, result = cross(big, pair)
    np.testing.assert_array_equal(result, big)


def test_a_receiver_frees_what_a_dead_sender_left(pair):
    sender, receiver, prefix = pair
    big = np.zeros(SHARED_FROM_BYTES, np.uint8)
    cross(big, pair)
    left = [sender.pack(big).segment for _ in range(3)]
    assert all(exists(prefix, number) for number in left)
    assert receiver.sweep() == 3
    assert not any(exists(prefix, number) for number in left)
    assert receiver.sweep() == 0


def test_a_receiver_frees_the_segments_that_a_dead_sender_kept(pair):
    _, receiver, prefix = pair
    small, _ = cross(np.zeros(SHARED_FROM_BYTES, np.uint8), pair)
    large, _ = cross(np.zeros(2 * SHARED_FROM_BYTES, np.uint8), pair)
    assert exists(prefix, small.segment)
    assert exists(prefix, large.segment)
    assert receiver.sweep() == 2
    assert not exists(prefix, small.segment)
    assert not exists(prefix, large.segment)


def test_a_sender_frees_what_nobody_took(pair):
    sender, _, prefix = pair
    parcel = sender.pack(np.zeros(SHARED_FROM_BYTES, np.uint8))
    assert exists(prefix, parcel.segment)
    sender.abandon()
    assert not exists(prefix, parcel.segment)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="segments are files on Linux only")
def test_nothing_stays_in_dev_shm(pair):
    for _ in range(3):
        cross(np.zeros(2 * SHARED_FROM_BYTES, np.uint8), pair)
    assert len(list(Path("/dev/shm").glob(f"{pair[2]}*"))) == 1
    pair[0].abandon()
    assert not list(Path("/dev/shm").glob(f"{pair[2]}*"))
