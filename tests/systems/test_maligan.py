"""MaliGAN: weights, the mixed loss, and how prefix and baseline go through training."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.objectives import losses
from leakgan_tf.systems import maligan
from leakgan_tf.systems.maligan import MaliGAN

SEED = tf.constant([5, 6])
ENDS = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)


def system(**changes):
    changes = {"maligan_completions": 3, **changes}
    made = MaliGAN(small.config(system="maligan", **changes), Task())
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


def test_weights_equal_their_twin():
    logits = small.array(3, 4, 2, seed=1)
    real = np.exp(logits[..., 1]) / np.exp(logits).sum(-1)
    ratio = real / (1 - real)
    expected = 3 * ratio / ratio.sum(axis=0)
    np.testing.assert_allclose(losses.importance_weights(logits), expected, rtol=1e-5)


def test_weights_of_a_certain_discriminator_are_finite():
    logits = tf.constant([[[0.0, 3000.0]], [[3000.0, 0.0]], [[0.0, 0.0]]])
    np.testing.assert_allclose(losses.importance_weights(logits)[:, 0], [3, 0, 0], atol=1e-6)


@pytest.mark.parametrize("changes", [{}, ENDS], ids=["ids", "ends"])
def test_the_mixed_loss_equals_its_twin(changes, monkeypatch):
    """-log p of the prefixes, and of the completions times weight less baseline."""
    import leakgan_tf.systems.maligan as module

    made, seen = system(**changes), []
    infill = module.infill
    monkeypatch.setattr(module, "infill", lambda *a: seen.append(infill(*a)) or seen[-1])
    named, ends = twins.weights(made.model), bool(changes)
    sentences, given = Task.train[:4].copy(), np.array([2, 0, 6, 3], np.int32)
    sentences[0, 1] = 0
    baseline = np.array([0.3, 0.5, 0.7, 0.9], np.float32)
    judge = twins.weights(made.discriminator)
    loss = made.adversarial_step(
        tf.constant(sentences), tf.constant(given), tf.constant(baseline), SEED
    )["loss"]
    tokens = seen[0].numpy().reshape(3, 4, 6)
    total = 0.0
    for i in range(4):
        ratios = []
        for j in range(3):
            feature = twins.cnn_features(judge, made.config.windows, tokens[j, i], False)
            logits = feature @ judge["classifier/kernel"] + judge["classifier/bias"]
            ratios.append(np.exp(logits[1] - logits[0]))
        for j in range(3):
            weight = 3 * ratios[j] / sum(ratios) - baseline[i]
            np.testing.assert_array_equal(tokens[j, i, : given[i]], sentences[i, : given[i]])
            hidden = twins.worker_hidden(named, twins.worker_inputs(tokens[j, i]))
            logits = hidden @ named["output/kernel"] + named["output/bias"]
            log_prob, ended = twins.token_log_prob(logits, tokens[j, i]), False
            for t in range(6):
                if not (ends and ended):
                    total -= log_prob[t] * (1.0 if t < given[i] else weight)
                ended = ended or tokens[j, i, t] == 0
    assert float(loss) == pytest.approx(total / 12, rel=1e-4)


def test_samples_above_the_baseline_become_likelier_and_those_below_less(monkeypatch):
    made = system(mle_learning_rate=1e-3)
    tokens = tf.constant([[1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2], [3, 3, 3, 3, 3, 3]])

    def log_prob():
        return losses.token_log_prob(made.model(tokens), tokens).numpy().sum(axis=1)

    before = log_prob()
    rewards = tf.repeat(tf.constant([[0.8], [-0.8], [0.0]]), 6, axis=1)
    made.adversarial_gradient_step(tokens, rewards)
    change = log_prob() - before
    assert change[0] > 0 > change[1]


def schedule(**changes):
    made = system(mle_epochs=0, seqgan_discriminator_rounds=0, **changes)
    steps = [phase for phase in made.phases() if phase.name == "adversarial/generator"]
    return [phase.data(0) for phase in steps]


@pytest.mark.parametrize(
    ("steps", "fall", "expected"),
    [
        (6, 1, [5, 4, 3, 2, 1, 0]),
        (12, 1, [5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0]),
        (3, 1, [5, 3, 1]),
        (4, 4, [2, 2, 0, 0]),
        (2, 6, [0, 0]),
    ],
)
def test_the_prefix_shrinks_to_nothing_over_the_steps(steps, fall, expected):
    data = schedule(seqgan_steps=steps, maligan_prefix_step=fall)
    assert [set(given.tolist()) for _, given, _ in data] == [{n} for n in expected]


def test_the_prefix_can_shrink_in_each_step():
    data = schedule(seqgan_steps=4, maligan_prefix_step=4, maligan_fall="each_step")
    assert [set(given.tolist()) for _, given, _ in data] == [{2}, {0}, {0}, {0}]


def test_weights_that_sum_to_one_lie_below_a_full_baseline(monkeypatch):
    """Per prefix: the weights w of the sum 1, each less b; all become less likely at b = 1."""
    seen, gradient_step = {}, MaliGAN.adversarial_gradient_step

    def watched(self, tokens, rewards):
        seen[self.config.own.weight_scale] = rewards.numpy().reshape(3, 4, 6)[..., -1]
        return gradient_step(self, tokens, rewards)

    monkeypatch.setattr(MaliGAN, "adversarial_gradient_step", watched)
    given, baseline = tf.zeros([4], tf.int32), tf.fill([4], 0.25)
    for scale in ("mean", "sum"):
        made = system(maligan_weight_scale=scale)
        made.adversarial_step(tf.constant(Task.train[:4]), given, baseline, SEED)
    ours, paper = seen["mean"] * 12, seen["sum"] * 4  # of 12 samples; of 4 prefixes
    weights = paper + 0.25
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, rtol=1e-5)
    np.testing.assert_allclose(ours, 3 * weights - 0.25, rtol=1e-4, atol=1e-6)
    assert (weights > 0).all() and (weights < 1).all()  # so at b = 1 none is above it


def test_replicas_share_the_mean_over_their_samples(monkeypatch):
    """Gradients of replicas are added, so each of two replicas halves its samples' weights."""
    seen = []
    monkeypatch.setattr(
        MaliGAN, "adversarial_gradient_step", lambda *given: seen.append(given) or {}
    )
    given, baseline = tf.zeros([4], tf.int32), tf.zeros([4])
    made = system()
    for replicas in (1, 2):
        monkeypatch.setattr(maligan.distributed, "count", lambda replicas=replicas: replicas)
        monkeypatch.setattr(maligan.distributed, "gather", lambda rows: rows)
        made.adversarial_step(tf.constant(Task.train[:4]), given, baseline, SEED)
    (_, alone_tokens, alone), (_, tokens, shared) = seen
    np.testing.assert_array_equal(tokens, alone_tokens)
    np.testing.assert_allclose(shared, alone / 2, rtol=1e-6)


def test_the_discriminator_can_be_trained_on_completed_prefixes():
    changes = {"seqgan_steps": 3, "seqgan_discriminator_rounds": 1, "maligan_prefix_step": 2}
    made = system(**changes, maligan_judge_prefixes=True, adversarial_discriminator_rounds=2)
    rounds = [phase for phase in made.phases() if phase.name.endswith("/discriminator")]
    assert [phase.data == made.real_and_generated for phase in rounds] == [True] + [False] * 6
    for number, given in enumerate((4, 4, 2, 2, 0, 0)):
        tokens, labels = rounds[1 + number].data(7)
        np.testing.assert_array_equal(labels, [1] * 11 + [0] * 11)
        np.testing.assert_array_equal(tokens[:11], Task.train)
        np.testing.assert_array_equal(tokens[11:, :given], Task.train[:, :given])
        assert (tokens[11:, given] != Task.train[:, given]).any()  # the first one after them
    assert (rounds[-1].data(8)[0] != tokens).any()
    assert made._complete.experimental_get_tracing_count() == 1


def test_the_baseline_rises_to_its_end():
    for end in (1.0, 0.5):
        found = [b for *_, b in schedule(seqgan_steps=4, maligan_baseline=end)]
        np.testing.assert_allclose(found, np.outer([0.25, 0.5, 0.75, 1.0], [end] * 4))


def test_prefixes_are_of_training_sentences_drawn_anew():
    (first, _, _), (again, _, _) = schedule(seqgan_steps=2, maligan_prefix_step=6)
    known = {tuple(row) for row in Task.train}
    assert {*map(tuple, first)} <= known and first.shape == (4, 6)
    np.testing.assert_array_equal(first, again)  # a phase's seed decides, here the same
    made = system(seqgan_steps=1)
    phase = next(p for p in made.phases() if p.name == "adversarial/generator")
    assert (phase.data(1)[0] != phase.data(2)[0]).any()


def test_a_whole_prefix_is_maximum_likelihood():
    """N = T: no weight counts, and the update is that of the mean likelihood."""
    made, tokens = system(), tf.constant(Task.train[:4])
    full, none = tf.fill([4], 6), tf.zeros([4])
    loss = made.adversarial_step(tokens, full, none, SEED)["loss"]
    fresh = system()
    costs = -losses.token_log_prob(fresh.model(tokens), tokens)
    assert float(loss) == pytest.approx(float(tf.reduce_sum(costs)) / 4, rel=1e-5)
