"""Pickles that were made to do harm, beside those of `test_oracle.py` that would run something."""

import pickle
import struct
import tracemalloc

import numpy as np
import pytest

from leakgan_tf.tasks.array_pickle import read_pickled_arrays
from leakgan_tf.utils.errors import UserError

DTYPE = b"cnumpy\ndtype\n(S'f4'\nI00\nI01\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"


def array(state, dtype=DTYPE):
    """A pickled array whose state is given in parts: version and shape, dtype, order and data."""
    begin, end = state
    return b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR" + (
        b"(" + begin + dtype + end + b"tb"
    )


GOOD = array((b"I1\n(I2\nt", b"I00\nS'abcdefgh'\n"))


def flags(kind, number):
    """A dtype whose state has flags: that its elements are objects, say."""
    return DTYPE.replace(b"'f4'", kind).replace(b"I-1\nI0\n", b"I-1\nI%d\n" % number)


HOSTILE = {
    "a list that contains itself": b"(lp0\n" + b"g0\na" * 8 + b".",
    "lists in lists": b"(l" * 5000 + b"a" * 4999 + b".",
    "one list shared in levels": b"]q\x00" + b"]q\x01h\x00ah\x00ah\x01q\x00" * 60 + b".",
    "a memo of many gigabytes": b"(lr\xff\xff\xff\xff.",
    "text of many gigabytes": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"abc.",
    "bytes of many gigabytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc.",
    "a frame of many gigabytes": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"].",
    "a hash without end": b")q\x00" + b"h\x00h\x00\x86q\x00" * 90 + b"}h\x00Ns.",
    "too many operations": b"]" + b"Na" * 200_000 + b".",
    "a number of many digits": b"(lL" + b"9" * 100_000 + b"L\na.",
    "dtype of objects": b"(l" + array((b"I1\n(I2\nt", b"I00\nS'abcdefgh'\n"), flags(b"'O8'", 63)),
    "dtype flags of objects": b"(l" + array((b"I1\n(I2\nt", b"I00\nN"), flags(b"'f4'", 63)),
    "shape beyond 64 bits": b"(l" + array((b"I1\n(L18446744073709551616L\nt", b"I00\nS'a'\n")),
    "shape that wraps around": b"(l" + array((b"I1\n(L4611686018427387904L\nI4\nt", b"I00\nS''\n")),
    "negative shape": b"(l" + array((b"I1\n(I-2\nI-1\nt", b"I00\nS'abcdefgh'\n")),
    "numbers for data": b"(l" + array((b"I1\n(I2\nt", b"I00\nI8\n")),
    "state of an array missing": GOOD[: GOOD.rindex(b"(I1\n(I2")],
    "state for a constructor": b"(lcnumpy\nndarray\n(S'__setstate__'\nNtba.",
    "no list": GOOD + b".",
}
HOSTILE = {
    name: content if content.endswith(b".") else content + b"a."
    for name, content in HOSTILE.items()
}


def read(path, content, count=1):
    path.write_bytes(content)
    return read_pickled_arrays(path, count)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_refused_without_taking_memory(tmp_path, name):
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=r"weights\.pkl"):
            read(tmp_path / "weights.pkl", HOSTILE[name])
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()


def test_the_hostile_ones_differ_from_a_good_one_in_one_place(tmp_path):
    (found,) = read(tmp_path / "weights.pkl", b"(l" + GOOD + b"a.")
    np.testing.assert_array_equal(found, np.frombuffer(b"abcdefgh", "<f4"))


@pytest.mark.parametrize("kind", ["f8", ">f4", "i4", "u1", "f2"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_arrays_of_numbers_come_back_as_they_were(tmp_path, kind, order, protocol):
    wanted = np.asarray(np.arange(6).reshape(2, 3), kind, order=order)
    scalar = np.asarray(3, kind)
    content = pickle.dumps((wanted, scalar), protocol)
    found, again = read(tmp_path / "weights.pkl", content, 2)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(again, scalar)
