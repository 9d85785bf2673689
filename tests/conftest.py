"""Options and fixtures of the test suite."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from pathlib import Path

HERE = Path(__file__).parent
KINDS = ("leakgan", "seqgan", "oracle", "cot", "relgan", "rankgan")


def pytest_addoption(parser):
    parser.addoption(
        "--reference-dir",
        default=str(HERE / "reference"),
        help="folder of recorded values: KIND_*.npz for " + ", ".join(KINDS),
    )
    parser.addoption("--fuzz-cases", type=int, default=500, help="cases of tests/fuzz")
    parser.addoption("--kills", type=int, default=2, help="kills of each command in test_kills.py")
    parser.addoption("--kills-seed", type=int, default=0, help="another seed: other moments")
    parser.addoption("--fuzz-seed", type=int, default=0, help="another seed gives other cases")


def pytest_generate_tests(metafunc):
    """Runs a test for every reference file that its fixture's kind names."""
    folder = Path(metafunc.config.getoption("--reference-dir"))
    for kind in KINDS:
        if f"{kind}_file" in metafunc.fixturenames:
            files = sorted(folder.glob(f"{kind}_*.npz"))
            metafunc.parametrize(f"{kind}_file", files, ids=[file.stem for file in files])
