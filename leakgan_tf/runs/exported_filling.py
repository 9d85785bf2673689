"""An exported generator that also fills the blanks of a template."""

from collections.abc import Sequence

import tensorflow as tf

from leakgan_tf.generation.filling import FillingGenerator
from leakgan_tf.models.masking import END
from leakgan_tf.runs.exported import Exported, Written, with_defaults
from leakgan_tf.runs.load import GENERATE, TrainedGenerator
from leakgan_tf.runs.request import BLANK

_HOLE = -1  # id of a blank


class ExportedFilling(Exported):
    """The exported module of a system that fills gaps, with the additional signature ``fill``.

    ``fill`` takes a template, with `request.BLANK` for each token to fill, and the options of
    ``generate``. It returns the sentences of `TrainedGenerator.generate` for the same template and
    seed. The constructor's arguments are those of `Exported`.
    """

    def __init__(self, trained: TrainedGenerator, training: Sequence[str] | None = None):
        super().__init__(trained, training)
        assert isinstance(trained.generator, FillingGenerator)  # its configuration says so
        self._filling = trained.generator
        self.fill = self._make_fill()

    @property
    def signatures(self) -> dict[str, tf.types.experimental.PolymorphicFunction]:
        """The exported functions by name."""
        return {**super().signatures, "fill": self.fill}

    def _make_fill(self) -> tf.types.experimental.PolymorphicFunction:
        def fill(
            template: tf.Tensor,
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
            ids, present = self._read_template(template)
            own = tf.stack([seed, GENERATE])

            def fresh(number: tf.Tensor) -> Written:
                drawn = self._filling.fill_copies(ids, present, law, own, number)
                return self.write(drawn, tf.broadcast_to(~present, tf.shape(drawn.tokens)))

            return self.collect(fresh, count, unique, novel)._asdict()

        return with_defaults(fill, "template")

    def _read_template(self, template: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns a template's ids (T,), padded with the end symbol, and the mask of given ones."""
        parts = tf.strings.split(template, BLANK)
        ids = self.known_ids(parts, "template")
        hole = tf.fill([ids.nrows(out_type=tf.int32), 1], _HOLE)
        ids = tf.concat([ids, hole], axis=1).flat_values[:-1]  # one blank fewer than parts
        fine = [
            tf.debugging.Assert(
                tf.size(parts) > 1, [f"the template has no blank: write {BLANK} for each word"]
            ),
            tf.debugging.Assert(
                tf.size(ids) <= self._length,
                [f"a template has at most {self._length} tokens, not", tf.size(ids)],
            ),
        ]
        with tf.control_dependencies(fine):
            ids = tf.pad(ids, [[0, self._length - tf.size(ids)]], constant_values=END)
        ids = tf.ensure_shape(ids, [self._length])
        return tf.where(ids == _HOLE, END, ids), ids != _HOLE
