"""Loads trained generators from run folders."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data.languages import PADDING, Language
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.vocabulary import EOS_ID
from leakgan_tf.generation import residual
from leakgan_tf.generation.continuation import Drawn
from leakgan_tf.generation.filling import FillingGenerator
from leakgan_tf.generation.residual import ResidualGenerator, base_generator
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.base import system_log_odds
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.request import (
    TRIES,
    Request,
    Sentence,
    count_drawn,
    describe_filter,
    encode_prompt,
    encode_template,
    make_request,
)
from leakgan_tf.runs.scoring import ScoredSentence, score_sentences
from leakgan_tf.runs.shipped import find_run, training_text
from leakgan_tf.systems.base import System
from leakgan_tf.systems.registry import make_models
from leakgan_tf.utils import quiet
from leakgan_tf.utils.arguments import PATH, SWITCH, TEXT, WHOLE, as_list, check_type
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.status import bar, stage

# The second number of all stateless seeds for users' samples. Exported models, which cannot derive
# seeds in Python, use it too, so that they return the same sentences.
GENERATE = 0


class TrainedGenerator:
    """The generator of a finished or interrupted run.

    Attributes:
      config: the run's configuration.
      system: its models.
      generator: `sample`, `log_prob` and `complete` on token ids.
      reader: converts ids to text; None on the oracle and CFG tasks.
      symbols: on the CFG task the symbols by id, the first of which is padding; else empty.
      position: number of phases after which the weights were saved.
      total: number of phases in the schedule.
      chosen: description of the weights.
      figures: figures of the finished run's last weights; empty if it is not finished.
      run_dir: the run folder.
    """

    def __init__(
        self,
        config: Config,
        system: System,
        progress: checkpoint.Progress,
        reader: TextReader | None = None,
        best: bool = False,
        figures: dict[str, Any] | None = None,
        run_dir: str | Path = "",
    ):
        self.figures = figures or {}
        self.run_dir = Path(run_dir)
        self.config = config
        self.system = system
        self.generator = system.generator
        self.reader = reader
        language = Language(config.grammar, config.law) if config.task == "cfg" else None
        self.symbols = language.symbols if language else ()
        self.position = progress.position
        self.total = progress.total
        self.chosen = f"weights after {self.position} of {self.total} phases"
        if progress.partial.done:
            self.chosen += f" and {progress.partial.done} updates of the next"
        if best:
            rule = progress.best.get("rule", config.score)  # runs from before there was a choice
            self.chosen = f"best {self.chosen}: the evaluation with the least {rule}"
            if rule in progress.best:
                self.chosen += f", {progress.best[rule]:.3f}"

    def __repr__(self) -> str:
        config = self.config
        task = {"text": "text", "cfg": "sentences of a grammar"}.get(
            config.task, "sentences of an oracle"
        )
        return "\n".join([
            f"TrainedGenerator of {config.system}, trained on {task}",
            f"  run       {self.run_dir}: preset {config.preset}, seed {config.seed}, "
            f"T = {config.length}, V = {config.vocab_size:,}",
            f"  weights   {self.chosen.removeprefix('weights ')}",
            "  methods   .generate(5, temperature=0.7), .score([text]), .sample(5), .figures",
        ])  # fmt: skip

    def sample(self, num: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """Samples sentences as token ids (num, T) int32; see `generate`."""
        Request(num, temperature, seed)
        return self.generator.sample(num, temperature, (seed, GENERATE))

    def generate(
        self, num: int, temperature: float = 1.0, seed: int = 0, **options: Any
    ) -> list[str]:
        """Returns `num` sentences, one string each.

        Examples:
          >>> import leakgan_tf
          >>> len(leakgan_tf.load("captions").generate(5, prompt="a man", unique=True))
          5

        Args:
          num: number of sentences; a larger number begins with the same sentences.
          temperature: divides the logits; below 1 is sharper.
          seed: the same seed gives the same sentences.
          **options: other fields of `Request`: ``prompt="a man"``; ``template="a man ___ on the
            ___"``, for systems that fill gaps; ``top_k=40`` and ``top_p=0.9``, which no published
            protocol uses; ``greedy=True``; ``unique=True``; and ``novel=True``, with
            ``data="my_data"`` if the data folder has moved.

        Raises:
          UserError: a value is impossible, a word of the prompt is unknown, or too few sentences
            are unique or novel.
        """
        if not options:
            return [self._text(row) for row in self.sample(num, temperature, seed)]
        return [each.text for each in self.sentences(num, temperature, seed, **options)]

    def sentences(
        self,
        num: int,
        temperature: float = 1.0,
        seed: int = 0,
        data: str | Path | None = None,
        **options: Any,
    ) -> list[Sentence]:
        """Returns `num` sentences with their tokens and log-probabilities.

        Args:
          num: number of sentences.
          temperature: divides the logits; below 1 is sharper.
          seed: the same seed gives the same sentences.
          data: with ``novel``, the data folder if it has moved.
          **options: as in `generate`.

        Raises:
          UserError: as in `generate`.
        """
        request = make_request(num, temperature, seed, **options)
        if isinstance(self.generator, ResidualGenerator):
            raise UserError(
                "a residual model resamples whole sentences: it has no log-probabilities of "
                "tokens, and takes no prompt, template, top_k, top_p, greedy, unique or novel"
            )
        batches, given = self._batches(request)
        known = set(self.training_sentences(data)) if request.novel else set()
        found: list[Sentence] = []
        drawn = 0
        with bar(num, "sampling") as shown:
            while len(found) < num:
                if drawn >= TRIES * max(num, self.config.sampling_batch):
                    raise UserError(
                        f"only {len(found)} of {drawn:,} sentences are {describe_filter(request)}: "
                        "ask for fewer, or raise the temperature"
                    )
                batch = self._sentences(next(batches), given)
                drawn += len(batch)
                for sentence in batch:
                    if sentence.text not in known:
                        found.append(sentence)
                        known |= {sentence.text} if request.unique else set()
                shown.update(min(len(found), num) - shown.n)
        return found[:num]

    def resample(
        self, num: int, candidates: int, temperature: float = 1.0, seed: int = 0
    ) -> tuple[list[str], float]:
        """Samples the residual model of this generator and its own D.

        D chooses each sentence among `candidates` samples (`generation.residual.resample`).

        Args:
          num: number of sentences; a larger number begins with the same sentences.
          candidates: samples of the generator per sentence.
          temperature: divides the logits of the generator.
          seed: the same seed gives the same sentences.

        Returns:
          The sentences, and the mean effective sample size of their candidates: from 1, if one
          candidate always has all weight, to `candidates`, if all have equal weight.

        Raises:
          UserError: the run has no discriminator, or a value is impossible.
        """
        check_type(WHOLE, candidates=candidates)
        if candidates < 1:
            raise UserError(f"resample must be at least 1, not {candidates}")
        Request(num, temperature, seed)  # refuses impossible values
        log_odds = system_log_odds(self.system, self.config)
        own = base_generator(self.generator), log_odds, num, candidates
        found = residual.resample(*own, temperature, (seed, GENERATE))
        effective = float(found.effective.mean()) if num else float(candidates)
        return [self._text(row) for row in found.tokens], effective

    def score(self, sentences: Sequence[str], temperature: float = 1.0) -> list[ScoredSentence]:
        """Returns given sentences with their log-probabilities.

        These are the probabilities that `generate` samples with, at this temperature; for a system
        with latent noise (`gumbel_gan`, `textgan`) those of a mixture over fixed draws of it.

        Examples:
          >>> import leakgan_tf
          >>> model = leakgan_tf.load("captions")
          >>> likely, unlikely = model.score(["a man riding a horse.", "a horse riding a man."])
          >>> likely.log_prob > unlikely.log_prob
          True

        Args:
          sentences: one string each.
          temperature: divides the logits; below 1 is sharper.

        Raises:
          UserError: the run is not a run on text or is a residual model, or the temperature is
            impossible.
        """
        lines = as_list(TEXT, "sentences", sentences, alone=False)
        Request(0, temperature)  # refuses an impossible temperature
        if self.reader is None:
            raise UserError("score needs a run on text: the tokens of this run are not words")
        if isinstance(self.generator, ResidualGenerator):
            raise UserError(
                "a residual model has no exact log-probabilities, as its normalizing constant is "
                "estimated: `evaluate` has its NLL between bounds"
            )
        return score_sentences(self.generator, self.reader, lines, temperature)

    def training_sentences(self, data: str | Path | None = None) -> list[str]:
        """Returns the training sentences in the format of `generate`.

        Args:
          data: the data folder; default: where it was when the run was trained.

        Raises:
          UserError: the run is not a run on text, or its data folder is missing or differs.
        """
        return training_text(RunFolder(self.run_dir), self.config, data)

    def _text(self, ids: Sequence[int]) -> str:
        if self.symbols:
            return "".join(self._tokens(ids)).rstrip(PADDING)
        return " ".join(self._tokens(ids)) if self.reader is None else self.reader.text(ids)

    def _tokens(self, ids: Sequence[int]) -> tuple[str, ...]:
        if self.reader is not None:
            return tuple(self.reader.tokens(ids))
        return tuple(self.symbols[each] if self.symbols else str(each) for each in ids)

    def _batches(self, request: Request) -> tuple[Iterator[Drawn], np.ndarray]:
        """Returns an iterator over batches of samples, and the mask (T,) of given tokens."""
        law = request.temperature, request.top_k, request.top_p, request.greedy
        seed, places = (request.seed, GENERATE), np.arange(self.config.length)
        if not request.template:
            prefix = encode_prompt(request.prompt, self.reader, self.config.length)
            return self.generator.continuations(prefix, *law, seed), places < len(prefix)
        template = encode_template(request.template, self.reader, self.config)
        blanks = [place for place, each in enumerate(template) if each is None]
        assert isinstance(self.generator, FillingGenerator)  # its configuration says so
        return self.generator.fillings(template, *law, seed), ~np.isin(places, blanks)

    def _sentences(self, drawn: Drawn, given: np.ndarray) -> list[Sentence]:
        end = -1 if self.reader is None else EOS_ID
        counted = count_drawn(drawn.tokens, ~given, end)
        log_probs, law = ((part * counted).sum(axis=1) for part in drawn[1:])
        rows = drawn.tokens.tolist()
        words = [self._tokens(row) for row in rows]
        return [
            Sentence(
                self._text(row),
                words[number],
                int(given[: len(words[number])].sum()),
                float(log_probs[number]),
                float(law[number]),
            )
            for number, row in enumerate(rows)
        ]


def load(run_dir: str | Path, best: bool = False) -> TrainedGenerator:
    """Loads the generator of a finished or interrupted run.

    Examples:
      >>> import leakgan_tf
      >>> cats = leakgan_tf.load("runs/cats")
      >>> cats.position, cats.total
      (2, 2)
      >>> len(cats.generate(5, temperature=0.7))
      5

    Args:
      run_dir: a run folder, or the name of a pre-trained model of the package: "captions"
        (LeakGAN) or "captions-mle".
      best: load the weights of the best evaluation instead of the latest.

    Raises:
      UserError: there is no run, it has no checkpoint yet, or a file is damaged.
    """
    check_type(PATH, run_dir=run_dir)
    check_type(SWITCH, best=best)
    folder = RunFolder(find_run(run_dir))
    path = folder.weights(best)
    config = folder.read_config()
    quiet.run_first_graph()
    with stage("loading the run"):
        system = make_models(config)
        progress = checkpoint.restore(path, system.models, None)
    reader = folder.read_reader(config)
    figures = folder.read_figures(config.task)
    return TrainedGenerator(config, system, progress, reader, best, figures, folder.path)
