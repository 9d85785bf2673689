"""The sentence of conclusion for each system of a benchmark."""

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.tiny import tiny
from leakgan_tf.metrics.frontier import BETTER, MORE_DIVERSE, WORSE
from leakgan_tf.reporting.against import AGAINST_NOTE
from leakgan_tf.reporting.conclusions import (
    TEXT,
    at_equal_diversity,
    conclusion_blocks,
    in_two_figures,
)
from leakgan_tf.reporting.groups import grouped
from leakgan_tf.runs.record import RunRecord


def conclusion(bounds, places=("",), p=None):
    seeds = list(range(len(bounds)))
    entries = [
        {"bound": bound, "distance": bound, "place": place}
        for bound, place in zip(bounds, [*places] * len(bounds), strict=False)
    ]
    test = None if p is None else {"direction": "lower", "p": p}
    found = {"seeds": seeds, "envelope": entries, "envelope_p": test}
    comparison = {"baseline": "mle_tuned", "systems": {"seqgan": {"1.0": found}, "mle_tuned": {}}}
    (line,) = at_equal_diversity(comparison)
    return line


def test_a_mean_over_seeds_is_significant_or_not():
    start = "SeqGAN at T = 1: 0.200 nats per token better than MLE, tuned, at equal diversity"
    assert conclusion([-0.1, -0.3], p=0.03) == f"{start} (mean of 2 seeds, p 0.030: significant)."
    assert conclusion([-0.1, -0.3], p=0.3).endswith("p 0.30: not significant).")
    assert conclusion([-0.1, -0.3]).endswith("(mean of 2 seeds: no test).")


def test_one_seed_is_no_test():
    assert "0.500 nats per token worse" in conclusion([0.5])
    assert conclusion([0.5]).endswith("(one seed: no test).")


@pytest.mark.parametrize(("place", "bound", "said"), [
    (BETTER, -0.5, "at least 0.500 nats per token better than MLE, tuned, at equal or higher"),
    (WORSE, 0.5, "at least 0.500 nats per token worse than MLE, tuned, at equal or lower"),
])  # fmt: skip
def test_outside_the_envelope_a_bound_is_at_least(place, bound, said):
    assert said in conclusion([bound], [place])


def test_what_cannot_be_placed_has_no_conclusion():
    assert "no conclusion: more diverse than MLE, tuned" in conclusion([0.1], [MORE_DIVERSE])
    assert "no conclusion" in conclusion([-0.1, 0.1], [BETTER, WORSE])
    assert at_equal_diversity({}) == []


def record(system, seed, bleu, self_bleu, **changes):
    figures = {"bleu": {"4": bleu}, "self_bleu": {"4": self_bleu}}
    config = replace(tiny(system), seed=seed, **changes)
    return RunRecord(f"{system}-seed{seed}", Path("x"), config, {}, [], figures, {})


def test_text_is_compared_in_two_figures():
    runs = [record("mle", 0, 0.5, 0.4), record("mle", 1, 0.7, 0.4), record("seqgan", 0, 0.8, 0.6)]
    assert in_two_figures(runs, TEXT) == [
        "SeqGAN: BLEU-4 better than MLE's (0.800 against 0.600), Self-BLEU-4 worse than MLE's "
        "(0.600 against 0.400); one seed."
    ]
    assert in_two_figures(runs[2:], TEXT) == []


def test_a_report_compares_systems_on_one_source_only():
    text = {"task": "text", "dataset": "a"}
    mle, seqgan = record("mle", 0, 0.5, 0.4, **text), record("seqgan", 0, 0.8, 0.6, **text)
    heading, listing = conclusion_blocks(grouped([mle, seqgan]))
    assert heading.text == "Against MLE"
    assert listing.items == in_two_figures([mle, seqgan], TEXT)
    elsewhere = record("seqgan", 0, 0.8, 0.6, task="text", dataset="b")
    assert conclusion_blocks(grouped([mle, elsewhere])) == []


def test_configurations_of_one_system_are_not_taken_for_its_seeds():
    text = {"task": "text", "dataset": "a"}
    runs = [record("mle", 0, 0.5, 0.4, **text), record("seqgan", 0, 0.8, 0.6, **text)]
    other = record("seqgan", 0, 0.9, 0.6, batch_size=2, **text)
    assert conclusion_blocks(grouped([*runs, other])) == []


def test_a_report_on_the_oracle_task_has_the_table_against_each_mle():
    def swept(system, up):
        rows = [
            {"temperature": temperature, "nll_test": x, "nll_oracle": y + up, "distinct": 1.0,
             "nll_oracle_deviation": 0.5, "sentences": 400}
            for temperature, x, y in ((1.0, 4.0, 5.0), (1 / 1.5, 4.5, 4.0), (0.5, 5.5, 3.0))
        ]  # fmt: skip
        return RunRecord(f"{system}-seed0", Path(system), tiny(system), {}, [], {"sweep": rows}, {})

    runs = [swept("mle", 0.5), swept("mle_tuned", 0.0), swept("seqgan", 0.2)]
    _, sentences, plain, note, tuned = conclusion_blocks(grouped(runs))
    assert sentences.items[1].startswith("SeqGAN at T = 1: 0.200 nats per token worse than MLE, t")
    assert (tuned.headers[0], plain.headers[0]) == ("against MLE, tuned", "against MLE")
    assert note.text == AGAINST_NOTE
    assert conclusion_blocks(grouped(runs[:1])) == []  # nothing to compare it with
