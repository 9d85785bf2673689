"""The temperatures at which results are reported, and their names.

Temperature t divides the logits: ``softmax(logits / t)``, so below 1 is sharper. The original
programs multiply the logits instead: their 1.5 is t = 1/1.5.
"""

from collections.abc import Sequence

from leakgan_tf.utils.errors import UserError

PROGRAM_TEMPERATURE = 1 / 1.5  # of the published LeakGAN figures
TEMPERATURES = (1.0, PROGRAM_TEMPERATURE)  # of every evaluation on the oracle task
LEAST, MOST = 1e-3, 1e3  # beyond these, sampling is greedy or uniform


def check_temperature(temperature: float, name: str) -> float:
    """Returns the temperature; raises ``UserError`` if it is not from `LEAST` to `MOST`.

    >>> check_temperature(0.7, "--temperature")
    0.7
    """
    if not LEAST <= temperature <= MOST:  # NaN neither
        raise UserError(f"{name} must be {LEAST:g} to {MOST:g}, not {temperature:g}")
    return temperature


def check_temperatures(temperatures: Sequence[float], name: str) -> None:
    """Raises ``UserError`` if one of several temperatures is out of range, or two have one name.

    >>> check_temperatures([1.0, 0.7], "--temperatures")
    """
    named: dict[str, float] = {}
    for temperature in temperatures:
        check_temperature(temperature, name)
        key = temperature_key(temperature)
        if key in named:
            raise UserError(
                f"{name}: {named[key]:g} and {temperature:g} are equal to 3 decimals, and their "
                "figures would have the same name: leave one out"
            )
        named[key] = temperature


def temperature_key(temperature: float) -> str:
    """Returns the suffix of a figure's name, as in ``nll_oracle_0.667``.

    >>> temperature_key(1.0), temperature_key(1 / 1.5), temperature_key(1.25)
    ('1.0', '0.667', '1.25')
    """
    rounded = round(float(temperature), 3)
    return str(rounded)


def temperature_title(temperature: float) -> str:
    """Returns a column's title; the program's temperature is shown with its factor on the logits.

    >>> temperature_title(1.0), temperature_title(1 / 1.5)
    ('T = 1', 'T = 1/1.5 (logits × 1.5)')
    """
    if temperature_key(temperature) == temperature_key(PROGRAM_TEMPERATURE):
        return "T = 1/1.5 (logits × 1.5)"
    return f"T = {temperature:.3g}"
