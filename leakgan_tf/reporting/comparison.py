"""Runs' figures beside the published ones, and what differs between the two."""

from collections.abc import Sequence

from leakgan_tf.config.config import Config, differences
from leakgan_tf.config.own import own_fields
from leakgan_tf.config.presets import cfg_preset, synthetic_preset, text_preset
from leakgan_tf.reporting.best import BEST_NOTE, mark_best
from leakgan_tf.reporting.document import Block, Code, Heading, Links, Listing, Paragraph, Table
from leakgan_tf.reporting.figure_tables import (
    grammar_table,
    group_title,
    oracle_table,
    signatures,
    text_table,
)
from leakgan_tf.reporting.groups import grouped, named, run_title
from leakgan_tf.reporting.published import PAPERS, system_title, text_figures
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.errors import UserError

# Fields that make no difference to what a figure means, or that the page shows elsewhere.
_ELSEWHERE = {
    "preset", "system", "seed", "dataset", "oracle_params", "oracle_seed", "checkpoint_seconds",
    "feature_memory", "grammar", "law",
}  # fmt: skip


ORACLE_NOTE = (
    "NLL in nats per token, lower is better. NLL_oracle: samples under the oracle; NLL_test: "
    "held-out oracle sentences under the model. T: temperature, which divides the logits. A "
    "published figure is at T = 1, unless its source gives another temperature. A low NLL_oracle "
    "with a high NLL_test or few distinct sentences is a loss of diversity."
)


LATENT_NOTE = (
    "NLL_test is -log of the mean likelihood over K fixed draws of the noise that a sentence "
    "begins in, an upper bound in expectation, not the likelihood itself, in"
)

GRAMMAR_NOTES = (
    "Shares of all samples at temperature 1. valid: in the language, after padding at the end is "
    "cut off; distinct valid: each counted once; new valid: not in the training set.",
    "total variation: ½ Σ |p - q| over the sentences of the language and all others together, p "
    "the grammar's law, q the model's, from its probabilities of all sentences of the language; "
    "0 is the law itself. of lengths: the same of the lengths of samples, what is not valid being "
    "one more; with finitely many samples the grammar itself is not at 0.",
    "NLL_test: held-out sentences under the model, nats per symbol; NLL under the grammar: valid "
    "samples under its law, nats per sentence. A generator that begins in noise has q and NLL_test "
    "of an equal mixture of `likelihood_draws` states: an estimate, NLL_test too high in "
    "expectation.",
)


def compare_grammar(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns the table of runs on the CFG task; there are no published figures."""
    return [grammar_table(runs, single=True), Listing(GRAMMAR_NOTES)]


def compare_oracle(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns the table of runs on the oracle task, beside published NLL_oracle."""
    sources = {
        (each.config.length, each.config.vocab_size, each.config.oracle_seed,
         each.config.oracle_params)
        for each in runs
    }  # fmt: skip
    table = oracle_table(runs, single=True)
    blocks = _marked(table, runs) if len(sources) == 1 else [table]
    best = [Paragraph(kept_by(runs))] if "best" in table.headers else []
    return [*blocks, Paragraph(ORACLE_NOTE), *best, *_latent_note(runs)]


def compare_text(runs: Sequence[RunRecord], corpus: str) -> list[Block]:
    """Returns the table of runs on one corpus, beside published scores.

    Args:
      runs: on text.
      corpus: the name of the corpus; "" if no paper uses it, or it is not known.
    """
    known, source = text_figures(corpus)
    if known:
        note = f"Published: {source}. Full-size runs under their own protocols."
    else:
        note = "There are no published figures here: none are known for this corpus" + (
            "." if corpus else ", whose name is not known (it is not a named one, or its data "
            "folder is not where the run was trained: give --data)."
        )  # fmt: skip
    own = signatures(run.measured for run in runs)
    return [
        *_marked(text_table(runs, corpus, single=True), runs),
        *([Code("\n".join(own))] if own else []),
        Paragraph(note),
        *_latent_note(runs),
    ]


def kept_by(runs: Sequence[RunRecord]) -> str:
    """Returns the note on the column "best": by which rule which systems' weights were kept."""
    rules: dict[str, dict[str, None]] = {}
    for config in (run.config for run in runs):
        names = rules.setdefault(config.score.replace("_1.0", " at T = 1"), {})
        names[system_title(config.system)] = None
    kept = "; ".join(f"least {rule} ({', '.join(names)})" for rule, names in rules.items())
    return (
        'Figures are of the last weights; "best" is NLL_oracle at T = 1 of the evaluation during '
        f"training whose weights were kept as the best, by: {kept}."
    )


def control_blocks(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns a warning if policy gradients were given a control instead of a reward."""
    controls = dict.fromkeys(
        run.config.reward for run in runs if run.config.reward != "discriminator"
    )
    if not controls:
        return []
    return [
        Heading("A control experiment"),
        Paragraph(
            f"Policy gradients were weighted with --reward={', '.join(controls)}: rewards that "
            "do not depend on the sentence. What these systems gain over MLE here does not come "
            "from scores of samples, but from the rest of their training (for LeakGAN also the "
            "leaked features, which no control changes). "
            "python -m benchmarks.ablation compares controls with D's reward.",
            warning=True,
        ),
    ]


def _latent_note(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns what NLL_test is for the runs whose generators begin in noise, if there are any."""
    draws = {
        run_title(run.name): run.config.own.likelihood_draws
        for run in runs
        if hasattr(run.config.own, "likelihood_draws")
    }
    if not draws:
        return []
    each = ", ".join(f"{name} (K = {count})" for name, count in draws.items())
    return [Paragraph(f"{LATENT_NOTE} {each}.")]


def _marked(table: Table, runs: Sequence[RunRecord]) -> list[Block]:
    """Returns a table with the best figures marked, and what the mark means."""
    marked = mark_best(table, {group_title(group) for group in grouped(runs)})
    return [marked, *([Paragraph(BEST_NOTE)] if marked.best else [])]


def protocol_differences(run: RunRecord) -> list[str]:
    """Returns what differs between a run and the runs that were published, a line each."""
    config = run.config
    lines = []
    if config.task == "synthetic":
        oracle = (
            "the published weights"
            if config.oracle_params
            else f"a random LSTM, seed {config.oracle_seed}, not the published weights"
        )
        lines.append(f"Oracle: {oracle}.")
    changed = preset_differences(run, "paper")
    if changed:
        lines.append(f"Unlike preset paper: {'; '.join(changed)}.")
    else:
        lines.append("Sizes and schedule are those of preset paper.")
    if config.own.variant:
        lines.append(f"Semantics: {config.own.variant}.")
    return lines


def protocols(runs: Sequence[RunRecord]) -> dict[str, list[str]]:
    """Returns how the figures of finished runs on text were measured, and the names of the runs.

    Counts of empty samples are figures of a run: those of several are in one line.
    """
    found: dict[str, list[str]] = {}
    empty: dict[str, list[str]] = {}
    for run in runs:
        protocol = dict(run.measured.get("protocol", {}))
        if protocol:
            count = protocol.pop("empty_samples", None)
            lines = "\n".join(f"{name}: {value}" for name, value in protocol.items())
            found.setdefault(lines, []).append(run.name)
            empty.setdefault(lines, []).append(f"{count} ({run_title(run.name)})")
    return {
        f"{lines}\nempty_samples: {', '.join(empty[lines])}": names
        for lines, names in found.items()
    }


def preset_differences(run: RunRecord, name: str) -> list[str]:
    """Returns "field: preset's -> the run's" for what differs from a preset, semantics aside."""
    aside = {"padding", *_ELSEWHERE}
    for flag, setting in own_fields(type(run.config.own)).items():
        if len(setting.path) > 1:  # a part of the semantics
            aside.add(flag)
    lines = differences(_preset(run, name), run.config)
    return [line for line in lines if line.split(":")[0] not in aside]


def describe_semantics(run: RunRecord) -> str:
    """Returns the semantics by name, and those of the run's own preset if they are others."""
    own, usual = run.config.own.variant, _preset(run, run.config.preset).own.variant
    return own if own == usual else f"{own} (its preset's: {usual})"


def _preset(run: RunRecord, name: str) -> Config:
    """Returns a preset of the run's sizes, or, of a length that none has, that of 20 tokens."""
    config, own = run.config, type(run.config.own)
    if config.task == "text":
        return text_preset(name, config.vocab_size, config.length, own, run.melodies)
    if config.task == "cfg":
        return cfg_preset(name, config.vocab_size, config.length, own)
    try:
        return synthetic_preset(name, config.length, own)
    except UserError:
        return synthetic_preset(name, 20, own)


def paper_links() -> Links:
    """Returns where the papers can be read that published figures are from."""
    return Links(list(PAPERS.items()))


def differences_blocks(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns `protocol_differences` of runs as points; what several share appears once."""
    lines = {run.name: protocol_differences(run) for run in runs}
    common = [line for line in lines[runs[0].name] if all(line in own for own in lines.values())]
    shared: dict[tuple[str, ...], list[str]] = {}
    for name, own in lines.items():
        shared.setdefault(tuple(line for line in own if line not in common), []).append(name)
    blocks: list[Block] = [Paragraph(f"{named(list(lines))}:"), Listing(common)] if common else []
    for rest, names in shared.items():
        if rest:
            blocks += [Paragraph(f"{named(names)}:"), Listing(rest)]
    return blocks
