"""Updates and samples of every kind, to be made on one device and on several, and compared.

Usage: strategy_cases.py OUT STRATEGY DEVICES [CONFIGURATION ...], which writes them as OUT; the
cluster of multi_worker is that of TF_CONFIG. Nothing here drops features or samples in a step:
there devices draw numbers of their own.
"""

import dataclasses
import itertools
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from helpers import small
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.objectives import rewards
from leakgan_tf.systems.registry import make_system
from leakgan_tf.training.distribution import Distribution
from leakgan_tf.training.loop import CompiledLoop, pipeline
from leakgan_tf.training.placement import read_placement

ROWS, UPDATES = 8, 2
TOKENS = small.tokens(ROWS, 6, 7, seed=1)
LABELS = np.array([0, 1, 1, 0, 1, 0, 0, 1], np.int32)
PAPER_WITHOUT_DROPOUT = dataclasses.replace(PAPER, dropout=0.0)


def positive(*shape, seed=0):
    return np.abs(small.array(*shape, seed=seed))


def rescaling(semantics):
    def step(scores, seed):
        own = rewards.rescale(scores, semantics, rollouts=2)
        return {"mean": tf.reduce_mean(own), "weighted": tf.reduce_mean(own * scores)}

    return step


def cases(name, system, config):
    """The steps of a system by name, each with its data."""
    if config.system == "leakgan":
        if name == "original":
            yield "discriminator", system.discriminator_step, (TOKENS, LABELS)
        yield "pretrain", system.pretrain_step, (TOKENS,)
        given = TOKENS, positive(ROWS, 2, seed=2)
        yield "adversarial", system.adversarial_gradient_step_on, given
        scores = small.array(ROWS, 2, seed=3)
        yield "rewards", rescaling(config.own.semantics), (scores,)
    elif config.system == "rankgan":
        yield "discriminator", system.ranker_step, (TOKENS, TOKENS[::-1], TOKENS + 1 & 3)
    elif config.system == "scratchgan":  # its baseline is a variable of all devices
        yield "discriminator", lambda a, b, seed: system.discriminator_update(a, b), (
            TOKENS, TOKENS[::-1],
        )  # fmt: skip
        yield "generator", lambda tokens, seed: system.generator_update(tokens), (TOKENS,)
    else:
        yield "likelihood", system.step, (TOKENS,)
    if config.system == "seqgan":
        yield "discriminator", system.discriminator_step, (TOKENS, LABELS)
        given = TOKENS, positive(ROWS, 6, seed=4)
        yield "adversarial", system.adversarial_gradient_step_on, given


def configs():
    # So many filters that every token changes a feature: the direction of no change is noise.
    changes = {"system": "leakgan", "filters": (12, 12)}
    yield "original", small.config(ORIGINAL, **changes)
    yield "paper", small.config(PAPER_WITHOUT_DROPOUT, **changes)
    yield "masked", small.config(PAPER_WITHOUT_DROPOUT, task="text", padding="masked", **changes)
    for system in ("seqgan", "rankgan"):
        yield system, small.config(system=system, seqgan_dropout=0.0, rankgan_references=3)
    sizes = {"scratchgan_batch": 4, "scratchgan_embedding": 3, "scratchgan_hidden": 4}
    yield "scratchgan", small.config(system="scratchgan", scratchgan_dropout=0.0, **sizes)


def results(distribution, wanted=()):
    """What every case leaves behind: reported scalars, weights, Adam's slots, samples."""
    found = {}
    for name, config in configs():
        if wanted and name not in wanted:
            continue
        with distribution.scope():
            system = make_system(config, None)
        for number, model in enumerate(system.models.values()):
            small.randomise(model, seed=number)
        if hasattr(system, "adversarial_gradient_step"):  # takes no seed: it draws nothing
            step = system.adversarial_gradient_step
            system.adversarial_gradient_step_on = lambda a, b, seed, step=step: step(a, b)
        if name in ("original", "seqgan"):
            sample = system.generator.sample(21, 1 / 1.5, (3, 4))
            found[f"{name}/sample"] = sample
            found[f"{name}/log_prob"] = system.generator.log_prob(sample)
        if name == "seqgan":
            batches = itertools.islice(system.generator.continuations([1], seed=(3, 4)), 6)
            continued = np.concatenate([batch.tokens for batch in batches])  # 4 rows a device each
            found[f"{name}/continued/sample"] = continued[:21]
        for case, step, arrays in cases(name, system, config):
            order = np.random.default_rng(5).permutation(ROWS).reshape(UPDATES, -1)
            plan = [(distribution.own_rows(rows), np.array([7, 8], np.int32)) for rows in order]
            loop = CompiledLoop(step, distribution.strategy)
            for scalar, values in loop.run(pipeline(arrays, plan), UPDATES).items():
                found[f"{name}/{case}/{scalar}"] = values
            assert loop.traces == 1
        for kind, holders in (("weights", system.models), ("slots", system.optimizers)):
            for part, holder in holders.items():
                variables = holder.weights if kind == "weights" else holder.variables
                for index, variable in enumerate(variables):
                    found[f"{name}/{kind}/{part}/{index}"] = np.asarray(variable)
    return found


def main(out: str, strategy: str, devices: str, *wanted: str) -> None:
    placement = read_placement(strategy, int(devices), 60.0, os.environ.get("TF_CONFIG"))
    np.savez(out, **results(Distribution(placement), wanted))


if __name__ == "__main__":
    main(*sys.argv[1:])
