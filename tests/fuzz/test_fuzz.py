"""Every file and flag that is read, damaged: accepted and right, or one line and nothing left.

``--fuzz-cases=N`` runs N cases, ``--fuzz-seed=S`` others. A failure names the target and the case;
``--fuzz-seed`` and the number bring it back.
"""

import contextlib
import functools
import hashlib
import json
import os
import pickle
import random
import signal
import stat
import time

import numpy as np
import pytest

from benchmarks.publish import __main__ as collect
from fuzz.mutation import VALUES, mutate_file, mutate_json, restore
from helpers import runs
from helpers.tiny import tiny
from helpers.tunes import folder_of_tunes
from leakgan_tf.__main__ import main
from leakgan_tf.cli import (
    entry,
    evaluate,
    explore,
    export,
    generate,
    prepare,
    report,
    score,
    study,
    train,
)
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.reporting.study import CHECK, REAL, RESULTS_FORMAT, Item, make_key
from leakgan_tf.reporting.written import Written
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.tasks.oracle_weights import NAMES, read_parameters
from leakgan_tf.utils.printable import printable

SECONDS = 30  # that a case may take: more is taken for a hang
LINES = "".join(f"the {who} eats {what} .\n" for who in ("cat", "dog", "fox", "man", "owl")
                for what in ("fish", "rice", "it all", "a plum", "bread"))  # fmt: skip
# The same text in the forms that `prepare` reads, with the flags for each.
FORMS = (
    (LINES.encode(), []),
    (LINES.encode(), ["--split=sentences"]),
    (LINES.encode(), ["--split=chunks", "--max_length=8"]),
    (LINES.encode("utf-16"), ["--encoding=utf-16"]),
    ("".join(f'{i},"{line}"\n' for i, line in enumerate(LINES.splitlines())).encode(),
     ["--column=2"]),
    ("".join(json.dumps({"text": line}) + "\n" for line in LINES.splitlines()).encode(),
     ["--column=text"]),
)  # fmt: skip
SIZES = (
    "--preset=smoke", "--system=mle", "--batch_size=4", "--sampling_batch=8", "--mle_epochs=2",
    "--evaluation_samples=4",
)  # fmt: skip
SHARES = {
    "data folder": 5, "run": 10, "weights": 1, "oracle": 3, "text": 3, "midi": 2, "TF_CONFIG": 3,
    "train flags": 3, "prepare flags": 2, "generate flags": 1, "evaluate flags": 2,
    "export flags": 1, "report flags": 1, "results": 3, "study": 3, "study flags": 1,
    "explore flags": 1, "score flags": 1,
}  # fmt: skip
COMMANDS = {
    "train": train, "prepare": prepare, "generate": generate, "evaluate": evaluate,
    "export": export, "report": report, "study": study, "explore": explore,
    "score": score,
}  # fmt: skip


class Accepted(Exception):
    """The input was accepted, and the work would begin."""


def accept(*_, **__):
    raise Accepted


def weights():
    random_ = np.random.default_rng(0)
    shapes = {"embedding": (12, 3), "output/kernel": (4, 12), "output/bias": (12,)}
    for name in NAMES[1:13]:
        shapes[name] = {"kernel": (3, 4), "recurrent": (4, 4), "bias": (4,)}[name.split("/")[2]]
    return {name: random_.normal(size=shapes[name]).astype(np.float32) for name in NAMES}


def synthetic_figures():
    row = {"nll_oracle": 2.5, "nll_oracle_deviation": 0.1, "nll_test": 2.6, "distinct": 0.9,
           "nll_test_deviation": 0.1, "sentences": 16}  # fmt: skip
    flat = {
        f"{name}_{key}": row[name]
        for name in ("nll_oracle", "nll_test", "distinct") for key in ("1.0", "0.667", "1.5")
    }  # fmt: skip
    return {
        **flat, "sweep": [{"temperature": t, **row} for t in (0.7, 1.0, 1.5)],
        "best": {"position": 1, "rule": "nll_oracle_1.0", **flat},
        "seconds": {"mle": 1.5, "evaluation": 0.5}, "total_updates": 12,
    }  # fmt: skip


def write_project(root, records):
    """Writes a project with one result of a synthetic benchmark, and one of an ablation."""
    (root / "benchmarks" / "results").mkdir(parents=True)
    made_by = {"command": "python -m benchmarks.x", "python": "3", "machine": "x", "commit": "abc",
               "versions": {"numpy": "2"}, "hardware": {"processor": "x", "cores": 2}}  # fmt: skip
    test = {"direction": "lower", "p": 0.01}
    against = {"seeds": [0], "frontier": [{"place": "", "bound": 0.1, "distance": 0.1}],
               "frontier_p": test, "nll_oracle_differences": [0.1], "sentences": test,
               "envelope": [{"place": "better in both", "bound": 0.1, "distance": None}],
               "envelope_p": None}  # fmt: skip
    runs_ = [
        {"folder": f"{system}-seed0", "config": tiny(system).to_json(), "records": records,
         "figures": synthetic_figures(), "warnings": ["after phase 2: x"], "made_by": made_by}
        for system in ("mle", "seqgan")
    ]  # fmt: skip
    compared = {"baseline": "mle", "systems": {"seqgan": {"1.0": against}}}
    synthetic = {"benchmark": "synthetic", "made_by": made_by, "missing": [], "runs": runs_,
                 "references": {}, "comparison": compared}  # fmt: skip
    effect = {"values": {"0": 1.1, "1": 2.2}, "differences": {"0": 0.1, "1": 0.2}, "share": 1.0,
              "own": test, "shared": None, "conclusion": "moves", "against": "mle"}  # fmt: skip
    ablation = {
        "benchmark": "ablation", "made_by": made_by, "missing": [], "runs": runs_,
        "rows": {"mle": {"differs": "x"}}, "effects": {"NLL": {"mle": effect}},
        "controls": {"NLL": {"mle": effect}},
        "beginnings": {"mle": {"against": "x", "records": 3, "same": True}},
    }  # fmt: skip
    for name, content in (("one", synthetic), ("two", ablation)):
        (root / "benchmarks" / "results" / f"{name}.json").write_text(json.dumps(content))
    (root / "README.md").write_text("<!-- results: one -->\nold\n<!-- end -->\n")


def write_study(root):
    """Writes a study's key and the results of two judges."""
    root.mkdir()
    items = [Item(name, f"{name} {number}") for name in ("a run", REAL) for number in range(4)]
    key = make_key([*items, Item(CHECK, "x", True)], {"a run": "mle"}, {}, "coco", 1.0, 0)
    (root / "study.key.json").write_text(json.dumps(key))
    for judge in ("Ann", "Bo"):
        answers = [{"id": each["id"], "real": True, "seconds": 1.0} for each in key["sentences"]]
        content = {"format": RESULTS_FORMAT, "version": 1, "study": key["study"], "judge": judge,
                   "answers": answers}  # fmt: skip
        (root / f"{judge}.json").write_text(json.dumps(content))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A folder with a good one of every file."""
    folder = tmp_path_factory.mktemp("good")
    with runs.as_a_program():
        (folder / "text.txt").write_text(LINES)
        words = [f"--input={folder / 'text.txt'}", f"--out={folder / 'data'}", "--max_length=8"]
        assert call("prepare", *words) == 0
        run = [f"--data={folder / 'data'}", f"--run_dir={folder / 'text run'}"]
        assert call("train", *run, *SIZES) == 0
        read = weights()
        np.savez(folder / "oracle.npz", **read)
        (folder / "oracle.pkl").write_bytes(pickle.dumps(list(read.values()), 2))
        digest = read_parameters(folder / "oracle.npz")[1]
        config = tiny("mle", oracle_params=digest)
        runs.begun(config, folder / "oracle run")
    made = RunFolder(folder / "oracle run")
    made.measured.write_text(json.dumps(synthetic_figures()))
    lines = [
        {"position": 0, "group": "mle", "updates": 3, "loss": 2.5, "seconds": 0.5},
        {"position": 0, "group": "evaluation", "phase": "mle", "spent": 1.0, "updates": 3,
         "nll_oracle_1.0": 2.5, "nll_test_1.0": 2.6, "distinct_1.0": 1.0},
        {"position": 1, "group": "warning", "text": "samples repeat"},
        {"position": 1, "group": "adversarial/discriminator", "updates": 6, "accuracy": 0.7},
    ]  # fmt: skip
    made.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_project(folder / "project", made.records())
    folder_of_tunes(folder / "tunes", count=3, steps=12)
    write_study(folder / "study")
    return folder


def call(*words):
    if words[0] == "collect":
        command = functools.partial(collect.run, root=words[1])
        return entry.run(command, collect.define_flags(), ["collect"], "", "folder")
    return main(["leakgan-tf", *map(str, words)])


def listing(folder):
    """Every path below a folder with its kind and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = path.read_bytes() if stat.S_ISREG(mode) else b""
        found[str(path.relative_to(folder))] = stat.S_IFMT(mode), hashlib.md5(content).digest()
    return found


@contextlib.contextmanager
def alarm():
    def hangs(*_):
        raise AssertionError(f"more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Case:
    """One damaged input: where it lies, its randomness, and how its command ends."""

    def __init__(self, target, number, seed, good, folder, capsys):
        self.rng = random.Random(f"{seed} {target} {number}")
        self.number = number
        self.name, self.good, self.folder, self.capsys = f"{target} {number}", good, folder, capsys

    def run(self, *words):
        """Returns whether a command accepted its input; asserts that it refused it well."""
        before = listing(self.folder)
        self.capsys.readouterr()
        try:
            with alarm():
                status = call(*words)
        except Accepted:
            return True
        except SystemExit as error:
            raise AssertionError(f"{self.name}: {words} ended by SystemExit") from error
        except Exception as error:
            raise AssertionError(f"{self.name}: {str(words):.2000} raised {error!r}") from error
        errors = self.capsys.readouterr().err
        if status == 0:
            return True
        told = f"{self.name}: {str(words):.2000} ended with {status} and {errors!r:.2000}"
        lines = errors.splitlines()
        assert status == 2, told
        assert len(lines) == 1 and lines[0].startswith("error: ") and len(lines[0]) < 1500, told
        assert printable(lines[0]) == lines[0], told
        assert listing(self.folder) == before, told
        return False

    def copy(self, name):
        restore(self.good / name, self.folder / name)
        return self.folder / name

    def flags(self, command, words):
        """The words with flags of the command added, of values that nobody means."""
        known = [name for name in COMMANDS[command].define_flags() if name not in ("h", "help")]
        chosen = self.rng.sample(known, self.rng.choice((1, 1, 2, 3)))
        words = [*words, *(f"--{name}={self.rng.choice(VALUES)}" for name in chosen)]
        self.rng.shuffle(words)
        return words


def rebuild(folder, rng):
    """Gives a damaged data folder the checksums of what is in it now, mostly."""
    record = folder / "dataset.json"
    with contextlib.suppress(Exception):
        content = json.loads(record.read_text())
        for name in content["sha256"]:
            if not (folder / name).is_file():  # a device has no end
                return
            content["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if rng.random() < 0.8:
            record.write_text(json.dumps(content))


def data_folder(case):
    data = case.copy("data")
    name = case.rng.choice(("dataset.json", "vocabulary.json", "train.npz", "test.npz"))
    mutate_file(case.rng, data / name)
    rebuild(data, case.rng) if name != "dataset.json" else None
    if case.run("train", f"--data={data}", f"--run_dir={case.folder / 'new'}", *SIZES):
        found = load_dataset(data)
        assert max(found.train.max(), found.test.max()) < len(found.vocabulary)
        assert all(isinstance(found.decode(row), str) for row in found.train)


def run(case):
    """A run's folder; every tenth report is drawn, as drawing takes most of the time."""
    folder = case.copy(case.rng.choice(("oracle run", "text run")))
    names = ["config.json", "metrics.jsonl", "measured.json", "measured.json", "text.json"]
    names = [name for name in names if (folder / name).is_file()]
    mutate_file(case.rng, folder / case.rng.choice(names))
    out = case.folder / "out"
    with contextlib.nullcontext() if case.number % 10 == 0 else undrawn():
        accepted = case.run("report", folder, f"--out={out}")
    if accepted:
        assert {"report.html", "report.md"} <= {path.name for path in out.iterdir()}
        page = (out / "report.html").read_text("utf-8")
        assert printable(page) == page


@contextlib.contextmanager
def undrawn():
    """Pictures are composed, but saved as empty files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: None)
        yield


def weight_files(case):
    folder = case.copy("text run")
    mutate_file(case.rng, folder / case.rng.choice(("checkpoint.npz", "text.json")))
    out = case.folder / "out.txt"
    options = case.rng.choice(([], ["--prompt=the", "--top_k=3", "--unique"], ["--novel"]))
    if case.run("generate", f"--run_dir={folder}", f"--out={out}", "--num=2", *options):
        assert len(out.read_text("utf-8").split("\n")) == 3


def oracle(case):
    folder = case.copy("oracle run")
    name = case.rng.choice(("oracle.npz", "oracle.pkl"))
    (case.folder / name).write_bytes((case.good / name).read_bytes())
    mutate_file(case.rng, case.folder / name)
    words = (folder, f"--out={case.folder / 'out'}", f"--oracle_params={case.folder / name}")
    if case.run("report", *words):
        found, wanted = read_parameters(case.folder / name)[0], weights()
        assert all((found[name] == wanted[name]).all() for name in NAMES)


def text(case):
    path = case.folder / "text.txt"
    content, flags = case.rng.choice(FORMS)
    prepared = case.rng.random() < 0.7
    path.write_bytes(content if prepared else LINES.encode())
    mutate_file(case.rng, path, pipes=prepared)  # `evaluate` reads pipes, and waits for them
    if prepared:
        if case.run("prepare", f"--input={path}", f"--out={case.folder / 'data'}", *flags):
            load_dataset(case.folder / "data")
    else:
        other = case.good / "text.txt"
        files = [path, other] if case.rng.random() < 0.5 else [other, path]
        out = case.folder / "scores.json"
        words = (f"--samples={files[0]}", f"--references={files[1]}", f"--json={out}")
        if case.run("evaluate", *words):
            assert 0 <= json.loads(out.read_text())["bleu"]["2"] <= 1


def midi(case):
    folder = case.copy("tunes")
    mutate_file(case.rng, folder / f"tune0{case.rng.randrange(3)}.mid")
    words = (f"--midi={folder}", f"--out={case.folder / 'data'}", "--max_length=4")
    if case.run("prepare", *words):
        assert load_dataset(case.folder / "data").length == 4


def tf_config(case):
    content = {"cluster": {"chief": ["10.0.0.1:1234"], "worker": ["10.0.0.2:1234", "[::1]:99"]},
               "task": {"type": "worker", "index": 1}}  # fmt: skip
    os.environ["TF_CONFIG"] = json.dumps(mutate_json(case.rng, content)).replace("\x00", "")
    timeout = case.rng.choice(("10", *VALUES))
    words = (f"--data={case.good / 'data'}", "--strategy=multi_worker", *SIZES,
             f"--run_dir={case.folder / 'new'}")  # fmt: skip
    try:
        case.run("train", *words, f"--worker_timeout={timeout}")
    finally:
        del os.environ["TF_CONFIG"]


def results(case):
    root = case.copy("project")
    name = case.rng.choice(("one.json", "two.json"))
    mutate_file(case.rng, root / "benchmarks" / "results" / name)
    if case.run("collect", root):
        page = (root / "benchmarks" / "README.md").read_text("utf-8")
        assert printable(page) == page


def study_files(case):
    root, out = case.copy("study"), case.folder / "figures.json"
    mutate_file(case.rng, root / case.rng.choice(("study.key.json", "Ann.json", "Bo.json")))
    files = f"--results={root / 'Ann.json'},{root / 'Bo.json'}"
    if case.run("study", files, f"--key={root / 'study.key.json'}", f"--json={out}"):
        figures = json.loads(out.read_text("utf-8"))
        assert figures["judges"]
        assert all(0 <= each["share"] <= 1 for each in figures["sources"])


def flags_of(command):
    def fuzz(case):
        run_dir = f"--run_dir={case.good / 'text run'}"
        words = {
            "train": [f"--data={case.good / 'data'}", f"--run_dir={case.folder / 'new'}", *SIZES],
            "prepare": [f"--input={case.good / 'text.txt'}", f"--out={case.folder / 'data'}"],
            "generate": [run_dir, f"--out={case.folder / 'out.txt'}"],
            "evaluate": case.rng.choice((
                [run_dir, f"--json={case.folder / 'x.json'}"],
                [f"--{name}={case.good / 'text.txt'}" for name in ("samples", "references")],
            )),
            "export": [run_dir, f"--out={case.folder / 'model'}"],
            "report": [run_dir, f"--out={case.folder / 'out'}"],
            "study": [run_dir, f"--real={case.good / 'data'}", f"--out={case.folder / 'x.html'}"],
            "explore": [run_dir, f"--out={case.folder / 'x.html'}"],
            "score": [run_dir, f"--input={case.good / 'text.txt'}", f"--out={case.folder / 'x'}"],
        }[command]  # fmt: skip
        case.run(command, *case.flags(command, words))

    return fuzz


TARGETS = {
    "data folder": data_folder, "run": run, "weights": weight_files, "oracle": oracle,
    "text": text, "midi": midi, "TF_CONFIG": tf_config, "results": results, "study": study_files,
    **{f"{command} flags": flags_of(command) for command in COMMANDS},
}  # fmt: skip


def stop_before_work(monkeypatch, target):
    """Replaces what begins once the input is accepted, and needs minutes or TensorFlow."""
    monkeypatch.setattr("leakgan_tf.training.session.prepare_process", accept)
    monkeypatch.setattr("leakgan_tf.reporting.written.written_blocks", lambda *_: Written([], []))
    monkeypatch.setattr("leakgan_tf.evaluation.text.sweep_run", accept)
    monkeypatch.setattr("leakgan_tf.runs.export.export", accept)
    if target != "weights":
        monkeypatch.setattr("leakgan_tf.runs.load.load", accept)


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_input_is_accepted_and_right_or_refused_in_one_line(
    target, good, tmp_path, capsys, monkeypatch, request
):
    monkeypatch.chdir(tmp_path)
    stop_before_work(monkeypatch, target)
    cases = request.config.getoption("--fuzz-cases") * SHARES[target] // sum(SHARES.values())
    seed, begin = request.config.getoption("--fuzz-seed"), time.monotonic()
    for number in range(max(cases, 1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        TARGETS[target](Case(target, number, seed, good, folder, capsys))
    print(f"{target}: {cases} cases in {time.monotonic() - begin:.0f} s")
