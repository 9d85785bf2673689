"""Seeds told together: names, tables of their sweeps, how they were made."""

from pathlib import Path

import numpy as np
import pytest

from helpers.tiny import tiny
from leakgan_tf.config.config import replace
from leakgan_tf.reporting import sweep
from leakgan_tf.reporting.comparison import compare_oracle, differences_blocks
from leakgan_tf.reporting.document import Code, Table
from leakgan_tf.reporting.groups import grouped, named, without_seed
from leakgan_tf.reporting.provenance import environment_facts, made_blocks
from leakgan_tf.reporting.sweep import draw_sweep
from leakgan_tf.reporting.sweeps import sweep_blocks
from leakgan_tf.runs.record import RunRecord

PNG = b"\x89PNG"


def oracle_rows(shift):
    return [
        {"temperature": t, "nll_oracle": 5 - 1 / t + shift, "nll_test": 4 + 1 / t + shift,
         "nll_oracle_deviation": 0.5, "distinct": 1.0, "sentences": 1024}
        for t in (1.0, 1 / 1.5, 0.5)
    ]  # fmt: skip


def text_rows(shift):
    score = {order: 0.5 + shift for order in "2345"}
    return [
        {"temperature": t, "nll_test": 2 + shift, "bleu": score, "self_bleu": score,
         "distinct_sentences": 1.0, "samples": 2000, "references": 1500}
        for t in (0.7, 1.0)
    ]  # fmt: skip


def record(name, seed, system="mle", shift=0.0, made_by=None, **changes):
    config = replace(tiny(system), seed=seed, **changes)
    figures = {f"{metric}_{t}": 1 + shift for t in ("1.0", "0.667")
               for metric in ("nll_oracle", "nll_test", "distinct")}  # fmt: skip
    rows = text_rows(shift) if config.task == "text" else oracle_rows(shift)
    measured = {**figures, "sweep": rows, "total_updates": 5, "seconds": {"mle": 60.0 + shift}}
    return RunRecord(name, Path(name), config, made_by or {}, [], measured, {})


def test_only_runs_that_differ_in_their_seed_are_together():
    same = [record("mle-seed0", 0), record("mle-seed1", 1)]
    other = record("mle-seed2", 2, batch_size=4)
    groups = grouped([*same, other, record("mine", 0)])
    assert [(group.name, len(group.runs)) for group in groups] == [
        ("mle", 2), ("mle-seed2", 1), ("mine", 1)
    ]  # fmt: skip
    assert [group.title for group in groups] == ["MLE (2 seeds)", "MLE, seed 2", "mine"]


def test_names_that_differ_in_their_seed_are_told_once():
    assert named(["mle-seed0", "mle-seed10", "mine", "a-seed3"]) == (
        "MLE (seeds 0, 10), mine, a (seed 3)"
    )
    assert without_seed("x/mle-seed-1") == "x/mle"
    assert without_seed("seed0") == "seed0"


def test_an_unfinished_seed_is_not_in_the_mean():
    cut = RunRecord("mle-seed1", Path("b"), replace(tiny("mle"), seed=1), {}, [], {}, {})
    table, _ = compare_oracle([record("mle-seed0", 0), cut])
    assert [row[0] for row in table.rows[1:3]] == ["MLE, seed 0", "MLE, seed 1"]


def test_sweeps_are_tabulated_over_seeds_and_drawn(tmp_path):
    groups = grouped([record("mle-seed0", 0), record("mle-seed1", 1, shift=0.5),
                      record("seqgan-seed0", 0, system="seqgan", shift=1.0)])  # fmt: skip
    blocks = sweep_blocks(groups, tmp_path)
    tables = [block for block in blocks if isinstance(block, Table)]
    assert len(tables) == 3
    assert list(tables[0].headers) == ["NLL_oracle", "T = 1", "T = 0.667", "T = 0.5"]
    assert tables[0].rows[0][:2] == ["MLE (2 seeds)", f"4.250 ± {np.std([4, 4.5], ddof=1):.3f}"]
    assert tables[1].rows[1][1:] == ["6.000", "6.500", "7.000"]
    assert (tmp_path / "frontier-1.png").read_bytes().startswith(PNG)
    sweep_blocks(groups, tmp_path / "drawn", drawn=True)
    assert not (tmp_path / "drawn").exists()


def test_a_diverged_model_is_left_out_of_the_picture(tmp_path):
    runs = [record("mle-seed0", 0), record("seqgan-seed0", 0, system="seqgan")]
    for run, value in zip(runs, (np.nan, np.inf), strict=True):
        run.measured["sweep"][0]["nll_oracle"] = value
    sweep_blocks(grouped(runs), tmp_path)
    assert (tmp_path / "frontier-1.png").read_bytes().startswith(PNG)


def test_oracles_that_differ_are_not_drawn_together(tmp_path):
    blocks = sweep_blocks(
        grouped([record("a", 0), record("b", 0, oracle_seed=5)]), tmp_path, drawn=True
    )
    tables = [block for block in blocks if isinstance(block, Table)]
    assert [row[0] for table in tables for row in table.rows] == ["a"] * 3 + ["b"] * 3


def test_sweeps_of_text_are_tabulated_and_drawn(tmp_path):
    text = {"task": "text", "dataset": "0" * 64}
    groups = grouped([record("mle-seed0", 0, **text), record("mle-seed1", 1, shift=0.1, **text)])
    (table,) = [block for block in sweep_blocks(groups, tmp_path) if isinstance(block, Table)]
    assert [row[:2] for row in table.rows] == [["MLE (2 seeds)", "1"], ["MLE (2 seeds)", "0.7"]]
    assert table.rows[0][2] == f"0.550 ± {np.std([0.5, 0.6], ddof=1):.3f}"
    assert (tmp_path / "temperatures-1.png").read_bytes().startswith(PNG)


def test_runs_without_a_sweep_have_no_such_part(tmp_path):
    run = record("old", 0)
    del run.measured["sweep"]
    assert sweep_blocks(grouped([run]), tmp_path) == []


def test_what_is_the_same_for_several_runs_stands_once():
    made = {"command": "python -m x", "commit": "c", "versions": {"numpy": "2"}}
    seeds = [record(f"mle-seed{seed}", seed, made_by=made, shift=seed) for seed in range(3)]
    blocks = made_blocks(grouped(seeds))
    assert [block.text for block in blocks if isinstance(block, Code)] == ["python -m x"]
    facts, times = [block for block in blocks if isinstance(block, Table)][1:]
    assert ["packages", "numpy 2"] in facts.rows
    assert times.rows[0][:4] == ["MLE (3 seeds)", "mle", "0", "61.0"]
    assert times.rows[-1][3] == "183.0"
    other = record("a", 0, made_by={**made, "command": "python -m y"})
    blocks = made_blocks(grouped([*seeds, other]))
    assert len([block for block in blocks if isinstance(block, Code)]) == 2
    told = [block.text for block in differences_blocks([*seeds, other]) if hasattr(block, "text")]
    assert told == ["MLE (seeds 0, 1, 2), a:"]


@pytest.mark.parametrize("made", [{}, {"hardware": {}, "versions": {}, "commit": ""}])
def test_what_was_not_recorded_is_said_to_be_so(made):
    facts = dict(environment_facts(made))
    assert {facts[name] for name in ("hardware", "packages", "commit")} == {"not recorded"}


def test_a_system_has_one_entry_in_the_legend_and_one_seed_with_temperatures(monkeypatch):
    drawn = []
    monkeypatch.setattr(sweep, "save_picture", lambda figure, *_: drawn.append(figure))
    names = ("mle-seed0", "mle-seed1", "seqgan-seed0")  # titles differ from the names
    draw_sweep(Path("sweep.png"), {name: text_rows(0.0) for name in names})
    (left, _) = drawn[0].axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["MLE", "SeqGAN"]
    assert len(left.texts) == 2 * 2
