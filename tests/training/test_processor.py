"""A machine that is slower in bfloat16 is told of, once asked for it."""

import pytest

from leakgan_tf.models import precision as products
from leakgan_tf.training import processor
from leakgan_tf.training.processor import bfloat16_gain, warn_if_slow


def test_the_gain_is_the_ratio_of_the_median_times(monkeypatch):
    monkeypatch.setattr(processor, "_SIZE", 8)

    class Clock:
        """Says that float32 products take 1 s but for one, bfloat16 products 4 s."""

        def __init__(self):
            self.steps = iter([1.0, 1, 1, 9, 1, 1, 1, 1, 4.0, 4, 4, 4, 4, 4, 4, 4])
            self.now, self.running = 0.0, False

        def __call__(self):
            if self.running:
                self.now += next(self.steps)
            self.running = not self.running
            return self.now

    assert bfloat16_gain(Clock()) == 0.25


@pytest.mark.parametrize(
    ("precision", "exact_sums", "gain", "said"),
    [
        ("bfloat16", True, 0.25, "4.0 times"),
        ("bfloat16", False, 1.5, "in float32"),
        ("bfloat16", True, 1.5, ""),
        ("float32", False, 0.25, ""),
    ],
)
def test_only_a_slower_precision_that_was_asked_for_is_warned_of(
    precision, exact_sums, gain, said, capsys, monkeypatch
):
    monkeypatch.setattr(products, "sums_in_float32", lambda: exact_sums)
    warn_if_slow(precision, lambda: gain)
    error = capsys.readouterr().err
    assert said in error
    assert bool(error) == bool(said)
    assert error.count("\n") == bool(said)
