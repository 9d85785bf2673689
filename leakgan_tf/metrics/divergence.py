"""Jensen-Shannon divergences of a generator from a known distribution, as CoT reports them."""

import numpy as np


def token_divergence(
    real_true: np.ndarray, real_model: np.ndarray, model_true: np.ndarray, model_model: np.ndarray
) -> float:
    """Returns the JSD as computed by CoT's program, in nats per sentence; lower is better.

    ½ [E Σ_t log(p/m) over real sentences + E Σ_t log(G/m) over generated ones], with m = ½(p + G)
    for each token. It is not the divergence between distributions of sentences, whose mixture is
    one of whole sentences, and it may be as large as T·log 2.

    Args:
      real_true: log p of the tokens of real sentences, (n, T).
      real_model: log G of the same tokens.
      model_true: log p of the tokens of generated sentences, (m, T).
      model_model: log G of the same tokens.
    """
    real_mixture = np.logaddexp(real_true, real_model) - np.log(2.0)
    model_mixture = np.logaddexp(model_true, model_model) - np.log(2.0)
    real = np.mean(np.sum(real_true - real_mixture, axis=1, dtype=np.float64))
    model = np.mean(np.sum(model_model - model_mixture, axis=1, dtype=np.float64))
    return float(0.5 * (real + model))


def mediated_bound(
    mediator_loss: float, length: int, real_entropy: float, model_entropy: float
) -> float:
    """Returns an upper bound of JSD(p ‖ G), in nats per sentence: T·L_M - ½[H(p) + H(G)].

    It holds for any mediator M, with equality if M = ½(p + G).

    Args:
      mediator_loss: L_M, the mean over tokens in nats (`cooperative.mediator_loss`).
      length: T.
      real_entropy: H(p) in nats per sentence.
      model_entropy: H(G) in nats per sentence.
    """
    return length * mediator_loss - 0.5 * (real_entropy + model_entropy)
