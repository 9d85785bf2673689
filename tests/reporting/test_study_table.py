"""The page of a human study, its key, and the table of the answers."""

import json

import numpy as np
import pytest

from leakgan_tf.reporting.study import CHECK, REAL, Item, choose_sentences, make_key, study_page
from leakgan_tf.reporting.study_results import (
    Judge,
    differs,
    format_study,
    judge_study,
    read_judges,
    read_key,
)
from leakgan_tf.utils.errors import UserError

SOURCES = {"good": 0.9, "bad": 0.1, REAL: 0.8}  # how often "real" is right to say
SIZE = 12  # sentences of each source


def a_key(corpus=None):
    items = [Item(name, f"{name} sentence {n}") for name in SOURCES for n in range(SIZE)]
    items += [Item(CHECK, f"check {right}", right) for right in (True, False, False)]
    return make_key(items, {"good": "leakgan", "bad": "mle"}, {"good": 2}, corpus, 1.0, 5)


def judge(key, name, seed, wrong=0):
    """A judge who says "real" by the shares of `SOURCES`, and fails some checks."""
    random, answers = np.random.default_rng(seed), {}
    for each in key["sentences"]:
        if each["source"] == CHECK:
            answers[each["id"]] = each["expected"] ^ (wrong > 0)
            wrong -= 1
        else:
            answers[each["id"]] = bool(random.random() < SOURCES[each["source"]])
    return Judge(name, answers)


@pytest.fixture
def key():
    return a_key()


def test_the_page_tells_no_source_and_the_key_tells_each(key):
    page = study_page(key)
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert set(data) == {"format", "version", "study", "sentences"}
    assert all(set(each) == {"id", "text"} for each in data["sentences"])
    assert "expected" not in page and "leakgan" not in page.replace("leakgan_tf study", "")
    assert [each["id"] for each in data["sentences"]] == [each["id"] for each in key["sentences"]]
    sources = [each["source"] for each in key["sentences"]]
    runs = sum(one != other for one, other in zip(sources, sources[1:], strict=False))
    assert runs > len(SOURCES) + 3  # the order is no order by source


def test_no_sentence_ends_the_pages_data():
    text = '</script><b>&{{data}}"'
    key = make_key([Item(REAL, text)], {}, {}, None, 1.0, 0)
    page = study_page(key)
    assert page.count("</script>") == 2
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert data["sentences"][0]["text"] == text


def test_the_same_seed_gives_the_same_key_and_another_another_order(key):
    assert a_key() == key
    items = [Item(each["source"], each["text"], each["expected"]) for each in key["sentences"]]
    other = make_key(items, {}, {}, None, 1.0, 6)
    assert other["study"] != key["study"]


def test_a_sentence_is_shown_once_whoever_wrote_it():
    taken = {"shown"}
    found = choose_sentences("a run", ["shown", "x", " ", "x", "y", "z"], 2, taken, "ask for less")
    assert found == ["x", "y"]
    with pytest.raises(UserError, match="a run has 1 different .* not 2: ask for less"):
        choose_sentences("a run", ["x", "y", "z"], 2, taken, "ask for less")


def test_shares_and_the_order_of_the_rows(key):
    judges = [judge(key, f"j{seed}", seed) for seed in range(4)]
    found = judge_study(key, judges)
    assert [each.source for each in found.sources] == [REAL, "good", "bad"]
    for each in found.sources:
        ids = [one["id"] for one in key["sentences"] if one["source"] == each.source]
        said = [one.real[number] for one in judges for number in ids]
        assert (each.answers, each.real) == (4 * SIZE, sum(said))
        assert each.interval[0] < each.share < each.interval[1]
    real, good, bad = found.sources
    assert real.p is None
    assert bad.p < 0.01 < good.p
    assert 0.2 < found.alpha < 1


def test_who_fails_attention_checks_is_excluded_and_named(key):
    judges = [judge(key, "Ann", 0), judge(key, "Bob", 1, wrong=1), judge(key, "Cy", 2, wrong=2)]
    found = judge_study(key, judges)
    assert found.judges == ["Ann", "Bob"]
    assert found.excluded == {"Cy": "2 of 3 attention checks failed"}
    assert found.sources[0].answers == 2 * SIZE
    assert "Excluded: Cy, 2 of 3 attention checks failed." in format_study(found)
    assert judge_study(key, judges, failed=0).judges == ["Ann"]
    silent = Judge("Di", {})
    with pytest.raises(UserError, match="all judges are excluded: Di, 3 of 3"):
        judge_study(key, [silent])


def test_answers_that_are_missing_count_for_nothing(key):
    whole, part = judge(key, "Ann", 0), judge(key, "Bob", 1)
    checks = {each["id"] for each in key["sentences"] if each["source"] == CHECK}
    first = {number: real for number, real in part.real.items() if number in checks}
    found = judge_study(key, [whole, Judge("Bob", first)])
    assert [each.answers for each in found.sources] == [SIZE] * 3
    assert found.alpha is None


def test_a_difference_must_hold_for_sentences_and_for_judges():
    own, other = np.array([[1, 5]] * 9), np.array([[5, 1]] * 9)
    assert differs(own, other, []) < 1e-3
    assert differs(own, other, [0.9, -0.3]) > 0.3  # the judges disagree
    assert differs(own, other, [0.7, 0.7, 0.65]) < 0.01
    assert differs(own, own, [0.0, 0.0]) == 1.0


def test_published_rows_are_marked_as_from_memory(key):
    judges = [judge(a_key("coco"), "Ann", 0)]
    lines = format_study(judge_study(a_key("coco"), judges)).splitlines()
    row = {line.split("  ")[0]: line for line in lines}
    assert row["good"].endswith("0.574 [M]")
    assert row["SeqGAN"].endswith("0.405 [M]")
    assert row[REAL].endswith("0.675 [M]")
    assert any(line.startswith("[M] LeakGAN, section 4.4, from memory") for line in lines)
    assert max(map(len, lines)) <= 100
    assert "[M]" not in format_study(judge_study(key, [judge(key, "Ann", 0)]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda rows: rows[0].update(id=rows[1]["id"]), "two sentences with the same id"),
        (lambda rows: [row.update(expected=None) for row in rows], "without its expected"),
        (lambda rows: [row.update(source="x") for row in rows], "no sentence of 'real text'"),
        (lambda rows: rows[0].update(id=""), "the length of"),
    ],
)
def test_bad_keys_are_refused(key, tmp_path, change, named):
    change(key["sentences"])
    (tmp_path / "key.json").write_text(json.dumps(key))
    with pytest.raises(UserError, match=named):
        read_key(tmp_path / "key.json")


def results(key, **changes):
    answers = [{"id": each["id"], "real": True, "seconds": 1.5} for each in key["sentences"]]
    return {"format": "leakgan_tf study results", "version": 1, "study": key["study"],
            "judge": "Ann", "answers": answers, **changes}  # fmt: skip


def test_a_good_results_file_is_read(key, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(results(key)))
    (found,) = read_judges([path], key)
    assert found.name == "Ann"
    assert found.real == {each["id"]: True for each in key["sentences"]}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"study": "other"}, "belongs to study other"),
        ({"format": "leakgan_tf study key"}, "format must be"),
        ({"judge": ""}, "the length of .*judge must be at least 1"),
        ({"answers": [{"id": "01", "real": "yes", "seconds": 1}]}, r"answers\[0\].real must be"),
        ({"answers": [{"id": "99", "real": True, "seconds": 1}]}, "'99', which the key"),
        ({"answers": [{"id": "01", "real": True, "seconds": 1}] * 2}, "'01', twice"),
        ({"answers": [{"id": "01", "real": True, "seconds": -1}]}, "seconds must be at least 0"),
    ],
)
def test_bad_results_are_refused(key, tmp_path, changes, named):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(results(key, **changes)))
    with pytest.raises(UserError, match=named):
        read_judges([path], key)


@pytest.mark.parametrize("second", ["Ann", " ann "])
def test_a_judge_comes_once(key, tmp_path, second):
    (tmp_path / "a.json").write_text(json.dumps(results(key)))
    (tmp_path / "b.json").write_text(json.dumps(results(key, judge=second)))
    with pytest.raises(
        UserError, match=f"b.json: judge '{second.strip()}' is also in another file"
    ):
        read_judges([tmp_path / "a.json", tmp_path / "b.json"], key)
