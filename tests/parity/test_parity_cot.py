"""CoT against values recorded from the authors' program, for every reference file."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import references, small
from helpers.updates import check, compare, update
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.mediator import Mediator
from leakgan_tf.objectives import cooperative, losses
from leakgan_tf.systems.cot import CoT
from leakgan_tf.tasks.oracle import oracle_from_arrays


def mediator_arrays(arrays, model) -> list[np.ndarray]:
    """The arrays of the mediator in the order of its variables."""

    def gates(part):
        order = references.KERAS_GATES
        return np.concatenate([arrays[f"mediator/lstm/{gate}/{part}"] for gate in order], -1)

    by_path = {
        "embedding/embeddings": arrays["mediator/embedding"],
        "lstm/kernel": gates("kernel"),
        "lstm/recurrent_kernel": gates("recurrent"),
        "lstm/bias": gates("bias_input"),
        "output/kernel": arrays["mediator/output/kernel"],
        "output/bias": arrays["mediator/output/bias"],
        "recurrent_bias": gates("bias_recurrent"),
    }
    return references.ordered(model, by_path)


class Case:
    """A reference file, and generator and mediator with its weights."""

    def __init__(self, path):
        self.values = values = references.load(path)
        self.sizes = sizes = references.sizes(values)
        self.model = LSTMGenerator(
            sizes["vocab"], sizes["length"], sizes["emb_dim"], sizes["hidden_dim"]
        )
        self.mediator = Mediator(
            sizes["vocab"], sizes["length"], sizes["mediator_emb_dim"], sizes["mediator_hidden_dim"]
        )
        recorded = references.below(values, "vars")
        for model, arrays in (
            (self.model, references.lstm_generator_arrays), (self.mediator, mediator_arrays)
        ):  # fmt: skip
            model.build()
            references.assign(model.trainable_variables, arrays(recorded, model))
        self.real = tf.constant(values["in/real"], tf.int32)
        self.samples = tf.constant(values["in/samples"], tf.int32)
        self.mediator_samples = tf.constant(values["in/mediator_samples"], tf.int32)
        self.adam = {"beta_2": sizes["adam_beta2"], "beta_1": sizes["adam_beta1"]}

    def generator(self):
        return Generator(lambda: LSTMPolicy(self.model), self.sizes["length"], self.sizes["batch"])

    def compare(self, name, model, arrays, gradients):
        """Gradients and the weights after a step, where the file has them."""
        assert compare(self.values, f"grads/{name}", arrays, model, gradients)
        return compare(
            self.values, f"after_one_step/{name}", arrays, model, model.trainable_variables
        )


@pytest.fixture
def case(cot_file):
    return Case(cot_file)


def test_values(case):
    values = case.values
    for group, tokens in (("real", case.real), ("samples", case.samples)):
        for name, model in (("generator", case.model), ("mediator", case.mediator)):
            check(tf.nn.log_softmax(model(tokens)), values[f"{name}/log_probs/{group}"])
        # The floor of the project's log p is no part of the program.
        cost = losses.cross_entropy(case.model(tokens), tokens)
        check(tf.reduce_mean(cost), values[f"generator/nll/{group}"])
        check(tf.exp(-cost), values[f"generator/token_prob/{group}"])
    cost = losses.cross_entropy(case.model(case.real), case.real)
    check(-tf.reduce_sum(cost, axis=1), values["generator/sequence_log_prob/real"])


def test_samples(case):
    values, generator = case.values, case.generator()
    log_prob = generator.log_prob(values["generate/tokens"])
    check(np.exp(log_prob), values["generate/prob"])
    if values["generate/prob"].min() > 1 - 1e-4:
        np.testing.assert_array_equal(
            generator.sample(case.sizes["batch"], 1.0, (1, 2)), values["generate/tokens"]
        )


def token_divergence(real_true, real_model, model_true, model_model):
    """½ [E Σ_t log(p/m) + E Σ_t log(G/m)], m = ½(p + G) for each token: what the program prints.

    Arguments are log-probabilities of tokens, (n, T). Not the divergence of the distributions of
    sentences: their mixture is one of whole sentences.
    """
    real = real_true - np.logaddexp(real_true, real_model) + np.log(2.0)
    model = model_model - np.logaddexp(model_true, model_model) + np.log(2.0)
    return 0.5 * (np.mean(np.sum(real, axis=1)) + np.mean(np.sum(model, axis=1)))


def test_oracle_and_printed_divergence(case):
    """What the program prints as JSD takes the oracle's probabilities, not the mediator's."""
    values, sizes = case.values, case.sizes
    oracle = oracle_from_arrays(references.below(values, "vars/oracle"), sizes["length"])
    sides = []
    for group, tokens in (("real", case.real), ("samples", case.samples)):
        nll = oracle.nll(tokens.numpy())
        check(nll.mean(), values[f"oracle/nll/{group}"])
        own = -losses.cross_entropy(case.model(tokens), tokens).numpy()
        sides.append((-nll, own))
    check(token_divergence(*sides[0], *sides[1]), values["printed_jsd"])


def test_generator_step(case):
    def loss():
        return cooperative.generator_loss(case.model(case.samples), case.mediator(case.samples))

    value, gradients, _ = update(case.model, loss, case.sizes["gen_lr"], **case.adam)
    check(value, case.values["generator/loss"])
    arrays = references.lstm_generator_arrays
    compared = case.compare("generator", case.model, arrays, gradients)
    # Where G is certain its gradient is rounding, and no step was recorded.
    assert compared == any(name.startswith("after_one_step/generator/") for name in case.values)


def test_pretraining_step(case):
    def loss():
        return tf.reduce_mean(losses.cross_entropy(case.model(case.real), case.real))

    value, gradients, _ = update(case.model, loss, case.sizes["gen_lr"], **case.adam)
    check(value, case.values["generator/pretrain_loss"])
    assert case.compare("pretrain", case.model, references.lstm_generator_arrays, gradients)


@pytest.mark.parametrize("dropout", [False, True])
def test_mediator_step(case, dropout):
    values, mediator = case.values, case.mediator

    def log_prob(tokens, factors):
        hidden = mediator.hidden(tokens)
        hidden = hidden * values[factors] if dropout else hidden
        return -losses.cross_entropy(mediator.logits(hidden, tokens), tokens)

    def loss():
        return cooperative.mediator_loss(
            log_prob(case.real, "in/dropout_real"),
            log_prob(case.mediator_samples, "in/dropout_samples"),
        )

    value, gradients, _ = update(mediator, loss, case.sizes["mediator_lr"], **case.adam)
    check(value, values["mediator/loss_dropout" if dropout else "mediator/loss"])
    name = "mediator_dropout" if dropout else "mediator"
    assert case.compare(name, mediator, mediator_arrays, gradients)


def test_the_updates_of_the_system(case):
    """Loss, optimizer and rates are the program's, without a clip."""
    sizes, values = case.sizes, case.values
    config = small.config(
        system="cot",
        length=sizes["length"],
        vocab_size=sizes["vocab"],
        batch_size=sizes["batch"],
        sampling_batch=sizes["batch"],
        generator_embedding=sizes["emb_dim"],
        generator_hidden=sizes["hidden_dim"],
        adam_epsilon=sizes["adam_epsilon"],
        cot_mediator_embedding=sizes["mediator_emb_dim"],
        cot_mediator_hidden=sizes["mediator_hidden_dim"],
    )
    system = CoT(config, task=None)
    for made, model in ((system.model, case.model), (system.mediator, case.mediator)):
        references.assign(made.trainable_variables, model.trainable_variables)
    scalars = system.mediator_update(case.real, case.mediator_samples)
    check(scalars["mediator_loss"], values["mediator/loss"])
    found = system.mediator.trainable_variables
    assert compare(values, "after_one_step/mediator", mediator_arrays, system.mediator, found)
    references.assign(found, case.mediator.trainable_variables)
    check(system.generator_update(case.samples)["loss"], values["generator/loss"])
    arrays, found = references.lstm_generator_arrays, system.model.trainable_variables
    compare(values, "after_one_step/generator", arrays, system.model, found)
