"""Commands that are killed at random moments end like undisturbed ones.

``--kills`` says how often each is killed, ``--kills-seed`` when. The program `helpers.kills` kills
the commands of every system.
"""

import random

import pytest

from helpers import kills


@pytest.mark.ci
@pytest.mark.parametrize("name", ["mle", "text-mle"])
def test_a_command_that_is_killed_ends_like_an_undisturbed_one(tmp_path, name, pytestconfig):
    count = pytestconfig.getoption("--kills")
    random_ = random.Random(f"{pytestconfig.getoption('--kills-seed')} {name}")
    case = kills.make_case(name, tmp_path)
    kills.undisturbed(case, tmp_path / "undisturbed")
    done = kills.torment(case, tmp_path / "killed", count, random_)
    assert [line for line in done if line["wrong"]] == []
    assert len(done) == count + 1
