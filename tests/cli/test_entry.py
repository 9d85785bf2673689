"""What every command does with arguments that nothing can be done with."""

import os

import pytest

from leakgan_tf.__main__ import main


def refused(capsys, *words):
    """The one line of a refusal."""
    assert main(["leakgan-tf", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


@pytest.mark.parametrize(
    "words",
    [
        ("generate", "--run_dir={}"),
        ("report", "--run_dir={}"),
        ("export", "--run_dir={}", "--out=model"),
        ("train", "--data={}"),
        ("evaluate", "--run_dir={}"),
        ("prepare", "--input={}", "--out=data"),
        ("prepare", "--midi={}", "--out=data"),
    ],
)
def test_a_name_of_300_letters_is_refused(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    name = "x" * 300
    assert name in refused(capsys, *(word.format(name) for word in words))
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_no_utf8_is_refused(capsys):
    line = refused(capsys, "prepare", f"--input={os.fsdecode(b'text' + bytes([255]))}", "--out=x")
    assert line == "error: the argument --input=text\\xff is not UTF-8: rename the file"


def test_messages_are_short_and_hide_nothing(capsys):
    line = refused(capsys, "generate", "--num=\x1b[31m" + "9" * 5000)
    assert "\\x1b[31m999" in line
    assert "\x1b" not in line
    assert len(line) < 1100
