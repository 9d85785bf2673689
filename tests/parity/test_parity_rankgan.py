"""RankGAN against values recorded from the authors' program, for every reference file.

The released generator step weights tokens with rewards of other tokens. What the project meets is
the step as intended, each token with its own reward; the released one follows from the same
function with the recorded weights.
"""

import numpy as np
import pytest
import tensorflow as tf

from helpers import references
from helpers.updates import check, compare, update
from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.ranking import (
    log_rank_within,
    ranker_loss,
    released_pairing,
    relevances,
)


def ranker_arrays(arrays, model) -> list[np.ndarray]:
    """The arrays of the ranker in the order of its variables."""
    by_path = {"embedding/embeddings": arrays["ranker/embedding"]}
    for window in model.windows:
        by_path[f"conv_{window}/kernel"] = arrays[f"ranker/conv_{window}/kernel"][:, :, 0]
        by_path[f"conv_{window}/bias"] = arrays[f"ranker/conv_{window}/bias"]
    for part in ("transform", "gate"):
        by_path[f"highway/{part}/kernel"] = arrays[f"ranker/highway/{part}/kernel_T"].T
        by_path[f"highway/{part}/bias"] = arrays[f"ranker/highway/{part}/bias"]
    return references.ordered(model, by_path)


class Case:
    """A reference file, and generator and ranker with its weights."""

    def __init__(self, path):
        self.values = values = references.load(path)
        self.sizes = sizes = references.sizes(values)
        self.model = LSTMGenerator(
            sizes["vocab"], sizes["length"], sizes["emb_dim"], sizes["hidden_dim"]
        )
        self.ranker = Discriminator(
            sizes["vocab"],
            sizes["length"],
            sizes["ranker_emb_dim"],
            sizes["filter_sizes"],
            sizes["num_filters"],
            padding_row=False,
            classifies=False,
        )
        recorded = references.below(values, "vars")
        for model, arrays in (
            (self.model, references.lstm_generator_arrays), (self.ranker, ranker_arrays)
        ):  # fmt: skip
            model.build()
            references.assign(model.trainable_variables, arrays(recorded, model))
        self.batch = tf.constant(values["in/batch"], tf.int32)
        self.references = tf.constant(values["in/references"], tf.int32)
        self.real = tf.constant(values["in/labels"][:, 1] > 0.5)

    def features(self, dropout):
        """Features of batch and references, with the recorded dropout if any."""
        factors = [
            self.values[f"in/dropout_{name}"] if dropout else 1.0
            for name in ("batch", "references")
        ]
        return (
            self.ranker.features(self.batch) * factors[0],
            self.ranker.features(self.references) * factors[1],
        )


def log_ranks(features, reference, gamma):
    """Log R as the program has it, one softmax over all sentences."""
    return log_rank_within(relevances(features, reference, gamma, True), len(features))


@pytest.fixture
def case(rankgan_file):
    return Case(rankgan_file)


@pytest.mark.parametrize("prefix", ["ranker", "ranker_dropout"])
def test_ranker(case, prefix):
    values, gamma, dropout = case.values, case.sizes["gamma"], prefix == "ranker_dropout"
    features, reference = case.features(dropout)
    check(features, values[f"{prefix}/features"])
    check(reference, values[f"{prefix}/reference_features"])
    check(relevances(features, reference, gamma, True)[:, 0], values[f"{prefix}/scores"])
    log_rank = log_ranks(features, reference, gamma)
    check(log_rank, values[f"{prefix}/log_rank"])
    check(tf.exp(log_rank), values[f"{prefix}/rank"])

    def loss():
        ranks = log_ranks(*case.features(dropout), gamma)
        return ranker_loss(*(tf.boolean_mask(ranks, kind) for kind in (case.real, ~case.real)))

    value, gradients, _ = update(case.ranker, loss, case.sizes["ranker_lr"])
    check(value, values[f"{prefix}/loss"])
    assert compare(values, f"grads/{prefix}", ranker_arrays, case.ranker, gradients)
    assert compare(
        values, f"after_one_step/{prefix}", ranker_arrays, case.ranker,
        case.ranker.trainable_variables,
    )  # fmt: skip


def test_reward(case):
    """The mean over rollouts of the softmax over the sentences of a position."""
    rollouts, gamma = case.values["in/rollouts"], case.sizes["gamma"]
    reference = case.ranker.features(case.references)
    rewards = [
        [
            tf.exp(log_ranks(case.ranker.features(sentences), reference, gamma))
            for sentences in positions
        ]
        for positions in rollouts
    ]
    check(np.mean(rewards, axis=0).T, case.values["reward"])


@pytest.mark.parametrize("kind", ["intended", "as_released"])
def test_generator_step(case, kind):
    values, sizes = case.values, case.sizes
    samples = tf.constant(values["in/samples"], tf.int32)
    check(-losses.token_log_prob(case.model(samples), samples), values["generator/token_loss"])
    weights = values["reward"]
    if kind == "as_released":
        weights = released_pairing(tf.constant(weights))
        np.testing.assert_array_equal(weights, values["generator/token_weight_as_released"])

    def loss():
        return losses.policy_gradient_loss(case.model(samples), samples, weights)

    value, gradients, norm = update(case.model, loss, sizes["gen_lr"], sizes["grad_clip"], True)
    name, arrays = f"generator_{kind}", references.lstm_generator_arrays
    check(value, values[f"generator/loss_{kind}"])
    check(norm, values[f"grad_norm/{name}"])
    assert compare(values, f"grads_clipped/{name}", arrays, case.model, gradients)
    assert compare(
        values, f"after_one_step/{name}", arrays, case.model, case.model.trainable_variables
    )
