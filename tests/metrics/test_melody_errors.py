"""Mean squared errors of melodies, against a slow twin and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgan_tf.metrics import melody
from leakgan_tf.metrics.melody import held_to, melody_errors


def twin(melodies, references):
    """Both errors, pair by pair."""
    errors = [
        [np.mean((np.asarray(own, float) - np.asarray(other, float)) ** 2) for other in references]
        for own in melodies
    ]
    nearest = np.mean([min(row) for row in errors])
    return {"mse_nearest": nearest, "mse_pairs": np.mean(errors)}


def test_by_hand():
    """Errors of the first melody 1 and 12.5, of the second 10 and 2.5."""
    melodies = np.array([[60, 62], [64, 66]])
    references = np.array([[61, 61], [65, 63]])
    expected = {"mse_nearest": (1 + 5) / 2, "mse_pairs": (1 + 13 + 17 + 5) / 4}
    assert melody_errors(melodies, references) == expected


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**31))
def test_as_the_twin_says_in_blocks_of_any_size(count, others, length, seed):
    random = np.random.default_rng(seed)
    melodies = random.integers(21, 109, (count, length))
    references = random.integers(21, 109, (others, length)).astype(np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(melody, "_BLOCK", 4)
        assert melody_errors(melodies, references) == pytest.approx(twin(melodies, references))


def test_copies_have_no_error_and_a_key_apart_has_its_square():
    references = np.random.default_rng(0).integers(50, 80, (20, 32))
    assert melody_errors(references[::-1], references)["mse_nearest"] == 0
    one = references[:1]
    assert melody_errors(one + 3, one) == {"mse_nearest": 9, "mse_pairs": 9}


def test_nothing_to_compare_is_a_mistake():
    rows = np.zeros((2, 4), int)
    for melodies, references in ((rows[:0], rows), (rows, rows[:0]), (rows, rows[:, :3])):
        with pytest.raises(ValueError):
            melody_errors(melodies, references)


def test_the_last_pitch_is_held_and_empty_melodies_are_left_out():
    assert held_to([[60, 62], [], [64, 65, 66]], 3).tolist() == [[60, 62, 62], [64, 65, 66]]
    assert held_to([[], []], 3).shape == (0, 3)
