"""Corpora by name: where they come from, and what is said when they are not there."""

import dataclasses
import hashlib

import pytest

from leakgan_tf.data import captions
from leakgan_tf.data.corpora import (
    CAPTIONS_TEST,
    CAPTIONS_TRAIN,
    CORPORA,
    CorpusFile,
    captions_sources,
    corpus_sources,
    get_corpus,
    unfamiliar_files,
)
from leakgan_tf.data.dataset import load_dataset, prepare
from leakgan_tf.data.encoding import encode_corpus
from leakgan_tf.utils.errors import UserError

TEXYGEN = "https://github.com/geek-ai/Texygen"
PUBLIC = [name for name in CORPORA if name != "captions"]


def place(folder, *paths, text="a b .\n"):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"{path} {text}")


def test_the_corpora_by_name():
    names = ["captions", "coco", "emnlp_news", "chinese_poems", "speeches", "ptb", "nottingham"]
    assert list(CORPORA) == names
    with pytest.raises(UserError, match=", ".join(names)):
        get_corpus("shakespeare")


@pytest.mark.parametrize("name", PUBLIC)
def test_registry_entries_are_complete(name):
    corpus = get_corpus(name)
    assert corpus.repository.startswith("https://github.com/")
    for file in filter(None, (corpus.train, corpus.test)):
        assert file.path.split("/")[0] == {"speeches": "obama_speeches"}.get(name, name)
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.url is None or file.url.startswith("https://raw.githubusercontent.com/")


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("download", [False, True])
def test_missing_files_are_explained(tmp_path, name, download):
    corpus = get_corpus(name)
    if download and corpus.train.url:
        corpus = dataclasses.replace(corpus, train=dataclasses.replace(corpus.train, url=None))
    with pytest.raises(UserError) as caught:
        corpus_sources(corpus, tmp_path, download)
    message = str(caught.value)
    assert str(tmp_path / corpus.train.path) in message  # where to put it
    assert corpus.repository in message  # from where
    assert corpus.train.content in message  # what
    assert ("Texygen: data/" in message) == (corpus.repository == TEXYGEN)
    assert ("--download cannot" in message) == download
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", PUBLIC)
def test_without_a_folder_the_flag_and_the_variable_are_named(name):
    with pytest.raises(UserError, match=r"--data_dir or LEAKGAN_TF_DATA.*github\.com"):
        corpus_sources(get_corpus(name))


def test_files_are_found_and_strange_ones_noted(tmp_path):
    corpus = get_corpus("coco")
    place(tmp_path, "coco/train.txt", "coco/test.txt")
    train, test = corpus_sources(corpus, tmp_path)
    assert [source.name for source in (*train, *test)] == [
        str(tmp_path / "coco/train.txt"),
        str(tmp_path / "coco/test.txt"),
    ]
    assert len(unfamiliar_files(corpus, [*train, *test])) == 2
    known = dataclasses.replace(
        corpus, train=dataclasses.replace(corpus.train, sha256=train[0].sha256)
    )
    assert unfamiliar_files(known, [*train, *test]) == [test[0].name]


def test_poems_have_no_test_file_of_their_own(tmp_path):
    place(tmp_path, "chinese_poems/quatrains.txt")
    train, test = corpus_sources(get_corpus("chinese_poems"), tmp_path)
    assert (len(train), test) == (1, None)
    assert [name for name in CORPORA if CORPORA[name].is_split_here] == [
        "chinese_poems",
        "nottingham",
    ]


def test_download_fetches_what_is_missing_and_only_that(tmp_path, file_server):
    digest = hashlib.sha256(file_server.content).hexdigest()
    file = CorpusFile("made/up.txt", "lines", digest, file_server.url)
    corpus = dataclasses.replace(get_corpus("chinese_poems"), train=file)
    with pytest.raises(UserError, match="or add --download"):
        corpus_sources(corpus, tmp_path)
    for _ in range(2):
        train, _ = corpus_sources(corpus, tmp_path, download=True)
        assert train[0].sha256 == digest
    assert file_server.requests == 1
    assert unfamiliar_files(corpus, train) == []


def test_captions_are_generated_the_same_always_and_differ_between_parts():
    train, test = captions_sources(50, 30)
    assert (CAPTIONS_TRAIN, CAPTIONS_TEST) == (10_000, 5_000)
    lines = [line for _, line in train.read()]
    assert len(lines) == 50
    assert lines == [line for _, line in captions_sources(50, 30)[0].read()]
    assert lines[:30] != [line for _, line in test.read()]
    assert unfamiliar_files(get_corpus("captions"), [train, test]) == []


def test_prepared_captions_keep_their_exact_probability(tmp_path):
    train, test = captions_sources(2000, 50)
    encoded = prepare([train], tmp_path / "out", get_corpus("captions").settings, test=[test])
    loaded = load_dataset(tmp_path / "out")
    assert loaded.length == 20
    assert not loaded.vocabulary.unknown
    assert encoded.train_account.kept == 2000
    for row in loaded.train[:200]:
        tokens = loaded.vocabulary.decode(row)
        assert captions.log_prob(tokens) > -40
        assert loaded.tokenizer.tokenize(loaded.decode(row)) == tokens


def test_the_treebank_is_a_stream_of_windows_with_the_ends_of_lines(tmp_path):
    corpus = get_corpus("ptb")
    place(tmp_path, corpus.train.path, corpus.test.path, text="b c d e f g h i\n" * 9)
    train, test = corpus_sources(corpus, tmp_path)
    assert [line for _, line in train[0].read()][0] == "ptb/ptb.train.txt b c d e f g h i <eos>"
    encoded = encode_corpus(train, test, corpus.preset_settings("paper"))
    assert encoded.length == 20 and len(encoded.train) == 5  # 82 tokens
    words = encoded.vocabulary.decode(encoded.train[0])
    assert words[9:11] == ["<eos>", "b"] and encoded.vocabulary.knows("<eos>")
    assert (encoded.train[:-1] != 0).all()
    assert corpus.preset_settings("quick").vocab_size == 2000
    assert corpus.settings.vocab_size is None
    coco = get_corpus("coco")
    assert coco.preset_settings("quick") == coco.settings
