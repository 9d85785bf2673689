"""A trained generator as a SavedModel that needs nothing but TensorFlow."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from leakgan_tf.generation.continuation import Drawn, continue_prefixes
from leakgan_tf.generation.law import Law
from leakgan_tf.generation.residual import ResidualGenerator
from leakgan_tf.metrics.temperatures import LEAST, MOST
from leakgan_tf.models.masking import END
from leakgan_tf.runs import graph_text
from leakgan_tf.runs.load import GENERATE, TrainedGenerator
from leakgan_tf.runs.request import TRIES
from leakgan_tf.utils.errors import UserError

# Of the signature `generate`; the prompt has none.
DEFAULTS = {"count": 10, "temperature": 1.0, "seed": 0, "top_k": 0, "top_p": 1.0, "greedy": False,
            "unique": False, "novel": False}  # fmt: skip
NEAREST = 3  # known words that are named for an unknown one


class _Written(NamedTuple):
    """Sentences: ids (n, T), text (n,), and log-probabilities (n,), as `Sentence` has them."""

    ids: tf.Tensor
    text: tf.Tensor
    log_prob_model: tf.Tensor
    log_prob_law: tf.Tensor


class Exported(tf.Module):
    """The module that is saved: weights, words, and two signatures.

    ``generate`` takes what `TrainedGenerator.generate` takes, and gives the same sentences; all but
    the prompt have defaults in the signature. ``serving_default`` takes prompts alone, one sentence
    each: TensorFlow Serving's row format asks for every input of a signature.

    Args:
      trained: a loaded run.
      training: its training sentences, which `novel` leaves out; None if they are not at hand.
    """

    def __init__(self, trained: TrainedGenerator, training: Sequence[str] | None = None):
        super().__init__()
        self._models = list(trained.system.models.values())  # tracked: their weights are saved
        self._policy = trained.generator.policy
        self._batch = trained.config.sampling_batch
        self._length = trained.config.length
        self._tokenizer = trained.reader.tokenizer if trained.reader else None
        self._ranks = graph_text.merge_ranks(self._tokenizer)  # tracked, as all tables
        if trained.reader is None:
            words = [str(number) for number in range(trained.config.vocab_size)]
            known, first = words, 0
        else:
            vocabulary = trained.reader.vocabulary
            words = [vocabulary.symbol(number) for number in range(len(vocabulary))]
            known, first = list(vocabulary.words), vocabulary.first_id
        self._words = tf.constant(words)
        self._known = tf.constant(known)
        ids = tf.range(first, first + len(known))
        table = tf.lookup.KeyValueTensorInitializer(self._known, ids)
        self._ids = tf.lookup.StaticHashTable(table, -1)  # tracked
        self._training = None if training is None else tf.sort(_hash(tf.constant(list(training))))
        self.generate = self._make_generate()
        self.serving_default = tf.function(
            self._serve, input_signature=[tf.TensorSpec([None], tf.string, "prompt")],
            autograph=False,
        )  # fmt: skip

    def _make_generate(self) -> tf.types.experimental.PolymorphicFunction:
        def generate(
            prompt: tf.Tensor,
            count: tf.Tensor,
            temperature: tf.Tensor,
            seed: tf.Tensor,
            top_k: tf.Tensor,
            top_p: tf.Tensor,
            greedy: tf.Tensor,
            unique: tf.Tensor,
            novel: tf.Tensor,
        ) -> dict[str, tf.Tensor]:
            with tf.control_dependencies(self._check(temperature, top_k, top_p, novel)):
                law = Law(self._inverse(temperature), top_k, top_p, greedy)
            prefix, given = self._read(prompt[tf.newaxis])
            rows = [self._batch, 1]
            prefixes, lengths = tf.tile(prefix, rows), tf.tile(given, rows[:1])
            return self._collect(prefixes, lengths, law, seed, count, unique, novel)._asdict()

        defaults = {name: tf.constant(value) for name, value in DEFAULTS.items()}
        generate.__defaults__ = tuple(defaults.values())  # tensors, as signatures want them
        specs = [tf.TensorSpec([], value.dtype, name) for name, value in defaults.items()]
        specs = [tf.TensorSpec([], tf.string, "prompt"), *specs]
        return tf.function(generate, input_signature=specs, autograph=False)

    def _serve(self, prompt: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns a sentence for each prompt (n,), at temperature 1 and seed 0."""
        law, count = Law(self._inverse(tf.constant(1.0))), tf.shape(prompt)[0]
        prefixes, given = self._read(prompt)
        room = -count % self._batch
        prefixes, given = tf.pad(prefixes, [[0, room], [0, 0]]), tf.pad(given, [[0, room]])
        shape = [-1, self._batch, self._length]
        batches = (tf.reshape(prefixes, shape), tf.reshape(given, shape[:2]))
        numbers = tf.range(tf.shape(batches[0])[0])
        drawn = tf.map_fn(
            lambda each: self._draw(each[1], each[2], law, tf.constant(0), each[0]),
            (numbers, *batches),
            fn_output_signature=Drawn(tf.int32, tf.float32, tf.float32),
            parallel_iterations=1,
        )
        flat = Drawn(*(tf.reshape(part, [-1, self._length])[:count] for part in drawn))
        return self._write(flat, given[:count])._asdict()

    def _check(
        self, temperature: tf.Tensor, top_k: tf.Tensor, top_p: tf.Tensor, novel: tf.Tensor
    ) -> list[tf.Operation]:
        """Returns assertions on what was asked for."""
        here = tf.constant(self._training is not None)
        return [
            tf.debugging.Assert(holds, [words])
            for holds, words in (
                ((temperature >= LEAST) & (temperature <= MOST), "temperature: 0.001 to 1000"),
                (top_k >= 0, "top_k: 0, all tokens, or more"),
                ((top_p > 0) & (top_p <= 1), "top_p: above 0 and at most 1"),
                (here | ~novel, "novel: exported without the training sentences (export --data)"),
            )
        ]

    def _inverse(self, temperature: tf.Tensor) -> tf.Tensor:
        # In float64, as `Generator` divides.
        factor = tf.cast(1.0 / tf.cast(temperature, tf.float64), tf.float32)
        return tf.fill([self._length], factor)

    def _read(self, prompt: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns prompts (n,) as ids (n, T) and their lengths (n,)."""
        tokens = graph_text.tokenize(prompt, self._tokenizer, self._ranks)
        ids = tf.ragged.map_flat_values(self._ids.lookup, tokens)
        unknown = tf.boolean_mask(tokens.flat_values, ids.flat_values < 0)
        known = tf.cond(
            tf.size(unknown) > 0, lambda: self._near(unknown[0]), lambda: tf.constant("")
        )
        given = tf.cast(tokens.row_lengths(), tf.int32)
        fine = [
            tf.debugging.Assert(
                tf.size(unknown) == 0,
                [
                    "the prompt has a word that is not in the training text:",
                    unknown[:1],
                    "nearest:",
                    known,
                ],
            ),
            tf.debugging.Assert(
                tf.reduce_all(given < self._length),
                [f"a prompt has at most {self._length - 1} tokens, not", tf.reduce_max(given)],
            ),
        ]
        with tf.control_dependencies(fine):
            return ids.to_tensor(END, shape=[None, self._length]), tf.identity(given)

    def _near(self, word: tf.Tensor) -> tf.Tensor:
        """Returns the known words at the least edit distances from a word, as one string."""
        letters = tf.strings.unicode_split(self._known, "UTF-8")
        own = tf.repeat(
            tf.strings.unicode_split(word, "UTF-8")[tf.newaxis], tf.size(self._known), 0
        )
        own = tf.RaggedTensor.from_tensor(own)
        distance = tf.edit_distance(letters.to_sparse(), own.to_sparse(), normalize=False)
        nearest = tf.argsort(distance, stable=True)[:NEAREST]
        return tf.strings.reduce_join(tf.gather(self._known, nearest), separator=", ")

    def _draw(
        self, prefixes: Any, given: Any, law: Law, seed: tf.Tensor, number: tf.Tensor
    ) -> Drawn:
        """Returns the batch of that number."""
        own = tf.random.experimental.stateless_fold_in(tf.stack([seed, GENERATE]), number)
        prefixes = tf.ensure_shape(prefixes, [self._batch, self._length])
        return continue_prefixes(self._policy(), prefixes, given, law, own)

    def _collect(
        self,
        prefixes: Any,
        given: Any,
        law: Law,
        seed: tf.Tensor,
        count: tf.Tensor,
        unique: tf.Tensor,
        novel: tf.Tensor,
    ) -> _Written:
        """Draws batches until there are `count` sentences as asked for."""
        most = TRIES * tf.maximum(count, self._batch)

        def missing(number: tf.Tensor, found: _Written) -> tf.Tensor:
            short = tf.size(found.text) < count
            tried = [f"fewer than 1 in {TRIES} sentences are unique or novel, as asked for"]
            check = tf.debugging.Assert(~short | (number * self._batch < most), tried)
            with tf.control_dependencies([check]):
                return tf.identity(short)

        def body(number: tf.Tensor, found: _Written) -> tuple[tf.Tensor, _Written]:
            fresh = self._write(self._draw(prefixes, given, law, seed, number), given)
            kept = self._wanted(found.text, fresh.text, unique, novel)
            return number + 1, _Written(*(
                tf.concat([old, tf.boolean_mask(new, kept)], axis=0)
                for old, new in zip(found, fresh, strict=True)
            ))  # fmt: skip

        # A size that is 0, and known only when it runs: from a known one TensorFlow concludes that
        # every turn of the loop has that many.
        nothing = tf.minimum(count, 0)
        none = _Written(
            tf.zeros([nothing, self._length], tf.int32),
            tf.fill([nothing], ""),
            tf.zeros([nothing]),
            tf.zeros([nothing]),
        )
        shapes = _Written(tf.TensorShape([None, self._length]), *[tf.TensorShape([None])] * 3)
        _, found = tf.while_loop(
            missing, body, (tf.constant(0), none), (tf.TensorShape([]), shapes)
        )
        return _Written(*(part[:count] for part in found))

    def _wanted(
        self, found: tf.Tensor, fresh: tf.Tensor, unique: tf.Tensor, novel: tf.Tensor
    ) -> tf.Tensor:
        """Returns which fresh sentences (B,) are unique among found ones (n,), and novel."""
        same = tf.unique(tf.concat([found, fresh], axis=0)).idx
        places = tf.range(tf.size(same))
        first = tf.gather(tf.math.unsorted_segment_min(places, same, tf.size(same)), same)
        kept = ~unique | (first == places)[-self._batch :]
        if self._training is None or not len(self._training):
            return kept
        hashes = _hash(fresh)
        place = tf.minimum(tf.searchsorted(self._training, hashes), len(self._training) - 1)
        return kept & (~novel | (tf.gather(self._training, place) != hashes))

    def _write(self, drawn: Drawn, given: tf.Tensor) -> _Written:
        """Returns what was drawn (n, T) as sentences; `given` are the prompts' lengths (n,)."""
        ids = drawn.tokens
        words = tf.gather(self._words, ids)
        counted = tf.range(self._length) >= given[:, tf.newaxis]  # (n, T)
        if self._tokenizer is not None:
            inside = tf.math.cumprod(tf.cast(ids != END, tf.int32), axis=1)
            words = tf.where(inside > 0, words, "")
            counted &= tf.pad(inside[:, :-1], [[0, 0], [1, 0]], constant_values=1) > 0
        sums = (tf.reduce_sum(tf.where(counted, part, 0.0), axis=1) for part in drawn[1:])
        return _Written(ids, graph_text.detokenize(words, self._tokenizer), *sums)


def _hash(text: tf.Tensor) -> tf.Tensor:
    """Returns 63-bit hashes of strings (n,); the same on every machine."""
    return tf.strings.to_hash_bucket_fast(text, 2**63 - 1)


def export(
    trained: TrainedGenerator, out: str | Path, training: Sequence[str] | None = None
) -> None:
    """Writes a SavedModel with the signatures of `Exported`; whole or not at all.

    Args:
      trained: a loaded run.
      out: the folder, a new one.
      training: the training sentences, for the signature's `novel`.

    Raises:
      UserError: `out` exists, or cannot be written.
    """
    out = Path(out)
    if out.exists():
        raise UserError(f"{out} exists; give another name")
    if isinstance(trained.generator, ResidualGenerator):
        raise UserError("a residual model cannot be exported: it is sampled by resampling")
    module = Exported(trained, training)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from error
    try:
        signatures = {"generate": module.generate, "serving_default": module.serving_default}
        tf.saved_model.save(module, str(temporary), signatures=signatures)
        temporary.chmod(0o755)
        temporary.rename(out)
    except (OSError, tf.errors.OpError) as error:
        raise UserError(f"cannot write {out}: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
