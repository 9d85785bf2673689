"""Slow, direct NumPy twins of the models and losses, written from the papers and the spec.

Everything runs in float64, one sentence and one token at a time, in the order of the formulas;
nothing is shared with the library but the weights, read by `weights`. Indices are those of the
papers: f_i and s_i belong to the prefix of i tokens, token t is x_t with t from 0.
"""

import math

import numpy as np

START = 0
PADDING = -1
LEAST_PROBABILITY = 1e-20

Weights = dict[str, np.ndarray]


def weights(layer) -> Weights:
    """A layer's weights as float64, by the last two parts of their paths ("goal_init" by one)."""
    named = {}
    for variable in layer.trainable_variables:
        parts = variable.path.split("/")
        name = parts[-1] if parts[-1] == "goal_init" else "/".join(parts[-2:])
        assert name not in named, name
        named[name] = variable.numpy().astype(np.float64)
    return named


# --- Small things -------------------------------------------------------------------------------


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def unit(vector):
    norm = math.sqrt(sum(x * x for x in vector))
    return vector / norm if norm > 0 else vector


def cosine(a, b):
    return float(np.dot(unit(a), unit(b)))


def log_softmax(logits):
    shifted = logits - logits.max()
    return shifted - math.log(np.exp(shifted).sum())


class LSTM:
    """The plain four-gate cell, without forget bias; gate columns input, forget, cell, output."""

    def __init__(self, named: Weights):
        self.kernels = np.split(named["lstm/kernel"], 4, axis=-1)
        self.recurrents = np.split(named["lstm/recurrent_kernel"], 4, axis=-1)
        self.biases = np.split(named["lstm/bias"], 4)
        self.hidden = np.zeros(len(self.biases[0]))
        self.memory = np.zeros(len(self.biases[0]))

    def step(self, x):
        before = self.hidden

        def gate(k):
            return x @ self.kernels[k] + before @ self.recurrents[k] + self.biases[k]

        admit, forget, emit = sigmoid(gate(0)), sigmoid(gate(1)), sigmoid(gate(3))
        self.memory = forget * self.memory + admit * np.tanh(gate(2))
        self.hidden = emit * np.tanh(self.memory)
        return self.hidden


# --- The discriminator's features ---------------------------------------------------------------


def highway(named: Weights, p):
    transform = np.maximum(p @ named["transform/kernel"] + named["transform/bias"], 0.0)
    gate = sigmoid(p @ named["gate/kernel"] + named["gate/bias"])
    return gate * transform + (1.0 - gate) * p


def cnn_features(named: Weights, windows, sentence, padding_row: bool = True):
    """The feature of one whole sentence, padding included: every window at every position."""
    table = named["embedding/embeddings"]
    embedded = [table[token + 1 if padding_row else token] for token in sentence]
    pooled = []
    for window in windows:
        kernel, bias = named[f"conv_{window}/kernel"], named[f"conv_{window}/bias"]
        responses = []
        for begin in range(len(sentence) - window + 1):
            value = bias.copy()
            for offset in range(window):
                value += embedded[begin + offset] @ kernel[offset]
            responses.append(np.maximum(value, 0.0))
        pooled.append(np.max(responses, axis=0))
    return highway(named, np.concatenate(pooled))


def prefix_features(named: Weights, windows, sentence):
    """f_0 … f_T of one sentence, (T+1, F): the CNN on each prefix, padded to T tokens."""
    length = len(sentence)
    return np.stack(
        [
            cnn_features(named, windows, [*sentence[:i], *[PADDING] * (length - i)])
            for i in range(length + 1)
        ]
    )


# --- Manager and Worker -------------------------------------------------------------------------


def sub_goal(named: Weights, cell: LSTM, feature):
    return unit(cell.step(feature) @ named["output/kernel"] + named["output/bias"])


def sub_goals(named: Weights, features):
    """s_0 … s_T of one sentence with features f_0 … f_T."""
    cell = LSTM(named)
    return np.stack([sub_goal(named, cell, feature) for feature in features])


def _sum_of_goals(given, last, first_valid, horizon, initial):
    """Σ given[j] over the c indices up to `last`; a missing one counts as goal_init / c."""
    total = np.zeros_like(initial)
    for j in range(last - horizon + 1, last + 1):
        total = total + (given[j] if j >= first_valid else initial / horizon)
    return total


def path_goals(subs, initial, horizon, window, alignment, path):
    """The goal that each token sees, (T, F), when scoring or sampling one sentence.

    Block: constant for c tokens. Scoring under the split alignment leaves s_0 out and may use
    s_t at token t; otherwise token t sees s_{t-1} at the latest.
    """
    fresh = alignment == "split" and path == "scoring"
    seen = []
    for t in range(len(subs) - 1):
        at = t - t % horizon if window == "block" else t
        if fresh:
            seen.append(_sum_of_goals(subs, at, 1, horizon, initial))
        else:
            seen.append(_sum_of_goals(subs, at - 1, 0, horizon, initial))
    return np.stack(seen)


def rollout_goals(named: Weights, features, initial, given, horizon, window, alignment):
    """The goals of tokens g … T-1 that continue a prefix of g tokens, (T-g, F).

    Split: the prefix as in scoring up to f_g, s_0 dropped, then f_g is consumed a second time.
    """
    cell = LSTM(named)
    pushed = []  # the sub-goals that were set, in order
    length = len(features) - 1
    if alignment == "split":
        prefix = [sub_goal(named, cell, features[i]) for i in range(given + 1)]
        pushed.extend(prefix[1:])
    else:
        pushed.extend(sub_goal(named, cell, features[i]) for i in range(given))
    seen = []
    for t in range(given, length):
        if window == "sliding" or t % horizon == 0:
            goal = _sum_of_goals(pushed, t - 1, 0, horizon, initial)
        seen.append(goal)
        pushed.append(sub_goal(named, cell, features[t]))
    return np.stack(seen)


def worker_inputs(sentence):
    return [START, *sentence[:-1]]


def worker_hidden(named: Weights, inputs):
    cell = LSTM(named)
    return np.stack([cell.step(named["embedding/embeddings"][token]) for token in inputs])


def worker_logits(named: Weights, hidden, goals, normalise):
    """O·w with the (T, V, K) word matrices written out: hidden (T, H), goals (T, F) -> (T, V)."""
    psi = named["goal_projection/kernel"]
    kernel, bias = named["output_kernel/kernel"], named["output_bias/kernel"]
    heads, size = hidden.shape[-1], psi.shape[-1]
    matrix = kernel.reshape(heads, size, -1).transpose(0, 2, 1)  # W (H, V, K)
    logits = []
    for vector, goal in zip(hidden, goals, strict=True):
        words = np.einsum("h,hvk->vk", vector, matrix) + bias.T  # O (V, K)
        direction = goal @ psi
        logits.append(words @ (unit(direction) if normalise else direction))
    return np.stack(logits)


def token_log_prob(logits, sentence):
    """The log p(x_t) of one sentence, p at least 1e-20."""
    return np.array(
        [
            max(log_softmax(row)[token], math.log(LEAST_PROBABILITY))
            for row, token in zip(logits, sentence, strict=True)
        ]
    )


# --- Losses and rewards of a batch: lists of sentences ----------------------------------------


def manager_cosines(features, subs, goals, horizon, window):
    """How well each goal of one sentence was met, (S,)."""
    length = len(features) - 1
    if window == "block":
        return np.array(
            [
                cosine(features[(b + 1) * horizon] - features[b * horizon], goals[b * horizon])
                for b in range(length // horizon)
            ]
        )
    return np.array(
        [cosine(features[t + horizon] - features[t], subs[t]) for t in range(length - horizon + 1)]
    )


def intrinsic(features, subs, goals, horizon, window):
    """r_1 … r_T of one sentence."""
    values = []
    for i in range(1, len(features)):
        if window == "block":
            begin = i - i % horizon if i % horizon else i - horizon
            values.append(cosine(features[i] - features[begin], goals[i - 1]))
        else:
            backs = [back for back in range(1, horizon + 1) if i - back >= 0]
            each = [cosine(features[i] - features[i - back], subs[i - back]) for back in backs]
            values.append(sum(each) / len(backs))
    return np.array(values)


def manager_pretrain_loss(cosines, semantics, length, horizon):
    mean = np.mean(cosines)
    if semantics.cosine == "batch_mean":
        return -mean / (length * len(cosines) / horizon)
    return -mean


def manager_adversarial_loss(cosines, rewards, semantics, length, horizon):
    if semantics.cosine == "batch_mean":
        return -np.sum(rewards) * np.mean(cosines) / (length * len(cosines) / horizon)
    total, count = 0.0, 0
    for row, reward in zip(cosines, rewards, strict=True):
        for step, value in enumerate(row):
            column = step if semantics.goal_window == "block" else step // horizon
            total, count = total - reward[column] * value, count + 1
    return total / count


def worker_adversarial_loss(log_prob, rewards, semantics):
    if semantics.cosine == "batch_mean":
        return np.mean(rewards) * -np.mean(log_prob)
    return -np.mean(np.array(rewards) * np.array(log_prob))


class Sentences:
    """Manager and Worker along a batch of known sentences, teacher-forced, one row at a time."""

    def __init__(self, system_config, manager: Weights, worker: Weights, features, batch):
        semantics, horizon = system_config.own.semantics, system_config.own.goal_horizon
        window = semantics.goal_window
        self.log_prob, self.cosines, self.intrinsic = [], [], []
        for row, (feature, sentence) in enumerate(zip(features, batch, strict=True)):
            subs = sub_goals(manager, feature)
            initial = manager["goal_init"][row % len(manager["goal_init"])]
            goals = path_goals(subs, initial, horizon, window, semantics.goal_alignment, "scoring")
            hidden = worker_hidden(worker, worker_inputs(sentence))
            logits = worker_logits(worker, hidden, goals, semantics.normalise_goal)
            self.log_prob.append(token_log_prob(logits, sentence))
            self.cosines.append(manager_cosines(feature, subs, goals, horizon, window))
            self.intrinsic.append(intrinsic(feature, subs, goals, horizon, window))


def value_rank(column):
    """The rank of each score, 1 the best: one more than the scores that are higher."""
    return [1 + sum(other > score for other in column) for score in column]


def arrival_number(column):
    """The original's "rank": its dictionary numbers distinct values as they first appear."""
    numbers = {}
    for score in column:
        if score not in numbers:
            numbers[score] = len(numbers) + 1
    return [numbers[score] for score in column]


def rescale(scores, rank, delta, divisor):
    """Rewards (B, S) from scores (B, S), each column for itself."""
    size, rewards = len(scores), np.empty_like(scores, np.float64)
    for column in range(scores.shape[1]):
        values = list(scores[:, column])
        if rank == "value":
            inner = [delta * (0.5 - r / size) for r in value_rank(values)]
        else:
            inner = [delta * n / size - delta / 2 for n in arrival_number(values)]
        rewards[:, column] = [sigmoid(x) / divisor for x in inner]
    return rewards
