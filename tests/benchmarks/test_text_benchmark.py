"""``python -m benchmarks.text``: corpus, table, published rows, going on, and what it refuses."""

import dataclasses
import json

import pytest

from benchmarks import text
from helpers import runs
from helpers.pages import SHARED_SIZES, SIZES, report, table
from leakgan_tf.cli import entry
from leakgan_tf.config import presets
from leakgan_tf.data import captions, corpora
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.reporting import published
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.systems import registry
from leakgan_tf.tasks import text_scores
from leakgan_tf.training.trainer import Trainer

COUNTS = {"train": 120, "test": 30}


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program(), pytest.MonkeyPatch.context() as patch:
        small = corpora.captions_sources(*COUNTS.values())
        patch.setattr(corpora, "captions_sources", lambda: small)
        patch.delenv("LEAKGAN_TF_DATA", raising=False)
        yield


def benchmark(*words):
    argv = ["text", *map(str, words)]
    return entry.run(text.run, text.define_flags(), argv, text.ABOUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a benchmark of MLE and LeakGAN on few captions that has ended."""
    folder = tmp_path_factory.mktemp("save") / "captions"
    assert benchmark("--dataset=captions", *SIZES, f"--run_dir={folder}") == 0
    return folder


def test_the_table_has_the_figures_of_every_run(folder):
    rows = table((folder / "report.md").read_text(), "system | T")
    real = rows.pop("real (training)")
    assert list(rows) == ["MLE", "LeakGAN"]
    scores = report(folder)["real"]
    assert real["BLEU-2"] == f"{scores['bleu']['2']:.3f}"
    assert real["grammatical"] == "1.000"
    assert {real[cell] for cell in ("T", "NLL_test", "copied", "minutes")} == {""}
    for name, row in zip(("mle-seed0", "leakgan-seed0"), rows.values(), strict=True):
        figures = json.loads(RunFolder(folder / name).measured.read_text())
        for order in "2345":
            assert row[f"BLEU-{order}"] == f"{figures['bleu'][order]:.3f}"
            assert row[f"Self-BLEU-{order}"] == f"{figures['self_bleu'][order]:.3f}"
        assert row["backward BLEU-4"] == f"{figures['backward_bleu']['4']:.3f}"
        assert row["NLL_test"] == f"{figures['nll_test']:.3f}"
        assert row["copied"] == f"{figures['copied_from_train']:.3f}"
        assert row["grammatical"] == f"{figures['grammatical']:.3f}"
        assert row["minutes"] == f"{sum(figures['seconds'].values()) / 60:.1f}"


def test_the_protocol_and_samples_stand_in_the_page(folder):
    page, dataset = (folder / "report.md").read_text(), load_dataset(folder / "data")
    counts = f"{len(dataset.train)} training and {len(dataset.test)} held-out sentences"
    assert counts in page
    for run in report(folder)["runs"]:
        assert run["samples"] == load(folder / run["folder"]).generate(20)
        assert "```\n" + "\n".join(run["samples"]) + "\n```" in page
        assert page.count(run["samples"][0]) < 3  # once, and once beside LeakGAN's goals
    for name, value in report(folder)["runs"][0]["figures"]["protocol"].items():
        end = " (MLE, seed 0), " if name == "empty_samples" else "\n"
        assert f"\n{name}: {value}{end}" in page
    assert "There are no published figures here" in page  # the captions are the project's own


def test_the_sweep_stands_in_the_page(folder):
    """At temperature 1 it measures what the main scores do, as few sentences are used whole."""
    page = (folder / "report.md").read_text()
    rows = page.split("| sweep of")[1].split("\n\n")[0].splitlines()[2:]
    assert len(rows) == 2 * len(text_scores.SWEEP)
    assert "![Quality against diversity" in page
    for run in report(folder)["runs"]:
        figures = run["figures"]
        assert [row["temperature"] for row in figures["sweep"]] == list(text_scores.SWEEP)
        (plain,) = [row for row in figures["sweep"] if row["temperature"] == 1]
        for name in ("nll_test", "bleu", "self_bleu", "distinct_sentences"):
            assert plain[name] == figures[name]
        title = published.system_title(run["config"]["system"])
        cells = [title, "1", *(f"{plain['bleu'][order]:.3f}" for order in "2345")]
        found = [[cell.strip() for cell in row.strip("|").split("|")][:6] for row in rows]
        assert cells in found


def test_the_json_has_what_made_the_figures(folder):
    stored, dataset = report(folder), load_dataset(folder / "data")
    assert stored["dataset"] == "captions"
    assert {"commit", "versions", "command"} <= set(stored["made_by"])
    assert stored["prepared"] == dataset.record
    for run, system in zip(stored["runs"], ("mle", "leakgan"), strict=True):
        config, figures = run["config"], run["figures"]
        assert (config["system"], config["preset"]) == (system, "smoke")
        assert config[system].get("rollouts") == {"mle": None, "leakgan": 1}[system]
        assert figures == json.loads(RunFolder(folder / run["folder"]).measured.read_text())
        protocol = figures["protocol"]
        assert protocol["tokenizer"] == "word"
        for name, part in (("references", dataset.test), ("train", dataset.train)):
            assert protocol[name] == {"available": len(part), "used": len(part)}
        assert {"smoothing", "aggregation", "temperature", "self_bleu", "nll_test"} <= set(protocol)


def test_real_text_is_training_sentences_against_the_whole_test_set(folder):
    dataset = load_dataset(folder / "data")
    real = report(folder)["real"]
    assert real == json.loads(json.dumps(text_scores.real_figures(dataset)))
    count = len(dataset.test)
    assert real["protocol"]["samples"] == {"available": len(dataset.train), "used": count}
    assert real["protocol"]["references"] == {"available": count, "used": count}
    # Sentences that the test set has too, and nothing else, are perfect.
    same = dataclasses.replace(dataset, train=dataset.test)
    assert text_scores.real_figures(same)["bleu"] == dict.fromkeys("2345", pytest.approx(1.0))
    few = dataclasses.replace(dataset, train=dataset.train[:5])
    assert text_scores.real_figures(few)["protocol"]["samples"]["used"] == 5


def test_captions_are_judged_by_their_grammar(folder):
    """An oracle for text: of the training sentences it says that all are grammatical."""
    dataset = load_dataset(folder / "data")
    real = [dataset.vocabulary.decode(row) for row in dataset.train]
    scores = text_scores._grammar_scores(dataset, real)
    assert scores["grammatical"] == 1.0
    expected = -sum(captions.log_prob(each) for each in real) / len(real)
    assert scores["nll_grammar"] == pytest.approx(expected)
    half = [*real, *(each[::-1] for each in real)]
    assert text_scores._grammar_scores(dataset, half)["grammatical"] == 0.5
    assert text_scores._grammar_scores(dataset, [["dog"]]) == {"grammatical": 0.0}


@pytest.mark.ci
def test_the_same_command_again_trains_and_prepares_nothing(folder, monkeypatch):
    def refuse(*arguments, **named):
        raise AssertionError("it trains or prepares")

    before, stored = runs.files(folder), report(folder)
    monkeypatch.setattr(Trainer, "run", refuse)
    monkeypatch.setattr(text, "prepare_corpus", refuse)
    assert benchmark(*SIZES, f"--run_dir={folder}") == 0
    assert report(folder)["runs"] == stored["runs"]
    for name, content in runs.files(folder).items():
        if "/" in name:
            assert content == before[name], name


def made_up_coco(data_dir):
    (data_dir / "coco").mkdir(parents=True)
    for part, seed in (("train", 3), ("test", 4)):
        lines = captions.sample_text(COUNTS[part], seed)
        (data_dir / "coco" / f"{part}.txt").write_text("\n".join(lines) + "\n")
    return data_dir


def test_published_rows_stand_beside_models_of_their_sizes_on_that_corpus(tmp_path, capsys):
    data_dir = made_up_coco(tmp_path / "shared")
    words = ["--dataset=coco", f"--data_dir={data_dir}", "--systems=mle", *SHARED_SIZES]
    assert benchmark(*words, f"--run_dir={tmp_path / 'small'}") == 0
    page, printed = (tmp_path / "small" / "report.md").read_text(), capsys.readouterr()
    assert list(table(page, "system | T")) == ["MLE", "real (training)"]
    assert published.OTHER_SIZES in page and "0.731" not in page + printed.out + printed.err

    folder, paper = tmp_path / "run", presets.PAPER_TEXT
    words += [f"--run_dir={folder}", "--generator_embedding=128", "--generator_hidden=128"]
    words += [f"--discriminator_embedding={paper.discriminator_embedding}"]
    kernels = {"windows": paper.windows, "filters": paper.filters}
    words += [f"--{name}={','.join(map(str, values))}" for name, values in kernels.items()]
    assert benchmark(*words) == 0
    page, printed = (folder / "report.md").read_text(), capsys.readouterr()
    found = table(page, "system | T")
    assert list(found) == ["MLE", "real (training)", "MLE, published"]
    assert found["MLE, published"]["BLEU-2"] == "0.731"
    assert found["MLE, published"]["Self-BLEU-5"] == "0.408"
    assert "0.731" in printed.out + printed.err
    assert published.COCO_SOURCE in page
    assert "grammatical" not in page


@pytest.mark.parametrize("dataset", list(corpora.CORPORA))
def test_every_published_figure_is_of_a_system_and_has_a_source(dataset):
    figures, source = published.text_figures(dataset)
    assert bool(figures) == bool(source) == (dataset not in ("captions", "ptb"))
    assert all(published.system_title(name) != name for name in figures)


def refuses(capsys, parent, *words, names=()):
    """Exit status 2, one line, and nothing is made or changed below the folder."""
    before = runs.files(parent)
    folders = {path for path in parent.rglob("*") if path.is_dir()}
    assert benchmark(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err
    assert runs.files(parent) == before
    assert {path for path in parent.rglob("*") if path.is_dir()} == folders


def test_a_missing_corpus_file_is_told_with_what_to_get_and_where_to_put_it(tmp_path, capsys):
    words = ["--dataset=coco", f"--run_dir={tmp_path / 'run'}", *SIZES]
    refuses(capsys, tmp_path, *words, names=["--data_dir", "LEAKGAN_TF_DATA", "Texygen"])
    data_dir = made_up_coco(tmp_path / "shared")
    missing = data_dir / "coco" / "test.txt"
    missing.unlink()
    names = [missing, "10,000 other captions", "https://github.com/geek-ai/Texygen"]
    refuses(capsys, tmp_path, *words, f"--data_dir={data_dir}", names=names)


@pytest.mark.parametrize("system", registry.find_systems())
def test_every_system_gets_as_far_as_the_corpus(tmp_path, capsys, system):
    """Its sizes are checked against those of the text, not of a made-up one."""
    words = ["--dataset=coco", f"--systems={system}", "--preset=quick"]
    refuses(capsys, tmp_path, *words, f"--run_dir={tmp_path / 'run'}", names=["--data_dir"])


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--dataset=novels"], ["novels", "captions"]),
        (["--preset=huge"], ["huge", "paper, quick, smoke"]),
        (["--semantics=mine"], ["mine", "original, paper"]),
        (["--systems=mle,gan"], ["gan", "seqgan"]),
        (["--systems="], ["--systems"]),
        (["--seeds=a"], ["--seeds", "a"]),
        (["--seeds=1,1"], ["--seeds", "once"]),
        (["--rollouts=x"], ["rollouts"]),
        (["captions"], ["captions"]),
    ],
)
def test_bad_flags_are_refused_before_anything_is_made(tmp_path, capsys, words, names):
    refuses(capsys, tmp_path, *SIZES, f"--run_dir={tmp_path / 'run'}", *words, names=names)


def test_a_folder_of_another_corpus_or_configuration_is_refused(folder, capsys):
    own = [*SIZES, f"--run_dir={folder}"]
    names = [folder / "data", "captions", "coco"]
    refuses(capsys, folder, *own, "--dataset=coco", names=names)
    refuses(capsys, folder, *own, "--rollouts=2", names=["rollouts: 1 -> 2"])
    refuses(capsys, folder, *own, "--vocab_size=50", names=["vocab_size", "prepare"])
