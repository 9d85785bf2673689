"""RelGAN against values recorded from the authors' program, for every reference file."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import references
from helpers.updates import check, compare, compare_step, update
from leakgan_tf.generation import relaxed
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.relational_discriminator import RelationalDiscriminator
from leakgan_tf.models.relational_memory import RelationalMemoryGenerator
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.adversarial import adversarial_losses, gradient_penalty
from leakgan_tf.objectives.annealing import annealed

LOSSES = {
    "standard": "standard", "JS": "js", "KL": "kl", "hinge": "hinge", "tv": "tv", "LS": "lsgan",
    "RSGAN": "rsgan", "wgan-gp": "wgan_gp",
}  # fmt: skip
PATHS = {
    "no": "constant", "lin": "linear", "exp": "exponential", "log": "logarithmic",
    "sigmoid": "sigmoid", "quad": "quadratic", "sqrt": "square_root",
}  # fmt: skip


def memory_arrays(arrays, model) -> list[np.ndarray]:
    """The arrays of the generator in the order of its variables."""
    by_path = {
        "embedding/embeddings": arrays["generator/embedding"],
        "output/kernel": arrays["generator/output/kernel"],
        "output/bias": arrays["generator/output/bias"],
    }
    for name in ("input", "qkv", "mlp_0", "mlp_1", "gate_input", "gate_memory"):
        by_path[f"{name}/kernel"] = arrays[f"generator/memory/{name}/kernel_T"].T
    for name in ("input", "mlp_0", "mlp_1"):
        by_path[f"{name}/bias"] = arrays[f"generator/memory/{name}/bias"]
    for name in ("norm_qkv", "norm_attention", "norm_mlp"):
        for part in ("gain", "bias"):
            by_path[f"{name}/{part}"] = arrays[f"generator/memory/{name}/{part}"]
    return references.ordered(model, by_path)


def discriminator_arrays(arrays, model) -> list[np.ndarray]:
    """The arrays of D in the order of its variables."""
    by_path = {"embedding/embeddings": arrays["disc/embedding"]}
    for window in model.windows:
        by_path[f"conv_{window}/kernel"] = arrays[f"disc/conv_{window}/kernel"][:, :, 0]
        by_path[f"conv_{window}/bias"] = arrays[f"disc/conv_{window}/bias"]
    for name in ("transform", "gate"):
        by_path[f"{name}/kernel"] = arrays[f"disc/highway/{name}/kernel_T"].T
    for name in ("hidden", "output"):
        by_path[f"{name}/kernel"] = arrays[f"disc/{name}/kernel_T"].T
        by_path[f"{name}/bias"] = arrays[f"disc/{name}/bias"]
    return references.ordered(model, by_path)


class Case:
    """A reference file, and generator and D with its weights."""

    def __init__(self, path):
        self.values = values = references.load(path)
        self.sizes = sizes = references.sizes(values)
        self.model = RelationalMemoryGenerator(
            sizes["vocab"],
            sizes["length"],
            sizes["emb_dim"],
            sizes["mem_slots"],
            sizes["num_heads"],
            sizes["head_size"],
        )
        self.discriminator = RelationalDiscriminator(
            sizes["vocab"],
            sizes["length"],
            sizes["dis_emb_dim"],
            sizes["num_rep"],
            sizes["windows"],
            sizes["filters"],
            sizes["hidden"],
        )
        recorded = references.below(values, "vars")
        for model, arrays in (
            (self.model, memory_arrays), (self.discriminator, discriminator_arrays)
        ):  # fmt: skip
            model.build()
            references.assign(model.trainable_variables, arrays(recorded, model))
        self.tokens = tf.constant(values["in/tokens"], tf.int32)

    def sample(self, beta, feedback="hard", **options):
        """Samples with the recorded noise."""
        policy = {"hard": LSTMPolicy, "soft": relaxed.SoftPolicy}[feedback](self.model)
        gumbel = tf.constant(self.values["in/gumbel"])
        return relaxed.sample(
            policy,
            self.sizes["batch"],
            relaxed.gumbel_softmax(beta),
            lambda position, logits: gumbel[:, position],
            feedback,
            **options,
        )

    def scores(self, dropout=False):
        """Scores of the real and of fresh soft sentences, with the recorded dropout if any."""
        one_hot = tf.one_hot(self.tokens, self.sizes["vocab"])
        soft = self.sample(self.sizes["beta"]).soft
        found = []
        for name, sentences in (("real", one_hot), ("soft", soft)):
            features = self.discriminator.features(self.discriminator.embed(sentences))
            factors = self.values[f"in/dropout_{name}"] if dropout else 1.0
            found.append(self.discriminator.head(features * factors))
        return found

    def compare(self, name, model, arrays, gradients, norm, rate):
        check(norm, self.values[f"grad_norm/{name}"])
        assert compare(self.values, f"grads_clipped/{name}", arrays, model, gradients)
        assert compare_step(self.values, name, arrays, model, gradients, rate)


@pytest.fixture
def case(relgan_file):
    return Case(relgan_file)


def test_memory_step(case):
    values, model = case.values, case.model
    state = model.start(case.sizes["batch"])
    check(state.memory, values["memory_step/initial"])
    state = state._replace(
        memory=tf.constant(values["memory_step/memory_in"]),
        last=tf.constant(values["memory_step/token"], tf.int32),
    )
    hidden, state = model.observe(state)
    check(state.memory, values["memory_step/memory_out"])
    check(model.projection(hidden), values["memory_step/logits"])


def test_pretraining_step(case):
    check(tf.nn.softmax(case.model(case.tokens)), case.values["teacher_forced/predictions"])

    def loss():
        log_prob = losses.token_log_prob(case.model(case.tokens), case.tokens)
        return losses.likelihood_loss(log_prob)

    rate = case.sizes["gen_pretrain_lr"]
    value, gradients, norm = update(case.model, loss, rate, case.sizes["grad_clip"])
    check(value, case.values["pretrain_loss"])
    case.compare("pretrain", case.model, memory_arrays, gradients, norm, rate)


def test_noise_is_that_of_the_program(case, monkeypatch):
    uniform = tf.constant(case.values["in/uniform"][:, 0])
    monkeypatch.setattr(tf.random, "stateless_uniform", lambda shape, seed: uniform)
    noise = relaxed.gumbel_noise(tf.constant([1, 2]))
    check(noise(0, uniform), case.values["in/gumbel"][:, 0])


def test_relaxed_samples(case):
    groups = {name.split("/")[1] for name in case.values if name.startswith("relaxed/beta")}
    assert groups
    for group in groups:
        beta = float(group.removeprefix("beta"))
        sampled = case.sample(beta)
        np.testing.assert_array_equal(sampled.tokens, case.values["relaxed/tokens"])
        check(sampled.soft, case.values[f"relaxed/{group}/soft"])
        chosen = tf.gather(sampled.soft, sampled.tokens, batch_dims=2)
        check(chosen, case.values[f"relaxed/{group}/chosen"])
        if beta == case.sizes["beta"]:
            check(tf.reduce_mean(tf.math.log(chosen + 1e-10)), case.values["log_pg"])


def test_scores_and_losses(case):
    values = case.values
    for prefix, dropout in (("disc", False), ("disc_dropout", True)):
        real, soft = case.scores(dropout)
        check(real, values[f"{prefix}/real"])
        check(soft, values[f"{prefix}/soft"])
    for name, mine in LOSSES.items():
        d_loss, g_loss = adversarial_losses(mine, *case.scores())
        if mine == "wgan_gp":
            penalty = gradient_penalty(
                case.discriminator,
                tf.one_hot(case.tokens, case.sizes["vocab"]),
                case.sample(case.sizes["beta"]).soft,
                tf.constant(values["in/gp_alpha"]),
            )
            d_loss += case.sizes["gp_weight"] * penalty
        check(d_loss, values[f"losses/{name}/d"], name=name)
        check(g_loss, values[f"losses/{name}/g"], name=name)
    d_loss, g_loss = adversarial_losses("rsgan", *case.scores(dropout=True))
    check(d_loss, values["losses_dropout/RSGAN/d"])
    check(g_loss, values["losses_dropout/RSGAN/g"])


def test_adversarial_steps(case):
    sizes = case.sizes
    for name, model, arrays, rate, which in (
        ("disc", case.discriminator, discriminator_arrays, "dis_lr", 0),
        ("adversarial", case.model, memory_arrays, "gen_lr", 1),
    ):
        before = [variable.numpy() for variable in model.trainable_variables]

        def loss(which=which):
            return adversarial_losses("rsgan", *case.scores())[which]

        _, gradients, norm = update(model, loss, sizes[rate], sizes["grad_clip"])
        case.compare(name, model, arrays, gradients, norm, sizes[rate])
        references.assign(model.trainable_variables, before)


def test_paths_of_beta(case):
    iterations = tf.constant([0, 1, 10, 100, 1000, 2999])
    for name, mine in PATHS.items():
        # Powers and exponentials of float32 differ in the last digits.
        check(annealed(mine, iterations, 100.0, 5000), case.values[f"beta_path/{name}"], 1e-4)
