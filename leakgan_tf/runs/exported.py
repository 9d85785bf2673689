"""A trained generator as a module of TensorFlow functions, to be exported as a SavedModel."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from leakgan_tf.generation.continuation import Drawn, continue_prefixes
from leakgan_tf.generation.law import Law
from leakgan_tf.metrics.temperatures import LEAST, MOST
from leakgan_tf.models.masking import END
from leakgan_tf.runs import graph_text
from leakgan_tf.runs.load import GENERATE, TrainedGenerator
from leakgan_tf.runs.request import TRIES

# Default inputs of the signatures `generate` and `fill`; prompt and template have none.
DEFAULTS = {"count": 10, "temperature": 1.0, "seed": 0, "top_k": 0, "top_p": 1.0, "greedy": False,
            "unique": False, "novel": False}  # fmt: skip
NEAREST = 3  # number of suggestions for an unknown word


class Written(NamedTuple):
    """Sentences: ids (n, T), text (n,), and log-probabilities (n,) in nats, as in `Sentence`."""

    ids: tf.Tensor
    text: tf.Tensor
    log_prob_model: tf.Tensor
    log_prob_law: tf.Tensor


class Exported(tf.Module):
    """The exported module: weights, vocabulary, and two signatures.

    ``generate`` has the options of `TrainedGenerator.generate` and returns the same sentences; all
    inputs but the prompt have defaults. ``serving_default`` returns one sentence for each prompt,
    its only input: TensorFlow Serving's row format requires every input of a signature.

    Args:
      trained: a loaded run.
      training: its training sentences, which `novel` excludes; None if they are not available.
    """

    def __init__(self, trained: TrainedGenerator, training: Sequence[str] | None = None):
        super().__init__()
        self._models = list(trained.system.models.values())  # tracked: their weights are saved
        self._policy = trained.generator.policy
        self._batch = trained.config.sampling_batch
        self._length = trained.config.length
        self._tokenizer = trained.reader.tokenizer if trained.reader else None
        self._ranks = graph_text.merge_ranks(self._tokenizer)  # tracked, as all tables
        self._symbols = trained.symbols
        if trained.reader is None:
            numbers = range(trained.config.vocab_size)
            words = list(self._symbols or map(str, numbers))
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

    @property
    def signatures(self) -> dict[str, tf.types.experimental.PolymorphicFunction]:
        """The exported functions by name."""
        return {"generate": self.generate, "serving_default": self.serving_default}

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
            law = self.checked_law(temperature, top_k, top_p, greedy, novel)
            prefix, given = self._read(prompt[tf.newaxis])
            rows = [self._batch, 1]
            prefixes, lengths = tf.tile(prefix, rows), tf.tile(given, rows[:1])

            def fresh(number: tf.Tensor) -> Written:
                return self.write(
                    self._draw(prefixes, lengths, law, seed, number), self._after(lengths)
                )

            return self.collect(fresh, count, unique, novel)._asdict()

        return with_defaults(generate, "prompt")

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
        return self.write(flat, self._after(given[:count]))._asdict()

    def checked_law(
        self,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        greedy: tf.Tensor,
        novel: tf.Tensor,
    ) -> Law:
        """Returns the law that tokens are sampled from, with assertions on the options."""
        here = tf.constant(self._training is not None)
        fine = [
            tf.debugging.Assert(holds, [words])
            for holds, words in (
                (
                    (temperature >= LEAST) & (temperature <= MOST),
                    f"temperature must be {LEAST:g} to {MOST:g}",
                ),
                (top_k >= 0, "top_k must be 0 (all tokens) or more"),
                ((top_p > 0) & (top_p <= 1), "top_p must be above 0 and at most 1"),
                (here | ~novel, "novel needs the training sentences: export with --data"),
            )
        ]
        with tf.control_dependencies(fine):
            return Law(self._inverse(temperature), top_k, top_p, greedy)

    def _inverse(self, temperature: tf.Tensor) -> tf.Tensor:
        # In float64, as `Generator` divides.
        factor = tf.cast(1.0 / tf.cast(temperature, tf.float64), tf.float32)
        return tf.fill([self._length], factor)

    def _read(self, prompt: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns prompts (n,) as ids (n, T) and their lengths (n,)."""
        ids = self.known_ids(prompt, "prompt")
        given = tf.cast(ids.row_lengths(), tf.int32)
        short = tf.debugging.Assert(
            tf.reduce_all(given < self._length),
            [f"a prompt has at most {self._length - 1} tokens, not", tf.reduce_max(given)],
        )
        with tf.control_dependencies([short]):
            return ids.to_tensor(END, shape=[None, self._length]), tf.identity(given)

    def known_ids(self, text: tf.Tensor, what: str) -> tf.RaggedTensor:
        """Returns strings (n,) as ids (n, tokens); asserts that the vocabulary has all tokens."""
        tokens = graph_text.tokenize(text, self._tokenizer, self._ranks)
        ids = tf.ragged.map_flat_values(self._ids.lookup, tokens)
        unknown = tf.boolean_mask(tokens.flat_values, ids.flat_values < 0)
        known = tf.cond(
            tf.size(unknown) > 0, lambda: self._near(unknown[0]), lambda: tf.constant("")
        )
        kind = "word that is not in the training text"
        if self._tokenizer is None:
            kind = f"token that is not one of the {len(self._known)} of this model"
        said = [f"the {what} has a {kind}:", unknown[:1], "nearest:", known]
        fine = tf.debugging.Assert(tf.size(unknown) == 0, said)
        with tf.control_dependencies([fine]):
            return tf.ragged.map_flat_values(tf.identity, ids)

    def _near(self, word: tf.Tensor) -> tf.Tensor:
        """Returns the known words with the smallest edit distances from a word, as one string."""
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
        """Samples batch `number` of continuations of prefixes (B, T) with lengths (B,)."""
        own = tf.random.experimental.stateless_fold_in(tf.stack([seed, GENERATE]), number)
        prefixes = tf.ensure_shape(prefixes, [self._batch, self._length])
        return continue_prefixes(self._policy(), prefixes, given, law, own)

    def collect(
        self,
        fresh: Callable[[tf.Tensor], Written],
        count: tf.Tensor,
        unique: tf.Tensor,
        novel: tf.Tensor,
    ) -> Written:
        """Samples batches with ``fresh(number)`` until `count` sentences satisfy the filters."""
        fine = tf.debugging.Assert(count >= 0, ["count must be 0 or more, not", count])
        with tf.control_dependencies([fine]):
            count = tf.identity(count)
        most = TRIES * tf.maximum(count, self._batch)

        def missing(number: tf.Tensor, found: Written) -> tf.Tensor:
            short = tf.size(found.text) < count
            tried = [
                f"fewer than 1 in {TRIES} sentences are unique or novel: ask for fewer, or raise "
                "the temperature"
            ]
            check = tf.debugging.Assert(~short | (number * self._batch < most), tried)
            with tf.control_dependencies([check]):
                return tf.identity(short)

        def body(number: tf.Tensor, found: Written) -> tuple[tf.Tensor, Written]:
            batch = fresh(number)
            kept = self._wanted(found.text, batch.text, unique, novel)
            return number + 1, Written(*(
                tf.concat([old, tf.boolean_mask(new, kept)], axis=0)
                for old, new in zip(found, batch, strict=True)
            ))  # fmt: skip

        # Size 0, but known only at run time: TensorFlow would take a known size for the size in
        # every iteration of the loop.
        nothing = tf.minimum(count, 0)
        none = Written(
            tf.zeros([nothing, self._length], tf.int32),
            tf.fill([nothing], ""),
            tf.zeros([nothing]),
            tf.zeros([nothing]),
        )
        shapes = Written(tf.TensorShape([None, self._length]), *[tf.TensorShape([None])] * 3)
        _, found = tf.while_loop(
            missing, body, (tf.constant(0), none), (tf.TensorShape([]), shapes)
        )
        return Written(*(part[:count] for part in found))

    def _wanted(
        self, found: tf.Tensor, fresh: tf.Tensor, unique: tf.Tensor, novel: tf.Tensor
    ) -> tf.Tensor:
        """Returns the mask (B,) of fresh sentences (B,) that satisfy the filters.

        With `unique` they differ from the found sentences (n,) and from each other; with `novel`
        they are not in the training set.
        """
        same = tf.unique(tf.concat([found, fresh], axis=0)).idx
        places = tf.range(tf.size(same))
        first = tf.gather(tf.math.unsorted_segment_min(places, same, tf.size(same)), same)
        kept = ~unique | (first == places)[-self._batch :]
        if self._training is None or not len(self._training):
            return kept
        hashes = _hash(fresh)
        place = tf.minimum(tf.searchsorted(self._training, hashes), len(self._training) - 1)
        return kept & (~novel | (tf.gather(self._training, place) != hashes))

    def _after(self, given: tf.Tensor) -> tf.Tensor:
        """Returns the mask (n, T) of the tokens after prompts of lengths (n,)."""
        return tf.range(self._length) >= given[:, tf.newaxis]

    def write(self, drawn: Drawn, counted: tf.Tensor) -> Written:
        """Returns sampled tokens as sentences; `counted` is the mask (n, T) of tokens not given."""
        ids = drawn.tokens
        words = tf.gather(self._words, ids)
        if self._tokenizer is not None:
            inside = tf.math.cumprod(tf.cast(ids != END, tf.int32), axis=1)
            words = tf.where(inside > 0, words, "")
            counted &= tf.pad(inside[:, :-1], [[0, 0], [1, 0]], constant_values=1) > 0
        sums = (tf.reduce_sum(tf.where(counted, part, 0.0), axis=1) for part in drawn[1:])
        if self._symbols:
            text = tf.strings.regex_replace(tf.strings.reduce_join(words, axis=-1), " +$", "")
        else:
            text = graph_text.detokenize(words, self._tokenizer)
        return Written(ids, text, *sums)


def with_defaults(
    function: Callable[..., dict[str, tf.Tensor]], first: str
) -> tf.types.experimental.PolymorphicFunction:
    """Returns a signature with a string input named `first`, and the inputs in `DEFAULTS`."""
    defaults = {name: tf.constant(value) for name, value in DEFAULTS.items()}
    function.__defaults__ = tuple(defaults.values())  # signatures need tensors
    specs = [tf.TensorSpec([], value.dtype, name) for name, value in defaults.items()]
    specs = [tf.TensorSpec([], tf.string, first), *specs]
    return tf.function(function, input_signature=specs, autograph=False)


def _hash(text: tf.Tensor) -> tf.Tensor:
    """Returns 63-bit hashes of strings (n,), which do not depend on the machine."""
    return tf.strings.to_hash_bucket_fast(text, 2**63 - 1)
