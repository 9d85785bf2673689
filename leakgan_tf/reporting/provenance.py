"""Report blocks on how runs were made: commands, machines, settings, wall time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from leakgan_tf.reporting.comparison import describe_semantics, preset_differences
from leakgan_tf.reporting.document import Block, Code, Heading, Listing, Paragraph, Table
from leakgan_tf.reporting.groups import Group, Key, by_key, named, run_title
from leakgan_tf.runs.folder import environment
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.hardware import describe_hardware

_UNRECORDED = "not recorded"


def made_blocks(groups: Sequence[Group]) -> list[Block]:
    """Returns the section on how runs were made; what several share appears once."""
    runs = [run for group in groups for run in group.runs]
    settings = [
        [
            group.name, group.runs[0].config.system,
            ", ".join(str(run.config.seed) for run in group.runs),
            group.runs[0].config.preset, describe_semantics(group.runs[0]),
        ]
        for group in groups
    ]  # fmt: skip
    return [
        Heading("How the runs were made"),
        *_commands(runs),
        Table(["runs", "system", "seeds", "preset", "semantics"], settings),
        *_changed(groups),
        *_machines(runs),
        *_starts(runs),
        Heading("Wall time by kind of phase", 3),
        _wall_time(groups),
    ]


def report_blocks(command: str) -> list[Block]:
    """Returns the section on how the report itself was made; `command` is "" if unknown."""
    code = [Code(command)] if command else []
    return [Heading("How this report was made"), *code, _facts(environment_facts(environment()))]


def environment_facts(made: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns (name, value) of a record of `environment`; missing values are "not recorded"."""
    versions = made.get("versions", {})
    return [
        ("machine", made.get("machine", _UNRECORDED)),
        ("hardware", describe_hardware(made.get("hardware", {}))),
        ("Python", made.get("python", _UNRECORDED)),
        ("packages", ", ".join(f"{name} {each}" for name, each in versions.items()) or _UNRECORDED),
        ("commit", made.get("commit") or _UNRECORDED),
    ]


def _commands(runs: Sequence[RunRecord]) -> Iterator[Block]:
    unknown = Paragraph("The command was not recorded.")
    commands = by_key((run.made_by.get("command", ""), run.name) for run in runs)
    return _named_blocks(commands, lambda command: Code(command) if command else unknown)


def _changed(groups: Sequence[Group]) -> list[Block]:
    """Returns the settings that differ from the presets'."""
    found = by_key(
        (tuple(preset_differences(group.runs[0], group.runs[0].config.preset)), group.name)
        for group in groups
    )
    blocks: list[Block] = []
    for changed, names in found.items():
        if changed:
            title = f"Settings of {named(names)} that differ from the preset, except semantics:"
            blocks += [Paragraph(title), Listing(changed)]
        else:
            title = f"Settings of {named(names)}: as in the preset, except perhaps semantics."
            blocks.append(Paragraph(title))
    return blocks


def _machines(runs: Sequence[RunRecord]) -> Iterator[Block]:
    machines = by_key((tuple(environment_facts(run.made_by)), run.name) for run in runs)
    return _named_blocks(machines, _facts)


def _facts(facts: Iterable[tuple[str, str]]) -> Table:
    return Table(["what", "value"], [list(fact) for fact in facts])


def _named_blocks(
    runs: Mapping[Key, Sequence[str]], block: Callable[[Key], Block]
) -> Iterator[Block]:
    """Yields the block of each key, and before it the runs with this key if there are several."""
    for key, names in runs.items():
        if len(runs) > 1:
            yield Paragraph(f"{named(names)}:")
        yield block(key)


def _starts(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns each run's start and resumptions, and commands that differ from its first."""
    rows = [[run_title(run.name), *_start_cells(start)] for run in runs for start in run.starts]
    if not rows:
        return []
    headers = ["run", "started (UTC)", "after phases", "after updates", "commit", "packages",
               "devices", "threads"]  # fmt: skip
    blocks: list[Block] = [Heading("Starts", 3), Table(headers, rows)]
    for run in runs:
        first = run.made_by.get("command", "")
        commands = dict.fromkeys(start.get("command", "") for start in run.starts)
        changed = [command for command in commands if command not in ("", first)]
        if changed:
            blocks += [
                Paragraph(f"{run_title(run.name)} was also started with:"),
                *map(Code, changed),
            ]
    return blocks


def _start_cells(start: Mapping[str, Any]) -> list[str]:
    facts = dict(environment_facts(start))
    threads = [f"{name} {count or 'default'}" for name, count in start["threads"].items()]
    return [
        start["time"].partition("+")[0],
        str(start["position"]),
        str(start["done"]),
        facts["commit"],
        facts["packages"],
        ", ".join(map(str, start["devices"])),
        ", ".join(threads),
    ]


def _wall_time(groups: Sequence[Group]) -> Table:
    """Returns the seconds of each kind of phase, the mean over seeds."""
    rows = []
    for group in groups:
        kinds = dict.fromkeys(name for run in group.runs for name in run.seconds)
        total = np.mean([sum(run.seconds.values()) for run in group.runs])
        phases = 0.0
        for kind in kinds:
            seconds = np.mean([run.seconds.get(kind, 0.0) for run in group.runs])
            count = np.mean(
                [sum(line["group"] == kind for line in run.records) for run in group.runs]
            )
            phases += count
            share = f"{seconds / max(total, 1e-9):.1%}"
            rows.append([group.title, kind, f"{count:g}", f"{seconds:.1f}", share])
        rows.append([group.title, "total", f"{phases:g}", f"{total:.1f}", ""])
    everything = sum(sum(run.seconds.values()) for group in groups for run in group.runs)
    if sum(len(group.runs) for group in groups) > 1:
        rows.append(["all runs", "total", "", f"{everything:.1f}", ""])
    return Table(["runs", "kind of phase", "phases", "seconds per run", "share"], rows)
