"""Seeds that are derived, never drawn."""

import numpy as np

from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator


def test_a_seed_depends_on_every_part_of_its_path_and_on_nothing_else():
    paths = [(0,), (1,), (0, "a"), (0, "b"), (0, "a", 1), (0, "a", "1"), (0, "a1"), (0, 1, "a")]
    seeds = {tuple(derive(*path)) for path in paths}
    assert len(seeds) == len(paths)
    np.testing.assert_array_equal(derive(0, "a", 1), derive(0, "a", 1))


def test_seeds_stay_the_same_between_versions():
    """A recorded value: a change here changes every run that was ever made."""
    np.testing.assert_array_equal(derive(0, "sample", 3), [-1475346556, -2047324635])


def test_a_seed_is_what_tensorflow_and_keras_take():
    seed = derive(2**40, "x")
    assert seed.dtype == np.int32
    assert seed.shape == (2,)
    assert seed.flags.writeable
    assert all(0 <= derive_int(seed, "x") < 2**31 for seed in range(50))


def test_numpy_generators_are_as_different_as_their_paths():
    first, same, other = (numpy_generator(0, name).random(4) for name in ("a", "a", "b"))
    np.testing.assert_array_equal(first, same)
    assert (first != other).all()
