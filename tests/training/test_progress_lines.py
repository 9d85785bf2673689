"""The lines that training prints above its bar."""

from leakgan_tf.training.logs import WIDTH, figures_line


def test_a_line_of_text_scores_fits_the_terminal_and_has_every_figure():
    scores = {
        f"{kind}_{order}": order / 10 for kind in ("bleu", "self_bleu") for order in (2, 3, 4, 5)
    }
    head = f"{120:5}/120 {'adversarial/generator':24}"
    line = figures_line(head, {"nll_test_1.0": 1.5, **scores, "distinct": 0.99})
    assert max(map(len, line.split("\n"))) <= WIDTH
    assert line.startswith(f"{head} nll_test_1.0 1.500  bleu_2..5 0.200 0.300 0.400 0.500")
    assert "self_bleu_2..5 0.200 0.300 0.400 0.500  distinct 0.990" in line


def test_figures_at_two_temperatures_stay_apart():
    line = figures_line("1/2 mle", {"nll_oracle_1.0": 4.0, "nll_oracle_0.667": 3.0})
    assert line == "1/2 mle nll_oracle_1.0 4.000  nll_oracle_0.667 3.000"
