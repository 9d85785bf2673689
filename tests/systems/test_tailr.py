"""TaiLr: MLE at γ = 0, and which tokens it learns less from."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.objectives import losses
from leakgan_tf.systems.mle import MLE
from leakgan_tf.systems.tailr import TaiLr
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([1, 2])
TOKENS = small.tokens(4, 6, 7)


def stepped(kind, system, **changes):
    made = kind(small.config(system=system, **changes), task=None)
    small.randomise(made.model)
    before = losses.token_log_prob(made.model(TOKENS), TOKENS).numpy()
    scalars = made.step(tf.constant(TOKENS), SEED)
    return before, losses.token_log_prob(made.model(TOKENS), TOKENS).numpy(), scalars


@pytest.mark.parametrize("text", [{}, {"task": "text", "padding": "masked"}])
def test_gamma_0_is_mle(text):
    mine = stepped(TaiLr, "tailr", tailr_gamma=0.0, **text)
    theirs = stepped(MLE, "mle", **text)
    np.testing.assert_array_equal(mine[1], theirs[1])
    assert float(mine[2]["loss"]) == float(theirs[2]["loss"])
    assert float(mine[2]["weight"]) == 1.0


def test_one_update_raises_likely_tokens_and_leaves_unlikely_ones():
    """γ = 1 weights with p: the likely half gains more of the gradient than under MLE."""
    before, after, scalars = stepped(TaiLr, "tailr", tailr_gamma=1.0)
    assert (after - before)[before > np.median(before)].mean() > 0
    np.testing.assert_allclose(scalars["weight"], np.exp(before).mean(), rtol=1e-5)
    plain = stepped(TaiLr, "tailr", tailr_gamma=0.0)
    likely = before > np.median(before)
    shares = [
        (one - before)[likely].sum() - (one - before)[~likely].sum() for one in (after, plain[1])
    ]
    assert shares[0] > shares[1]


def test_impossible_values_are_refused():
    with pytest.raises(UserError, match="tailr_gamma must be at most 1"):
        small.config(system="tailr", tailr_gamma=1.5)
