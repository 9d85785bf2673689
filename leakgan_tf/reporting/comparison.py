"""Compares runs with published figures, and lists the differences in their protocols."""

from collections.abc import Sequence

from leakgan_tf.config.config import Config, differences
from leakgan_tf.config.own import own_fields
from leakgan_tf.config.presets import cfg_preset, synthetic_preset, text_preset
from leakgan_tf.reporting.best import BEST_NOTE, mark_best
from leakgan_tf.reporting.document import Block, Code, Heading, Listing, Paragraph, Table
from leakgan_tf.reporting.figure_tables import (
    group_title,
    oracle_table,
    signatures,
    text_table,
)
from leakgan_tf.reporting.groups import by_key, grouped, named, run_title
from leakgan_tf.reporting.published import has_published_oracle, published_note, system_title
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.errors import UserError

# Fields that do not change the meaning of a figure, or that the page shows elsewhere.
_ELSEWHERE = {
    "preset", "system", "seed", "dataset", "oracle_params", "oracle_seed", "checkpoint_seconds",
    "feature_memory", "grammar", "law",
}  # fmt: skip

ORACLE_NOTE = (
    "NLL in nats per token, lower is better. NLL_oracle: of samples under the oracle; NLL_test: of "
    "held-out oracle sentences under the model. T: temperature, which divides the logits. A "
    "published figure is at T = 1, unless its source gives another temperature. A low NLL_oracle "
    "with a high NLL_test or few distinct sentences is a loss of diversity."
)

LATENT_NOTE = (
    "NLL_test is an upper bound in expectation, -log of the mean likelihood over K fixed draws of "
    "the noise from which a sentence is generated, for"
)

GRAMMAR_NOTES = (
    "Shares of all samples at temperature 1. valid: in the language, after padding at the end is "
    "removed; distinct valid: each sentence counted once; new valid: not in the training set.",
    "total variation: ½ Σ |p - q|, lower is better, with p the grammar's distribution and q the "
    "model's exact probabilities. The sum is over the sentences of the language, and all other "
    "sentences as one term. total variation, lengths: of the sentence lengths of samples, with "
    "invalid samples as one further length; of finitely many samples it is above 0 for the grammar "
    "itself.",
    "NLL_test: NLL of held-out sentences under the model, nats per symbol. NLL under the grammar: "
    "NLL of valid samples under the grammar's distribution, nats per sentence. If a generator "
    "starts from noise, q and NLL_test are of an equal mixture of `likelihood_draws` fixed draws: "
    "estimates, of which NLL_test is too high in expectation.",
)


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

    `corpus` is "" if no paper uses it, or if it is unknown.
    """
    note = published_note([run.config for run in runs], corpus)
    note = note or "There are no published figures here: none are known for this corpus" + (
        "." if corpus else ", whose name is unknown: it is not a named corpus, or its data "
        "folder has moved (give --data)."
    )  # fmt: skip
    own = signatures(run.measured for run in runs)
    return [
        *_marked(text_table(runs, corpus, single=True), runs),
        *([Code("\n".join(own))] if own else []),
        Paragraph(note),
        *_latent_note(runs),
    ]


def kept_by(runs: Sequence[RunRecord]) -> str:
    """Returns the note on the column "best": the rule by which each system's weights were kept."""
    rules: dict[str, dict[str, None]] = {}
    for config in (run.config for run in runs):
        names = rules.setdefault(config.score.replace("_1.0", " at T = 1"), {})
        names[system_title(config.system)] = None
    kept = "; ".join(f"lowest {rule} ({', '.join(names)})" for rule, names in rules.items())
    return (
        'Figures are of the last weights. "best" is NLL_oracle at T = 1 of the best evaluation '
        f"during training, whose weights were kept. Rule: {kept}."
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
            f"Policy gradients were weighted with --reward={', '.join(controls)}, which does not "
            "depend on the sentence. Any gain of these systems over MLE does not come from scores "
            "of samples, but from the rest of their training (for LeakGAN also from the leaked "
            "features, which no control changes). "
            "python -m benchmarks.ablation compares controls with D's reward.",
            warning=True,
        ),
    ]


def _latent_note(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns what NLL_test means for runs whose generators start from noise, if there are any."""
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
    """Returns a table with the best figures marked, and the note on the marks."""
    marked = mark_best(table, {group_title(group) for group in grouped(runs)})
    return [marked, *([Paragraph(BEST_NOTE)] if marked.best else [])]


def protocol_differences(run: RunRecord) -> list[str]:
    """Returns the differences between a run and the published runs, a line each."""
    config = run.config
    lines = []
    if config.task == "synthetic":
        lines.append(f"Oracle: {_oracle(config)}.")
    changed = preset_differences(run, "paper")
    if changed:
        lines.append(f"Unlike preset paper: {'; '.join(changed)}.")
    else:
        lines.append("Sizes and schedule are those of preset paper.")
    if config.own.variant:
        lines.append(f"Semantics: {config.own.variant}.")
    return lines


def protocols(runs: Sequence[RunRecord]) -> dict[str, list[str]]:
    """Returns {protocol of the figures: names of the runs}, for finished runs on text.

    The number of empty samples depends on the run: one line has those of all runs.
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
    """Returns the differences from a preset, except semantics, as "field: preset's -> run's"."""
    own = own_fields(type(run.config.own)).items()
    semantics = {flag for flag, setting in own if len(setting.path) > 1}
    aside = {"padding", *_ELSEWHERE, *semantics}
    lines = differences(_preset(run, name), run.config)
    return [line for line in lines if line.split(":")[0] not in aside]


def describe_semantics(run: RunRecord) -> str:
    """Returns the name of the semantics, and that of the run's preset if it is another."""
    own, usual = run.config.own.variant, _preset(run, run.config.preset).own.variant
    return own if own == usual else f"{own} (its preset's: {usual})"


def _preset(run: RunRecord, name: str) -> Config:
    """Returns a preset for the run's sizes; on the oracle task for T = 20 if there is none."""
    config, own = run.config, type(run.config.own)
    if config.task == "text":
        return text_preset(name, config.vocab_size, config.length, own, run.melodies)
    if config.task == "cfg":
        return cfg_preset(name, config.vocab_size, config.length, own)
    try:
        return synthetic_preset(name, config.length, own)
    except UserError:
        return synthetic_preset(name, 20, own)


def differences_blocks(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns `protocol_differences` of runs as points, with common ones once."""
    lines = {run.name: protocol_differences(run) for run in runs}
    common = [line for line in lines[runs[0].name] if all(line in own for own in lines.values())]
    shared = by_key(
        (tuple(line for line in own if line not in common), name) for name, own in lines.items()
    )
    blocks: list[Block] = [Paragraph(f"{named(list(lines))}:"), Listing(common)] if common else []
    for rest, names in shared.items():
        if rest:
            blocks += [Paragraph(f"{named(names)}:"), Listing(rest)]
    return blocks


def _oracle(config: Config) -> str:
    if config.oracle_params:
        return "the published weights" if has_published_oracle(config) else "weights of a file"
    if has_published_oracle(config):
        return f"a random LSTM of the published sizes, seed {config.oracle_seed}"
    return f"a random LSTM, seed {config.oracle_seed}, not the published weights"
