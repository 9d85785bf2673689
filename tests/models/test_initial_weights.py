"""Where initial weights come from: each has its distribution, and a seed of its own name.

A renamed or shared seed would give runs of one seed other numbers in the next version.
"""

import inspect

import keras
import numpy as np
import pytest

from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.fan_in import fan_in_dense
from leakgan_tf.models.highway import Highway
from leakgan_tf.models.leakgan_generator import LeakGANGenerator
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.manager import Manager
from leakgan_tf.models.worker import Worker
from leakgan_tf.utils.seeds import derive_int

SEED = 7
CASES = {
    "discriminator": lambda: Discriminator(6, 4, 3, (1, 3), (2, 4), seed=SEED),
    "highway": lambda: Highway(5, seed=SEED),
    "manager": lambda: Manager(5, 3, 2, seed=SEED),
    "worker": lambda: Worker(6, 5, 3, 4, 2, seed=SEED),
    "lstm_generator": lambda: LSTMGenerator(6, 4, 3, 2, seed=SEED),
    "oracle": lambda: LSTMGenerator(6, 4, 3, 2, stddev=1.0, seed=SEED),
}


def normal(*path, stddev=0.1):
    return keras.initializers.RandomNormal(stddev=stddev, seed=derive_int(SEED, *path))


def truncated(*path):
    return keras.initializers.TruncatedNormal(stddev=0.1, seed=derive_int(SEED, *path))


def glorot(*path, seed=SEED):
    return keras.initializers.GlorotUniform(derive_int(seed, *path))


def constant():
    return keras.initializers.Constant(0.1)


def highway(seed):
    return {
        f"{name}/{part}": glorot(name, letter, seed=seed)
        for name in ("transform", "gate")
        for part, letter in (("kernel", "w"), ("bias", "b"))
    }


def lstm(stddev=0.1):
    names = {"kernel": "kernel", "recurrent_kernel": "recurrent", "bias": "bias"}
    return {
        f"lstm/{variable}": normal("lstm", name, stddev=stddev) for variable, name in names.items()
    }


def lstm_generator(stddev):
    return {
        "embedding/embeddings": normal("embedding", stddev=stddev),
        **lstm(stddev),
        "output/kernel": normal("output", "kernel", stddev=stddev),
        "output/bias": normal("output", "bias", stddev=stddev),
    }


# The original programs' distributions (LeakGAN; SeqGAN's generator and the oracle).
EXPECTED = {
    "discriminator": {
        "embedding/embeddings": keras.initializers.RandomUniform(
            -1.0, 1.0, derive_int(SEED, "embedding")
        ),
        "conv_1/kernel": truncated("conv", 1),
        "conv_1/bias": constant(),
        "conv_3/kernel": truncated("conv", 3),
        "conv_3/bias": constant(),
        **{f"highway/{name}": each for name, each in highway(derive_int(SEED, "highway")).items()},
        "classifier/kernel": truncated("classifier"),
        "classifier/bias": constant(),
    },
    "highway": highway(SEED),
    "manager": {
        **lstm(),
        "output/kernel": normal("output", "kernel"),
        "output/bias": normal("output", "bias"),
        "goal_init": truncated("goal_init"),
    },
    "worker": {
        "embedding/embeddings": normal("embedding"),
        **lstm(),
        "goal_projection/kernel": normal("goal_projection"),
        "output_kernel/kernel": normal("output_kernel"),
        "output_bias/kernel": normal("output_bias"),
    },
    "lstm_generator": lstm_generator(0.1),
    "oracle": lstm_generator(1.0),
}


@pytest.mark.parametrize("name", CASES)
def test_every_weight_has_its_distribution_and_its_seed(name):
    layer, expected = CASES[name](), EXPECTED[name]
    layer.build()
    assert len(layer.trainable_variables) == len(expected)
    for variable in layer.trainable_variables:
        (known,) = (key for key in expected if f"/{variable.path}".endswith(f"/{key}"))
        own = expected[known](variable.shape)
        np.testing.assert_allclose(variable, own, rtol=1e-6, atol=1e-7, err_msg=known)


def test_a_fan_in_layer_has_a_kernel_of_its_inputs_and_its_name():
    layer = fan_in_dense(9, 4, SEED, "mlp")
    layer.build((None, 9))
    kernel, bias = layer.weights
    own = keras.initializers.TruncatedNormal(stddev=1 / 3, seed=derive_int(SEED, "mlp"))
    np.testing.assert_allclose(kernel, own(kernel.shape), rtol=1e-6, atol=1e-7)
    assert not np.any(bias)


def test_parts_have_seeds_of_their_own():
    generator = LeakGANGenerator(6, 4, 5, 3, 2, 2, 2, seed=SEED)
    assert generator.manager.seed == derive_int(SEED, "manager")
    assert generator.worker.seed == derive_int(SEED, "worker")
    assert CASES["discriminator"]().highway.seed == derive_int(SEED, "highway")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Discriminator, {"padding_row": True, "dropout": 0.0, "classifies": True,
                         "precision": "float32", "seed": 0}),
        (Highway, {"precision": "float32", "seed": 0}),
        (Manager, {"initial_rows": 1, "seed": 0}),
        (Worker, {"normalise_goal": True, "precision": "float32", "seed": 0}),
        (LeakGANGenerator, {"goal_window": "block", "goal_alignment": "split",
                            "goal_init_rows": 1, "normalise_goal": True, "ends": False,
                            "precision": "float32", "seed": 0}),
        (LSTMGenerator, {"stddev": 0.1, "ends": False, "seed": 0}),
    ],
)  # fmt: skip
def test_default_arguments_are_those_of_the_original_programs(kind, expected):
    defaults = {
        name: each.default
        for name, each in inspect.signature(kind).parameters.items()
        if each.default is not inspect.Parameter.empty
    }
    assert defaults == expected
