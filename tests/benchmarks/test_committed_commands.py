"""The command beside a committed result still asks for the runs that the result describes.

No preset, default or flag can change its meaning while a page names the command.
"""

import json
import shlex
from pathlib import Path

import pytest

import benchmarks
from benchmarks import ablation, cfg, music, synthetic, text
from benchmarks.runner.runs import each_system
from leakgan_tf.config.config import applicable, replace
from leakgan_tf.config.presets import text_preset
from leakgan_tf.config.semantics import variant_changes
from leakgan_tf.runs.cfg_config import cfg_config
from leakgan_tf.systems.registry import system_config

RESULTS = Path(benchmarks.__file__).parent / "results"


def oracle_runs(module):
    return lambda values, stored: module.make_configs(values, stored["oracle_params"])


def grammar_runs(values, stored):
    return each_system(
        values, lambda *given: cfg_config(values.preset, values.grammar, values.law, *given)
    )


def text_runs(melodies):
    """The same as `text_config`, with what the record says of the corpus in the corpus' place."""

    def make(values, stored):
        size = values.preset, stored["vocab_size"], stored["length"]
        corpus = {name: stored[name] for name in ("dataset", "evaluation_samples")}

        def one(system, seed, changes):
            own = system_config(system)
            if values.semantics:
                changes = {**applicable(variant_changes(values.semantics), own), **changes}
            return replace(text_preset(*size, own, melodies), **changes, **corpus, seed=seed)

        return each_system(values, one)

    return make


BENCHMARKS = {
    synthetic: oracle_runs(synthetic), ablation: oracle_runs(ablation), cfg: grammar_runs,
    text: text_runs(melodies=False), music: text_runs(melodies=True),
}  # fmt: skip


def committed():
    """Yields the runs {folder: configuration} that a command made, and the command."""
    for path in sorted(RESULTS.glob("*.json")):
        result, made = json.loads(path.read_text("utf-8")), {}
        for run in result.get("runs", []):
            command = run.get("made_by", result["made_by"])["command"]
            made.setdefault(command, {})[run["folder"]] = run["config"]
        for command, configs in made.items():
            if command.split()[2] != "leakgan_tf":
                yield pytest.param(configs, command, id=f"{path.stem}: {next(iter(configs))}")


def values_in(stored, path=""):
    for name, value in stored.items():
        if isinstance(value, dict):
            yield from values_in(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


@pytest.mark.parametrize(("made", "command"), list(committed()))
def test_a_command_still_asks_for_the_runs_that_it_made(made, command):
    _, _, name, *words = shlex.split(command)
    module = next(each for each in BENCHMARKS if each.__name__ == name)
    values = module.define_flags()
    values([name, *words])
    built = BENCHMARKS[module](values, next(iter(made.values())))
    for folder, stored in made.items():
        # Some results have runs of several folders, under names of their own.
        config = built.get(folder) or built[f"{stored['system']}-seed{stored['seed']}"]
        today = dict(values_in(json.loads(json.dumps(config.to_json()))))
        then = dict(values_in(stored))
        if stored["task"] == "synthetic":
            del then["padding"]  # nothing is padded there; its default was another
        assert {name: today.get(name) for name in then} == then  # fields of today may be new
