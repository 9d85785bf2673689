"""A trained generator as a SavedModel that needs nothing but TensorFlow."""

import shutil
import tempfile
from pathlib import Path

import tensorflow as tf

from leakgan_tf.generation import sampling
from leakgan_tf.generation.residual import ResidualGenerator
from leakgan_tf.models.masking import END
from leakgan_tf.runs.load import GENERATE, TrainedGenerator
from leakgan_tf.utils.errors import UserError

# Before these words no space is written, as English has it. NLTK's detokenizer, which `generate`
# uses, knows more cases and does not run inside TensorFlow.
_ATTACHED = frozenset([*".,!?;:%)]}", "...", "n't", "'s", "'m", "'d", "'re", "'ve", "'ll"])


class Exported(tf.Module):
    """The module that is saved: weights, words, and one signature.

    Args:
      trained: a loaded run.
    """

    def __init__(self, trained: TrainedGenerator):
        super().__init__()
        self._models = list(trained.system.models.values())  # tracked: their weights are saved
        self._policy = trained.generator.policy
        self._batch = trained.config.sampling_batch
        self._length = trained.config.length
        self._ended = trained.reader is not None
        if trained.reader is None:
            words = [str(number) for number in range(trained.config.vocab_size)]
        else:
            vocabulary = trained.reader.vocabulary
            words = [vocabulary.symbol(number) for number in range(len(vocabulary))]
        self._words = tf.constant(words)
        kind = "ids" if trained.reader is None else trained.reader.tokenizer.name
        attached = {"char": set(words), "word": _ATTACHED}.get(kind, ())
        self._spaces = tf.constant(["" if word in attached else " " for word in words])

    @tf.function(
        input_signature=[
            tf.TensorSpec([], tf.int32, "count"),
            tf.TensorSpec([], tf.float32, "temperature"),
            tf.TensorSpec([], tf.int32, "seed"),
        ],
        autograph=False,
    )
    def generate(self, count, temperature, seed):
        """Returns ``text`` (count,) strings and ``ids`` (count, T), those of `generate`'s seed."""
        # In float64, as `Generator` divides.
        factor = tf.cast(1.0 / tf.cast(temperature, tf.float64), tf.float32)
        inverse_temperature = tf.fill([self._length], factor)
        batches = -(-count // self._batch)

        def body(index, written):
            own = tf.random.experimental.stateless_fold_in(tf.stack([seed, GENERATE]), index)
            ids = sampling.generate(self._policy(), self._batch, inverse_temperature, own)
            return index + 1, written.write(index, ids)

        shape = [self._batch, self._length]
        written = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=shape)
        _, written = tf.while_loop(lambda index, _: index < batches, body, (0, written))
        ids = tf.reshape(written.stack(), [-1, self._length])[:count]
        return {"ids": ids, "text": self._write(ids)}

    def _write(self, ids: tf.Tensor) -> tf.Tensor:
        """Returns ids (n, T) as strings (n,)."""
        spaces, words = tf.gather(self._spaces, ids), tf.gather(self._words, ids)
        pieces = tf.concat([words[:, :1], spaces[:, 1:] + words[:, 1:]], axis=1)
        if self._ended:
            inside = tf.math.cumprod(tf.cast(ids != END, tf.int32), axis=1) > 0
            pieces = tf.where(inside, pieces, "")
        return tf.strings.reduce_join(pieces, axis=1)


def export(trained: TrainedGenerator, out: str | Path) -> None:
    """Writes a SavedModel with the signature ``generate(count, temperature, seed)``.

    The folder appears whole or not at all.

    Raises:
      UserError: `out` exists, or cannot be written.
    """
    out = Path(out)
    if out.exists():
        raise UserError(f"{out} exists; give another name")
    if isinstance(trained.generator, ResidualGenerator):
        raise UserError("a residual model is sampled by resampling, which no exported model does")
    module = Exported(trained)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from error
    try:
        tf.saved_model.save(module, str(temporary), signatures={"generate": module.generate})
        temporary.chmod(0o755)
        temporary.rename(out)
    except (OSError, tf.errors.OpError) as error:
        raise UserError(f"cannot write {out}: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
