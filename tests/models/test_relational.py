"""RelGAN's memory and discriminator, and CoT's mediator, beside their twins."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.mediator import Mediator
from leakgan_tf.models.relational_discriminator import RelationalDiscriminator
from leakgan_tf.models.relational_memory import RelationalMemoryGenerator

VOCAB, LENGTH, ROWS = 7, 5, 3
TOKENS = small.tokens(ROWS, LENGTH, VOCAB)


@pytest.fixture
def memory():
    model = RelationalMemoryGenerator(VOCAB, LENGTH, 4, 2, 3, 2)  # 2 slots, 3 heads of 2
    model.build()
    small.randomise(model)
    return model


def norm(named, name, rows):
    """Over rows and features jointly."""
    centered = rows - rows.mean()
    scaled = centered / np.sqrt(np.mean(centered**2) + 1e-12)
    return scaled * named[f"{name}/gain"] + named[f"{name}/bias"]


def memory_step(named, memory, token):
    """One step from a memory (2, 6) of one sentence, by the formulas."""
    row = named["embedding/embeddings"][token] @ named["input/kernel"] + named["input/bias"]
    rows = np.concatenate([memory, row[None]])
    qkv = norm(named, "norm_qkv", rows @ named["qkv/kernel"])
    heads = []
    for head in range(3):
        query, key, value = np.split(qkv[:, head * 6 : head * 6 + 6], 3, axis=1)
        seen = []
        for one in query:
            scores = np.array([one @ other for other in key]) / np.sqrt(6.0)
            shares = np.exp(twins.log_softmax(scores))
            seen.append(sum(share * v for share, v in zip(shares, value, strict=True)))
        heads.append(np.stack(seen))
    rows = norm(named, "norm_attention", rows + np.concatenate(heads, axis=1))
    hidden = np.maximum(rows @ named["mlp_0/kernel"] + named["mlp_0/bias"], 0.0)
    rows = norm(named, "norm_mlp", rows + hidden @ named["mlp_1/kernel"] + named["mlp_1/bias"])
    gates = row @ named["gate_input/kernel"] + np.tanh(memory) @ named["gate_memory/kernel"]
    admit, keep = twins.sigmoid(gates[:, :6]), twins.sigmoid(gates[:, 6:] + 1.0)
    return admit * np.tanh(rows[:-1]) + keep * memory


def test_the_memory_equals_its_twin(memory):
    named, expected = twins.weights(memory), []
    for sentence in TOKENS:
        state, logits = np.eye(2, 6), []
        for token in twins.worker_inputs(sentence):
            state = memory_step(named, state, token)
            logits.append(state.ravel() @ named["output/kernel"] + named["output/bias"])
        expected.append(logits)
    np.testing.assert_allclose(memory(TOKENS), expected, rtol=1e-4, atol=1e-5)


def test_scoring_and_sampling_are_one_model(memory):
    policy = LSTMPolicy(memory)
    state, logits = policy.start(ROWS), []
    for position in range(LENGTH):
        each, state = policy.logits(state, tf.constant(position))
        state = policy.write(state, TOKENS[:, position], tf.constant(position))
        logits.append(each)
    np.testing.assert_allclose(tf.stack(logits, 1), memory(TOKENS), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("slots", [1, 2])
def test_the_first_memory_is_orthonormal(slots):
    model = RelationalMemoryGenerator(VOCAB, LENGTH, 4, slots, 3, 2)
    model.build()
    first = model.start(1).memory[0].numpy()
    np.testing.assert_array_equal(first @ first.T, np.eye(slots))


@pytest.mark.parametrize("representations", [1, 4])
def test_a_one_hot_sentence_scores_as_its_ids(representations):
    model = RelationalDiscriminator(
        VOCAB, LENGTH, 4, representations, (2, 3), (3, 2), 4, dropout=0.5
    )
    model.build()
    small.randomise(model)
    soft = tf.one_hot(TOKENS, VOCAB)
    scores = model(TOKENS)
    assert scores.shape == (ROWS * representations,)
    np.testing.assert_allclose(model(soft), scores, rtol=1e-5, atol=1e-6)
    seed = tf.constant([1, 2])
    np.testing.assert_allclose(model(soft, seed), model(TOKENS, seed), rtol=1e-5, atol=1e-6)
    assert np.abs(model(TOKENS, seed) - scores).max() > 1e-3


def test_a_representation_is_scored_by_its_own_columns():
    """Row b·S + s does not change with the columns of another representation."""
    model = RelationalDiscriminator(VOCAB, LENGTH, 6, 3, (2,), (4,), 3)
    model.build()
    small.randomise(model)
    before, table = model(TOKENS).numpy().reshape(ROWS, 3), model.embedding.embeddings.numpy()
    table[:, 2:4] += 1.0
    model.embedding.embeddings.assign(table)
    after = model(TOKENS).numpy().reshape(ROWS, 3)
    np.testing.assert_allclose(after[:, [0, 2]], before[:, [0, 2]], rtol=1e-6)
    assert (after[:, 1] != before[:, 1]).all()


def test_the_mediators_gates_begin_orthogonal():
    model = Mediator(VOCAB, LENGTH, 4, 4)
    model.build()
    for kernel in (model.cell.kernel, model.cell.recurrent_kernel):
        for gate in np.split(kernel.numpy(), 4, axis=1):
            np.testing.assert_allclose(gate @ gate.T, np.eye(4), atol=1e-5)
    assert not np.any(model.cell.bias) and not np.any(model.recurrent_bias)


def test_the_mediators_biases_add_up():
    model = Mediator(VOCAB, LENGTH, 4, 3)
    model.build()
    small.randomise(model)
    before = model(TOKENS)
    model.cell.bias.assign(model.cell.bias + model.recurrent_bias)
    model.recurrent_bias.assign(tf.zeros_like(model.recurrent_bias))
    np.testing.assert_allclose(model(TOKENS), before, rtol=1e-5, atol=1e-6)
