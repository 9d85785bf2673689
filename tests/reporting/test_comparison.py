"""Figures beside the published ones, and what is said to differ; a run's records as they stand."""

from pathlib import Path

import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.config.config import replace
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.reporting.comparison import (
    compare_oracle,
    compare_text,
    preset_differences,
    protocol_differences,
)
from leakgan_tf.reporting.figure_tables import oracle_table, text_table
from leakgan_tf.reporting.published import (
    COCO,
    ORACLE_NLL,
    OTHER_SIZES,
    SEQGAN_ORACLE,
    has_published_sizes,
    text_figures,
)
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import RunRecord, read_run
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.files import write_json

LEAKGAN = system_config("leakgan")
PAPER = synthetic_preset("paper", 20, LEAKGAN)
MEASURED = {
    "nll_oracle_1.0": 9.1234, "nll_test_1.0": 8.5, "distinct_1.0": 1.0, "nll_oracle_0.667": 7.25,
    "nll_test_0.667": 9.0, "distinct_0.667": 0.5, "total_updates": 1234, "seconds": {"mle": 60.0},
}  # fmt: skip


def record(config, measured):
    return RunRecord("mine", Path("mine"), config, {}, [], measured, {})


def test_the_published_figure_stands_beside_the_measured_one():
    config = replace(synthetic_preset("paper", 20, LEAKGAN), oracle_params=SEQGAN_ORACLE)
    table, _ = compare_oracle([record(config, MEASURED)])
    known = ORACLE_NLL[20, "leakgan"]
    cells = ["9.123", "8.500", "1.000", "7.250", "9.000", "0.500", "7.038", known.source]
    assert table.rows[1] == ["mine", *cells[:6], "1.0", *cells[6:]]
    assert [row[0] for row in table.rows] == ["random tokens", "mine", "the oracle itself"]
    assert [row[-2] for row in table.rows] == ["10.310", "7.038", "5.750"]


def test_at_40_tokens_published_oracles_are_random_and_of_known_widths():
    config = synthetic_preset("short", 40, LEAKGAN)
    table, _ = compare_oracle([record(config, MEASURED)])
    assert [row[-2:] for row in table.rows[1:]] == [
        ["7.191", "RelGAN, table 1 (second hand); T = 1/1.5; another random oracle"],
        ["4.071", "RelGAN, table 1 (second hand); another random oracle"],
    ]
    lines = protocol_differences(record(config, MEASURED))
    assert lines[0] == "Oracle: a random LSTM of the published sizes, seed 0."
    for changes in ({"oracle_params": SEQGAN_ORACLE}, {"oracle_hidden": 32}):
        table, _ = compare_oracle([record(replace(config, **changes), MEASURED)])
        assert "7.191" not in str(table)


@pytest.mark.parametrize(
    "changes",
    [
        {"oracle_params": ""},
        {"oracle_params": "another digest"},
        {"vocab_size": 200},
        {"length": 40, "vocab_size": 20},
    ],
)
def test_other_sizes_or_another_oracle_have_no_published_figure_beside_them(changes):
    published = {"oracle_params": SEQGAN_ORACLE}
    config = replace(synthetic_preset("paper", 20, LEAKGAN), **(published | changes))
    table, _ = compare_oracle([record(config, MEASURED)])
    assert "7.038" not in str(table)
    assert not [title for title in table.headers if "published" in title]


def test_unfinished_runs_say_which_figures_they_show():
    config = synthetic_preset("paper", 20, system_config("mle"))
    evaluation = {**MEASURED, "group": "evaluation", "position": 4}
    cut = RunRecord("cut", Path("cut"), config, {}, [evaluation], {}, {})
    table = oracle_table([record(PAPER, MEASURED), cut])
    assert table.headers[1] == "figures of"
    assert [row[1] for row in table.rows] == [
        "", "last weights", "evaluation after 5 phases", ""
    ]  # fmt: skip


def test_seeds_are_a_row_of_means_above_their_own():
    runs_of_seeds = [
        RunRecord(f"leakgan-seed{seed}", Path("x"), replace(PAPER, seed=seed), {}, [],
                  {**MEASURED, "nll_oracle_1.0": 9.0 + seed}, {})
        for seed in (0, 1)
    ]  # fmt: skip
    table = oracle_table(runs_of_seeds, single=True)
    assert [row[:2] for row in table.rows[1:4]] == [
        ["LeakGAN (2 seeds)", "9.500 ± 0.707"], ["LeakGAN, seed 0", "9.000"],
        ["LeakGAN, seed 1", "10.000"],
    ]  # fmt: skip
    assert len(oracle_table(runs_of_seeds).rows) == 3


def test_scores_of_text_stand_above_their_systems_published_ones():
    scores = {str(order): order / 10 for order in (2, 3, 4, 5)}
    measured = {"bleu": scores, "self_bleu": scores, "nll_test": 2.0, "distinct_sentences": 0.9}
    run = record(text_preset("paper", 4660, 32, system_config("seqgan")), measured)
    table, note = compare_text([run], "coco")
    assert table.rows[0][1:] == [*["0.200", "0.300", "0.400", "0.500"] * 2, "2.000", "0.900"]
    assert [row[0] for row in table.rows] == ["mine", "SeqGAN, published"]
    assert table.rows[1][1:9] == [f"{value:.3f}" for part in COCO["seqgan"] for value in part]
    assert len(table.rows[1]) == len(table.headers)
    assert "Texygen" in note.text
    table, note = compare_text([run], "")
    assert len(table.rows) == 1
    assert note.text.startswith("There are no published figures here")


@pytest.mark.parametrize(
    "changes",
    [
        {"generator_embedding": 64}, {"generator_hidden": 64}, {"discriminator_embedding": 64},
        {"windows": (1, 2), "filters": (100, 200)}, {"filters": (100,) * 13},
    ],
)  # fmt: skip
def test_models_of_other_sizes_have_no_published_scores_beside_them(changes):
    """Those of a run with the published sizes stay, and so do those of real text."""
    own = system_config("seqgan")
    other = record(replace(text_preset("paper", 4660, 32, own), **changes), {"bleu": {"4": 0.5}})
    table, note = compare_text([other], "coco")
    assert [row[0] for row in table.rows] == ["mine"]
    assert note.text == OTHER_SIZES
    mle = record(text_preset("paper", 3000, 20, system_config("mle")), {"bleu": {"2": 0.5}})
    shown = [row[0] for row in text_table([other, mle], "chinese_poems").rows]
    published = [title for title in shown if "published" in title]
    assert published == ["MLE, published", "real text, published"]


def test_sizes_on_melodies_are_those_of_the_music_task():
    config = text_preset("paper", 89, 32, system_config("mle"), melodies=True)
    run = record(config, {"bleu": {"4": 0.5}, "mse_nearest": 3.0})
    table = text_table([run], "nottingham")
    row = dict(zip(table.headers, table.rows[-1], strict=True))
    cells = [row[name] for name in ("system", "BLEU-4", "MSE, published")]
    assert cells == ["MLE, published", "0.921", "22.380"]
    assert not has_published_sizes(config, "coco")


def test_figures_of_another_protocol_say_so():
    """Speeches: another collection; RelGAN's own COCO row: fewer samples, no Self-BLEU."""
    figures, source = text_figures("speeches")
    assert figures == {
        "mle": {"bleu": {"3": 0.519, "4": 0.416}}, "seqgan": {"bleu": {"3": 0.556, "4": 0.427}}
    }  # fmt: skip
    assert "another collection" in source and "first 32 tokens" in source
    figures, source = text_figures("coco")
    assert set(figures["seqgan"]) == {"bleu", "self_bleu"} and set(figures["relgan"]) == {"bleu"}
    assert "first 100 samples" in source
    assert "NLL of its training file" in text_figures("emnlp_news")[1]


def test_only_what_differs_is_said_to_differ():
    own = record(replace(PAPER, oracle_params=SEQGAN_ORACLE), MEASURED)
    assert protocol_differences(own) == [
        "Oracle: the published weights.",
        "Sizes and schedule are those of preset paper.",
        "Semantics: original.",
    ]
    other = record(replace(PAPER, oracle_params="0" * 64), MEASURED)
    assert protocol_differences(other)[0] == "Oracle: weights of a file."
    smaller = record(replace(synthetic_preset("smoke", 20, LEAKGAN), rollouts=9), MEASURED)
    assert preset_differences(smaller, "smoke") == ["rollouts: 4 -> 9"]
    lines = protocol_differences(smaller)
    assert lines[0] == "Oracle: a random LSTM, seed 0, not the published weights."
    assert "vocab_size: 5000 -> 30" in lines[1]
    assert lines[2] == "Semantics: paper."


def test_records_end_where_the_checkpoint_does(tmp_path):
    runs.begun(tiny("mle"), tmp_path, position=1, total=2)
    folder = RunFolder(tmp_path)
    folder.metrics.write_text(
        '{"position": 0, "group": "mle"}\n{"position": 1, "group": "mle"}\n{"posi'
    )
    run = read_run(tmp_path, "mine")
    assert [line["position"] for line in run.records] == [0]
    assert not run.finished
    assert "1 of 2 phases (50 %)" in run.state()
    write_json(folder.measured, MEASURED)
    run = read_run(tmp_path, "mine")
    assert run.finished
    assert run.state() == "Finished, 1,234 updates."
    assert run.seconds == {"mle": 60.0}


def test_a_bound_of_the_likelihood_is_called_one():
    config = synthetic_preset("paper", 20, system_config("textgan"))
    *_, note = compare_oracle([record(config, MEASURED)])
    assert "an upper bound in expectation" in str(note) and "mine (K = 16)." in str(note)
    *_, note = compare_text([record(replace(config, task="text"), MEASURED)], "")
    assert "mine (K = 16)." in str(note)
    assert "upper bound" not in str(compare_oracle([record(PAPER, MEASURED)]))
