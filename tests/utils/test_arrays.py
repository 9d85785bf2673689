import io
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from leakgan_tf.utils.arrays import read_arrays
from leakgan_tf.utils.errors import UserError


def packed(save=np.savez, **arrays):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def member(content, name="ids.npy", compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def npy(header, data=b"", version=b"\x01\x00"):
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def header(shape="(2,)", dtype="'<i4'"):
    return f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}"


def bare():
    stream = io.BytesIO()
    np.save(stream, np.arange(3))
    return stream.getvalue()


def bomb():
    """A few hundred kilobytes that declare 400 MB, and have them."""
    stream = io.BytesIO()
    archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("ids.npy", "w") as out:
        out.write(npy(header("(400000000,)", "'|u1'")))
        for _ in range(400):
            out.write(bytes(1_000_000))
    return stream.getvalue()


def encrypted():
    content = bytearray(packed(ids=np.arange(3)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


HOSTILE = {
    "empty": b"",
    "a bare array": bare(),
    "no archive": b"nonsense" * 100,
    "an archive without members": member(b"")[-22:],
    "a member that is no array": member(b"text", "ids.txt"),
    "another compression": member(npy(header(), bytes(8)), compression=zipfile.ZIP_LZMA),
    "encrypted": encrypted(),
    "a shape of 2^64": member(npy(header("(18446744073709551616,)"), bytes(8))),
    "a shape that wraps around": member(npy(header("(4611686018427387905, 4)"), bytes(16))),
    "a shape of many gigabytes": member(npy(header("(100000000000,)"), bytes(8))),
    "a negative shape": member(npy(header("(-2, -1)"), bytes(8))),
    "a shape of text": member(npy(header("('a',)"), bytes(8))),
    "a shape of true": member(npy(header("(True, 2)"), bytes(4))),
    "objects": packed(ids=np.array([None, 1], object)),
    "text": packed(ids=np.array(["a", "b"])),
    "records": packed(ids=np.zeros(2, [("a", "i4"), ("b", "f4")])),
    "arrays in arrays": member(npy(header("()", "('<i4', (2,))"), bytes(8))),
    "dates": packed(ids=np.zeros(2, "M8[s]")),
    "more bytes than declared": member(npy(header(), bytes(12))),
    "fewer bytes than declared": member(npy(header(), bytes(4))),
    "another format version": member(npy(header(), bytes(8), b"\x07\x00")),
    "a header that is nested deep": member(npy(header("(" * 5000 + ")" * 5000), bytes(8))),
    "a header without a shape": member(npy("{'descr': '<i4'}", bytes(8))),
    "no array in it": packed(other=np.arange(3)),
    "a bomb": bomb(),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_archive_of_numbers_is_refused(tmp_path, name):
    path = tmp_path / "train.npz"
    path.write_bytes(HOSTILE[name])
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=r"train\.npz.*not token ids") as error:
            read_arrays(path, "token ids", ["ids"])
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert len(str(error.value)) < 400


def test_every_flipped_bit_of_the_data_is_noticed(tmp_path):
    wanted = np.arange(200, dtype=np.int32)
    for save in (np.savez, np.savez_compressed):
        content = packed(save, ids=wanted)
        path = tmp_path / "train.npz"
        for bit in range(0, 8 * len(content), 29):
            broken = bytearray(content)
            broken[bit // 8] ^= 1 << bit % 8
            path.write_bytes(broken)
            try:
                found = read_arrays(path, "token ids", ["ids"])
            except UserError as error:
                assert "train.npz" in str(error)
            else:  # a bit that says nothing about the array: a date, say
                np.testing.assert_array_equal(found["ids"], wanted)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_they_were(tmp_path, save):
    arrays = {
        "a/b": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "c": np.zeros((0, 4), np.float32),
        "d": np.asarray(3, np.int64),
        "e": np.arange(1000) % 2 == 0,
    }
    save(tmp_path / "x.npz", **arrays)
    found = read_arrays(tmp_path / "x.npz", "arrays")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    assert set(read_arrays(tmp_path / "x.npz", "arrays", ["d"])) == {"d"}


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    for name, message in (
        ("pipe.npz", "not a regular file"), ("absent.npz", "missing"), (".", "not a regular file")
    ):  # fmt: skip
        with pytest.raises(UserError, match=message):
            read_arrays(tmp_path / name, "arrays")
