"""The oracle's likelihoods against a twin, and the reading of published weights, also hostile."""

import builtins
import codecs
import os
import pickle

import numpy as np
import pytest

from helpers import small, twins
from leakgan_tf.tasks.oracle import Oracle, oracle_from_arrays
from leakgan_tf.tasks.oracle_weights import GATES, NAMES, read_parameters, with_sizes
from leakgan_tf.utils.errors import UserError

VOCAB, LENGTH, EMBEDDING, HIDDEN = 6, 4, 3, 2


def parameters(seed=0):
    """Fifteen arrays by name, in the order of the published file."""
    random = np.random.default_rng(seed)
    shapes = {"kernel": (EMBEDDING, HIDDEN), "recurrent": (HIDDEN, HIDDEN), "bias": (HIDDEN,)}
    arrays = {"embedding": random.normal(size=(VOCAB, EMBEDDING))}
    for gate in ("input", "forget", "output", "cell"):
        for part, shape in shapes.items():
            arrays[f"lstm/{gate}/{part}"] = random.normal(size=shape)
    arrays["output/kernel"] = random.normal(size=(HIDDEN, VOCAB))
    arrays["output/bias"] = random.normal(size=(VOCAB,))
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def twin_nll(arrays, sentence):
    """-log p of each token, the four gates taken by their names."""
    hidden, memory = np.zeros(HIDDEN), np.zeros(HIDDEN)
    losses = []
    for before, token in zip([0, *sentence[:-1]], sentence, strict=True):
        x = arrays["embedding"][before]
        i, f, o, c = (
            x @ arrays[f"lstm/{gate}/kernel"]
            + hidden @ arrays[f"lstm/{gate}/recurrent"]
            + arrays[f"lstm/{gate}/bias"]
            for gate in ("input", "forget", "output", "cell")
        )
        memory = twins.sigmoid(f) * memory + twins.sigmoid(i) * np.tanh(c)
        hidden = twins.sigmoid(o) * np.tanh(memory)
        logits = hidden @ arrays["output/kernel"] + arrays["output/bias"]
        losses.append(-twins.log_softmax(logits)[token])
    return losses


def python2_pickle(arrays):
    """What Python 2 wrote at protocol 0: byte strings, and NumPy's old module names."""
    text = b"(l"
    for array in arrays:
        raw = codecs.escape_encode(np.ascontiguousarray(array, "<f4").tobytes())[0]
        shape = b"".join(b"I%d\n" % size for size in array.shape)
        text += (
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n"
            b"(" + shape + b"tcnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
            b"I00\nS'" + raw.replace(b'"', b'\\"') + b"'\ntba"
        )
    return text + b"."


def written(path, content):
    path.write_bytes(content)
    return path


def test_names_are_in_the_published_order():
    assert tuple(parameters()) == NAMES
    assert GATES == ("input", "forget", "output", "cell")


def test_a_configuration_has_the_widths_of_the_weights():
    config = small.config(vocab_size=VOCAB)
    found = with_sizes(config, parameters())
    assert (found.oracle_embedding, found.oracle_hidden) == (EMBEDDING, HIDDEN)
    assert (config.oracle_embedding, config.oracle_hidden) != (EMBEDDING, HIDDEN)
    with pytest.raises(UserError, match="give --vocab_size=6"):
        with_sizes(small.config(vocab_size=VOCAB + 1), parameters())


def test_likelihoods_equal_the_twin():
    arrays = parameters()
    tokens = small.tokens(5, LENGTH, VOCAB)
    expected = [twin_nll(arrays, row) for row in tokens]
    nll = oracle_from_arrays(arrays, LENGTH).nll(tokens)
    np.testing.assert_allclose(nll, expected, rtol=1e-4, atol=1e-5)


def test_a_random_oracle_is_fixed_by_its_seed_and_has_wide_weights():
    first, same, other = (Oracle(VOCAB, LENGTH, 8, 16, seed) for seed in (1, 1, 2))
    tokens = small.tokens(2, LENGTH, VOCAB)
    np.testing.assert_array_equal(first.nll(tokens), same.nll(tokens))
    assert (first.nll(tokens) != other.nll(tokens)).all()
    everything = np.concatenate([array.ravel() for array in first.model.get_weights()])
    assert abs(everything.std() - 1) < 0.1
    sample = first.sample(3, (1, 2))
    assert sample.shape == (3, LENGTH)
    assert sample.min() >= 0
    assert sample.max() < VOCAB


@pytest.mark.parametrize("protocol", [0, 2, 4, "python 2", "old names"])
def test_pickle_and_npz_bring_the_same_weights(tmp_path, protocol):
    arrays = parameters()
    np.savez(tmp_path / "weights.npz", **arrays)
    if protocol == "python 2":
        content = python2_pickle(arrays.values())
    elif protocol == "old names":
        content = pickle.dumps(list(arrays.values()), 2).replace(b"numpy._core", b"numpy.core")
    else:
        content = pickle.dumps(list(arrays.values()), protocol)
    pickled = written(tmp_path / "weights.pkl", content)
    read, digest = read_parameters(pickled)
    again, same = read_parameters(tmp_path / "weights.npz")
    assert digest == same
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array, err_msg=name)
        np.testing.assert_array_equal(again[name], array, err_msg=name)


def test_other_weights_have_another_digest(tmp_path):
    digests = set()
    for seed in (0, 1):
        np.savez(tmp_path / "weights.npz", **parameters(seed))
        digests.add(read_parameters(tmp_path / "weights.npz")[1])
    assert len(digests) == 2


class Runs:
    """An object whose unpickling calls a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("function", [os.system, builtins.eval, builtins.exec, np.load])
def test_a_pickle_that_would_run_something_is_refused_and_not_run(tmp_path, function, protocol):
    trace = tmp_path / "trace"
    argument = f"touch {trace}" if function is os.system else f"open({str(trace)!r}, 'w')"
    values = [*list(parameters().values())[:14], Runs(function, argument)]
    hostile = written(tmp_path / "weights.pkl", pickle.dumps(values, protocol))
    with pytest.raises(UserError, match="not only arrays of numbers"):
        read_parameters(hostile)
    assert not trace.exists()


def test_objects_in_arrays_are_refused(tmp_path):
    arrays = parameters()
    arrays["output/bias"] = arrays["output/bias"].astype(object)  # numbers, but as objects
    pickled = written(tmp_path / "weights.pkl", pickle.dumps(list(arrays.values()), 2))
    with pytest.raises(
        UserError, match=r"weights\.pkl contains something other than arrays of numbers"
    ):
        read_parameters(pickled)
    np.savez(tmp_path / "weights.npz", allow_pickle=True, **arrays)
    with pytest.raises(UserError, match=r"weights\.npz"):
        read_parameters(tmp_path / "weights.npz")


def without(name):
    return {key: array for key, array in parameters().items() if key != name}


def wrong(name, array):
    return {**parameters(), name: np.asarray(array, np.float32)}


BAD = {
    "lacks the array 'output/bias'": without("output/bias"),
    "lstm/cell/bias has shape": wrong("lstm/cell/bias", np.zeros(HIDDEN + 1)),
    "lstm/input/kernel has shape": wrong("lstm/input/kernel", np.zeros((HIDDEN, EMBEDDING))),
    "output/kernel has shape": wrong("output/kernel", np.zeros((HIDDEN, VOCAB + 1))),
    "must be matrices": wrong("embedding", np.zeros(VOCAB)),
    "embedding has values that are not finite": wrong(
        "embedding", np.full((VOCAB, EMBEDDING), np.nan)
    ),
    "output/bias has values that are not finite": wrong("output/bias", np.full(VOCAB, np.inf)),
}


@pytest.mark.parametrize("message", BAD)
def test_weights_that_do_not_fit_are_refused_by_name(tmp_path, message):
    np.savez(tmp_path / "weights.npz", **BAD[message])
    with pytest.raises(UserError, match=message) as error:
        read_parameters(tmp_path / "weights.npz")
    assert "weights.npz" in str(error.value)


def test_a_pickle_of_something_else_is_refused(tmp_path):
    for value in (list(parameters().values())[:14], {}, 3, ["a"] * 15):
        pickled = written(tmp_path / "weights.pkl", pickle.dumps(value, 2))
        with pytest.raises(UserError, match=r"weights\.pkl"):
            read_parameters(pickled)


@pytest.mark.parametrize("name", ["weights.npz", "weights.pkl"])
def test_damaged_and_missing_files_are_refused_by_name(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(UserError, match=f"{name} does not exist"):
        read_parameters(path)
    np.savez(tmp_path / "whole.npz", **parameters())
    whole = {
        "weights.npz": (tmp_path / "whole.npz").read_bytes(),
        "weights.pkl": pickle.dumps(list(parameters().values()), 2),
    }[name]
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        with pytest.raises(UserError, match=f"{name} (cannot be read|is damaged|contains)"):
            read_parameters(written(path, content))
