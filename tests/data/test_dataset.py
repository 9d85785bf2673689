"""The folder of prepared text: complete, checked, there whole or not at all."""

import gzip
import hashlib
import json
import os

import numpy as np
import pytest

from leakgan_tf.data import dataset
from leakgan_tf.data.dataset import load_dataset, prepare
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.sources import generated_source
from leakgan_tf.utils import folders
from leakgan_tf.utils.errors import UserError

SETTINGS = PrepareSettings(lowercase=True, max_length=8, seed=3)
LINES = [f"A dog, number {i}, is." for i in range(30)] + ["It isn't a dog, that red dog."] * 2


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "raw" / "text.txt"
    path.parent.mkdir()
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_what_is_read(tmp_path, raw):
    encoded = prepare([raw], tmp_path / "out", SETTINGS)
    loaded = load_dataset(tmp_path / "out")
    np.testing.assert_array_equal(loaded.train, encoded.train)
    np.testing.assert_array_equal(loaded.test, encoded.test)
    assert loaded.train.dtype == loaded.test.dtype == np.int32
    assert loaded.vocabulary == encoded.vocabulary
    assert loaded.settings == SETTINGS
    assert loaded.length == 8
    assert (loaded.tokenizer.name, loaded.tokenizer.lowercase) == ("word", True)
    assert loaded.corpus is None
    assert listing(tmp_path / "out") == sorted(dataset._PARTS + (dataset.RECORD,))
    texts = [loaded.decode(row) for row in loaded.train]
    assert len(texts) == 27
    assert set(texts) <= {line.lower() for line in LINES}


def test_the_record_tells_settings_counts_and_checksums(tmp_path, raw):
    prepare([raw], tmp_path / "out", SETTINGS, corpus="mine")
    record = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert record["settings"] == SETTINGS.to_json()
    assert record["train"]["lines"] == 32
    assert record["train"]["too_long"] == 2
    assert record["train"]["kept"] == 27
    assert record["test"]["kept"] == 3
    assert record["corpus"] == "mine"
    assert record["inputs"][0]["sha256"] == hashlib.sha256(raw.read_bytes()).hexdigest()
    for name, digest in record["sha256"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_the_same_text_and_seed_give_the_same_bytes(tmp_path, raw):
    for name in ("one", "two"):
        prepare([raw], tmp_path / name, SETTINGS)
    for name in dataset._PARTS:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_several_files_packed_or_not_are_one_text(tmp_path, raw):
    packed = tmp_path / "raw" / "more.gz"
    packed.write_bytes(gzip.compress(b"one more.\n"))
    encoded = prepare([raw, packed], tmp_path / "out", SETTINGS)
    assert encoded.train_account.lines == 33


def test_chinese_goes_in_and_comes_out(tmp_path):
    poem = "秦 川 雄 帝 宅 ， 函 谷 壮 皇 居 。"
    source = generated_source("poems", [poem] * 3)
    prepare([source], tmp_path / "out", PrepareSettings(tokenizer="char"))
    loaded = load_dataset(tmp_path / "out")
    assert loaded.length == 12
    assert loaded.decode(loaded.test[0]) == poem.replace(" ", "")


def test_damage_to_any_file_is_found(tmp_path, raw):
    prepare([raw], tmp_path / "out", SETTINGS)
    for name in dataset._PARTS:
        path = tmp_path / "out" / name
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        with pytest.raises(UserError, match=f"{name} is damaged"):
            load_dataset(tmp_path / "out")
        path.unlink()
        with pytest.raises(UserError, match=name):
            load_dataset(tmp_path / "out")
        path.write_bytes(content)
    load_dataset(tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "something"}, "is not a data folder"),
        ({"version": 99}, "version 99"),
        ({"length": 9}, "does not fit"),
        ({"length": None}, r"dataset\.json\.length must be a whole number"),
        ({"sha256": ["x"]}, r"dataset\.json\.sha256 must be an object"),
        ({"settings": {"lowercase": "no"}}, "lowercase must be true or false"),
        ({"settings": {"colour": "red"}}, "colour"),
        ({"settings": {"tokenizer": "bpe"}}, "tokenizer"),
    ],
)
def test_records_that_do_not_fit_are_refused(tmp_path, raw, change, message):
    prepare([raw], tmp_path / "out", SETTINGS)
    path = tmp_path / "out" / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=message):
        load_dataset(tmp_path / "out")


def test_folders_without_a_record_are_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match="not a data folder"):
            load_dataset(folder)


def test_an_existing_folder_is_replaced_only_on_request(tmp_path, raw):
    prepare([raw], tmp_path / "out", SETTINGS)
    with pytest.raises(UserError, match="--overwrite"):
        prepare([raw], tmp_path / "out")
    assert load_dataset(tmp_path / "out").settings == SETTINGS
    prepare([raw], tmp_path / "out", overwrite=True)
    assert load_dataset(tmp_path / "out").settings == PrepareSettings()
    assert listing(tmp_path) == ["out", "raw"]


def test_overwriting_touches_nothing_but_data_folders(tmp_path, raw):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match="does not touch"):
        prepare([raw], precious, overwrite=True)
    with pytest.raises(UserError, match="is a file"):
        prepare([raw], precious / "thesis.txt", overwrite=True)
    prepare([raw], tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt"):
        prepare([raw], tmp_path / "out", overwrite=True)
    assert (precious / "thesis.txt").read_text() == "all of it"
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_failures_leave_the_old_folder_and_nothing_else(tmp_path, raw, monkeypatch):
    prepare([raw], tmp_path / "out", SETTINGS)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def no_space(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", no_space)
    for out in ("out", "new", "deep/er"):
        with pytest.raises(UserError, match="No space left"):
            prepare([raw], tmp_path / out, overwrite=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert not list(tmp_path.rglob("*.part"))
    assert listing(tmp_path) == ["out", "raw"]


def test_if_the_new_folder_cannot_take_its_place_the_old_one_comes_back(tmp_path, raw, monkeypatch):
    prepare([raw], tmp_path / "out", SETTINGS)
    rename = folders.Path.rename

    def refuse_new(path, target):
        if path.suffix == ".part":
            raise OSError(1, "Operation not permitted")
        return rename(path, target)

    monkeypatch.setattr(folders.Path, "rename", refuse_new)
    with pytest.raises(UserError, match="not permitted"):
        prepare([raw], tmp_path / "out", overwrite=True)
    assert load_dataset(tmp_path / "out").settings == SETTINGS
    assert listing(tmp_path) == ["out", "raw"]


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path, raw):
    prepare([raw], tmp_path / "out", SETTINGS)
    (tmp_path / "out").rename(tmp_path / ".out.01234567.old")
    assert load_dataset(tmp_path / "out").settings == SETTINGS
    (tmp_path / "out").rename(tmp_path / ".out.01234567.old")
    with pytest.raises(UserError, match="exists"):
        prepare([raw], tmp_path / "out")
    assert load_dataset(tmp_path / "out").settings == SETTINGS
    assert listing(tmp_path) == ["out", "raw"]


def test_places_that_cannot_hold_a_folder_are_refused_before_reading(tmp_path, raw):
    def unread():
        raise AssertionError("text was read")

    source = generated_source("unread", ["a"])
    source = type(source)(source.name, unread, source.sha256)
    with pytest.raises(UserError, match="not a folder that can be written"):
        prepare([source], raw / "inside")


def test_the_same_content_for_training_and_test_is_refused(tmp_path, raw):
    copy = tmp_path / "raw" / "copy.txt"
    copy.write_bytes(raw.read_bytes())
    with pytest.raises(UserError, match=r"copy\.txt has the same content as .*text\.txt"):
        prepare([raw], tmp_path / "out", test=[copy])
    assert listing(tmp_path) == ["raw"]


def test_text_that_is_no_regular_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="is a folder: give its files"):
        prepare([tmp_path], tmp_path / "out")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="not a regular file"):
        prepare([tmp_path / "pipe"], tmp_path / "out")
    with pytest.raises(UserError, match=r"absent\.txt"):
        prepare([tmp_path / "absent.txt"], tmp_path / "out")
    with pytest.raises(UserError, match="no text"):
        prepare([], tmp_path / "out")
