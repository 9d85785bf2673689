"""Reads recorded reference values, and puts their weights into the models."""

import ast
import dataclasses
from pathlib import Path

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.config.semantics import ORIGINAL
from leakgan_tf.systems.leakgan import LeakGANConfig
from leakgan_tf.systems.seqgan import SeqGANConfig
from leakgan_tf.tasks.oracle_weights import KERAS_GATES


def load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def sizes(values) -> dict:
    return ast.literal_eval(str(values["config"]))


def below(values, prefix: str) -> dict[str, np.ndarray]:
    """The entries under ``prefix/``, their names without it."""
    start = prefix.rstrip("/") + "/"
    return {name[len(start) :]: array for name, array in values.items() if name.startswith(start)}


def leakgan_config(recorded: dict) -> Config[LeakGANConfig]:
    return Config(
        length=recorded["length"],
        vocab_size=recorded["vocab"],
        generator_embedding=recorded["emb_dim"],
        generator_hidden=recorded["hidden_dim"],
        discriminator_embedding=recorded["dis_emb_dim"],
        windows=tuple(recorded["filter_sizes"]),
        filters=tuple(recorded["num_filters"]),
        batch_size=recorded["batch"],
        sampling_batch=recorded["batch"],
        gradient_clip=recorded["grad_clip"],
        adam_epsilon=recorded["adam_epsilon"],
        own=LeakGANConfig(
            goal_size=recorded["goal_size"],
            goal_horizon=recorded["step_size"],
            generator_learning_rate=recorded["gen_lr"],
            adversarial_learning_rate=recorded["gen_lr"],
            discriminator_learning_rate=recorded["dis_lr"],
            semantics=dataclasses.replace(ORIGINAL, goal_init="per_row"),
        ),
    )


def lstm(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Keras's three LSTM weights from the four gates' own."""
    return {
        part: np.concatenate([arrays[f"{prefix}/lstm/{gate}/{part}"] for gate in KERAS_GATES], -1)
        for part in ("kernel", "recurrent", "bias")
    }


def manager_arrays(arrays, manager) -> list[np.ndarray]:
    """The arrays of the Manager in the order of its variables."""
    cell = lstm(arrays, "manager")
    by_path = {
        "lstm/kernel": cell["kernel"],
        "lstm/recurrent_kernel": cell["recurrent"],
        "lstm/bias": cell["bias"],
        "output/kernel": arrays["manager/output/kernel"],
        "output/bias": arrays["manager/output/bias"],
        "goal_init": arrays["manager/goal_init"],
    }
    return ordered(manager, by_path)


def worker_arrays(arrays, worker) -> list[np.ndarray]:
    """The arrays of the Worker in the order of its variables, in the factored layout."""
    cell = lstm(arrays, "worker")
    hidden, goal, vocab = worker.hidden_size, worker.goal_size, worker.vocab_size
    kernel = arrays["worker/output/kernel"].reshape(hidden, vocab, goal).transpose(0, 2, 1)
    by_path = {
        "embedding/embeddings": arrays["worker/embedding"],
        "lstm/kernel": cell["kernel"],
        "lstm/recurrent_kernel": cell["recurrent"],
        "lstm/bias": cell["bias"],
        "goal_projection/kernel": arrays["worker/goal_projection"],
        "output_kernel/kernel": kernel.reshape(hidden * goal, vocab),
        "output_bias/kernel": arrays["worker/output/bias"].reshape(vocab, goal).T,
    }
    return ordered(worker, by_path)


def lstm_generator_arrays(arrays, model) -> list[np.ndarray]:
    """The arrays of an LSTM generator in the order of its variables."""
    cell = lstm(arrays, "generator")
    by_path = {
        "embedding/embeddings": arrays["generator/embedding"],
        "lstm/kernel": cell["kernel"],
        "lstm/recurrent_kernel": cell["recurrent"],
        "lstm/bias": cell["bias"],
        "output/kernel": arrays["generator/output/kernel"],
        "output/bias": arrays["generator/output/bias"],
    }
    return ordered(model, by_path)


def discriminator_arrays(arrays, model) -> list[np.ndarray]:
    """The arrays of a discriminator in the order of its variables."""
    by_path = {"embedding/embeddings": arrays["disc/embedding"]}
    for window in model.windows:
        by_path[f"conv_{window}/kernel"] = arrays[f"disc/conv_{window}/kernel"][:, :, 0]
        by_path[f"conv_{window}/bias"] = arrays[f"disc/conv_{window}/bias"]
    for part in ("transform", "gate"):
        by_path[f"highway/{part}/kernel"] = arrays[f"disc/highway/{part}/kernel_T"].T
        by_path[f"highway/{part}/bias"] = arrays[f"disc/highway/{part}/bias"]
    by_path["classifier/kernel"] = arrays["disc/output/kernel"]
    by_path["classifier/bias"] = arrays["disc/output/bias"]
    return ordered(model, by_path)


def assign(variables, arrays) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def ordered(model, by_path) -> list[np.ndarray]:
    """Sorts arrays by the model's variables, each found by the end of its path."""
    ordered, left = [], dict(by_path)
    for variable in model.trainable_variables:
        name = next(name for name in left if variable.path.endswith("/" + name))
        ordered.append(left.pop(name))
    assert not left, f"no variable for {sorted(left)}"
    return ordered


def seqgan_config(recorded: dict) -> Config[SeqGANConfig]:
    return Config(
        length=recorded["length"],
        vocab_size=recorded["vocab"],
        generator_embedding=recorded["emb_dim"],
        generator_hidden=recorded["hidden_dim"],
        discriminator_embedding=recorded["dis_emb_dim"],
        windows=tuple(recorded["filter_sizes"]),
        filters=tuple(recorded["num_filters"]),
        batch_size=recorded["batch"],
        sampling_batch=recorded["batch"],
        gradient_clip=recorded["grad_clip"],
        adam_epsilon=recorded["adam_epsilon"],
        own=SeqGANConfig(
            learning_rate=recorded["gen_lr"],
            discriminator_learning_rate=recorded["dis_lr"],
            l2=recorded["l2_reg_lambda"],
        ),
    )
