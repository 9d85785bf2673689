"""One word is one word of the vocabulary, in whichever of Unicode's forms it is given."""

import json
import unicodedata

import pytest

from leakgan_tf.api.datasets import prepare
from leakgan_tf.api.scores import evaluate
from leakgan_tf.data import dataset
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.sources import generated_source
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.runs.request import encode_prompt, encode_template
from leakgan_tf.utils.errors import UserError
from tests.helpers import small

COMPOSED = "le café est fermé"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
assert COMPOSED != DECOMPOSED


def prepared(folder, content, name="text.txt", **settings):
    path = folder / name
    path.write_bytes(content)
    return prepare(path, folder / "data", test_fraction=0.25, **settings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("tokenizer", ["word", "whitespace", "char"])
def test_both_forms_of_a_word_are_one_word(tmp_path, encoding, tokenizer):
    content = "\n".join([COMPOSED, DECOMPOSED] * 4).encode(encoding)
    data = prepared(tmp_path, content, encoding=encoding, tokenizer=tokenizer)
    wanted = get_tokenizer(tokenizer).tokenize(COMPOSED)
    assert set(data.contents.vocabulary.words) == set(wanted)
    assert set(data.train + data.test) == {COMPOSED}


def test_escapes_names_of_columns_and_omitted_tokens_are_composed(tmp_path):
    rows = [{"thé": DECOMPOSED}, {"thé": COMPOSED}] * 4
    content = "\n".join(map(json.dumps, rows))
    assert "\\u0301" in content
    column = unicodedata.normalize("NFD", "thé")
    content = content.replace('"th\\u00e9"', f'"{column}"').encode()
    omit = unicodedata.normalize("NFD", "fermé")
    data = prepared(tmp_path, content, "a.jsonl", column="thé", omit=omit)
    assert set(data.train) == {"le café est"}
    table = f"{column}\n{COMPOSED}\n{DECOMPOSED}\n{COMPOSED}\n".encode()
    data = prepared(tmp_path, table, "a.csv", column=column, overwrite=True)
    assert set(data.train) == {COMPOSED}


def test_files_in_two_forms_are_scored_as_equal(tmp_path):
    samples, references = tmp_path / "s.txt", tmp_path / "r.txt"
    samples.write_text(f"{DECOMPOSED}\n" * 2, "utf-8")
    references.write_text(f"{COMPOSED}\n", "utf-8")
    scores = evaluate(samples=samples, references=references, train=references)
    assert scores["bleu"]["4"] == scores["copied_from_train"] == 1


def reader(sentence):
    words = sorted(set(sentence.split()))
    return TextReader(Vocabulary(words, unknown=True), get_tokenizer("whitespace"))


@pytest.mark.parametrize("known", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("given", [COMPOSED, DECOMPOSED])
def test_prompts_and_templates_take_both_forms(known, given):
    own = reader(known)  # the decomposed one is of a data folder from before
    ids = encode_prompt(given, own, 8)
    assert [own.vocabulary.symbol(each) for each in ids] == known.split()
    config = small.config(system="maskgan", task="text", length=8)
    assert encode_template(f"{given} ___", own, config) == [*ids, None]


def test_a_vocabulary_with_both_forms_takes_the_composed_one():
    own = reader(f"{COMPOSED} {DECOMPOSED}")
    assert encode_prompt(DECOMPOSED, own, 8) == encode_prompt(COMPOSED, own, 8)


def test_an_unknown_word_is_named_in_its_composed_form():
    with pytest.raises(UserError, match="'th\u00e9'"):
        encode_prompt("the\u0301", reader(COMPOSED), 8)


def test_data_folders_from_before_load_unchanged(tmp_path):
    # Sentences in memory are encoded as they are, as those of files were.
    source = generated_source("old", [COMPOSED, DECOMPOSED] * 4)
    settings = PrepareSettings(tokenizer="whitespace", test_fraction=0.25)
    dataset.prepare([source], tmp_path / "old", settings)
    loaded = dataset.load_dataset(tmp_path / "old")
    assert set(loaded.vocabulary.words) == {*COMPOSED.split(), *DECOMPOSED.split()}
    assert {loaded.decode(row) for row in loaded.train} == {COMPOSED, DECOMPOSED}
