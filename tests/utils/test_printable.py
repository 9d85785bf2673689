import os

import pytest

from leakgan_tf.utils.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("red \x1b[31m", "red \\x1b[31m"),
        ("over\rwritten\b\x00\x7f\x9b", "over\\x0dwritten\\x08\\x00\\x7f\\x9b"),
        ("exe\u202egnp.\u2066a\u2069\u200f\u061c", "exe\\u202egnp.\\u2066a\\u2069\\u200f\\u061c"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("\ud800", "\\ud800"),
        (os.fsdecode(b"name\xff"), "name\\xff"),
        ("lines\n\tof text", "lines\n\tof text"),
        ("中文 العربية עברית é 👩\u200d👧 \\x1b", "中文 العربية עברית é 👩\u200d👧 \\x1b"),
        (3, "3"),
    ],
)
def test_hidden_characters_are_shown_and_letters_stay(text, shown):
    assert printable(text) == shown
    printable(text).encode("utf-8")
