"""Options and fixtures of the test suite."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from pathlib import Path

HERE = Path(__file__).parent


def pytest_addoption(parser):
    parser.addoption(
        "--reference-dir",
        default=str(HERE / "reference"),
        help="folder of recorded values: leakgan_*.npz, seqgan_*.npz, oracle_*.npz",
    )
    parser.addoption("--fuzz-cases", type=int, default=500, help="cases of tests/fuzz")
    parser.addoption("--fuzz-seed", type=int, default=0, help="another seed gives other cases")


def pytest_generate_tests(metafunc):
    """Runs a test for every reference file that its fixture's kind names."""
    folder = Path(metafunc.config.getoption("--reference-dir"))
    for kind in ("leakgan", "seqgan", "oracle"):
        if f"{kind}_file" in metafunc.fixturenames:
            files = sorted(folder.glob(f"{kind}_*.npz"))
            metafunc.parametrize(f"{kind}_file", files, ids=[file.stem for file in files])
