"""A checkpoint is written whole or not at all, and read whole or not at all."""

import errno
import json
import resource

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.optimizers import adam
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.checkpoint import PartialPhase, Progress
from leakgan_tf.systems import registry
from leakgan_tf.systems.registry import make_system
from leakgan_tf.utils.errors import UserError

PROGRESS = Progress(3, 7, 20, {"mle": 1.5}, {"position": 2, "nll": 4.0})


class Small:
    """One tiny model and its optimizer, every number in them distinct."""

    def __init__(self, seed, hidden=2):
        model = LSTMGenerator(3, 4, 2, hidden, seed=seed)
        model.build()
        optimizer = adam(0.01, 1e-8, model.trainable_variables, "small")
        random = np.random.default_rng(seed)
        for variable in optimizer.variables:
            variable.assign(random.integers(1, 1000, variable.shape))
        self.models, self.optimizers = {"generator": model}, {"generator": optimizer}

    def save(self, path, progress=PROGRESS):
        checkpoint.save(path, progress, self.models, self.optimizers)

    def restore(self, path):
        return checkpoint.restore(path, self.models, self.optimizers)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "checkpoint.npz"
    Small(seed=1).save(path)
    return path


def refuses(path, system, words=None):
    """Restoring fails with the path in one line, and nothing is assigned."""
    before = runs.state(system)
    with pytest.raises(UserError, match=words) as caught:
        checkpoint.restore(path, system.models, system.optimizers)
    assert str(path) in str(caught.value)
    assert runs.state(system) == before


@pytest.mark.parametrize("name", registry.find_systems())
def test_a_systems_weights_and_slots_come_back(tmp_path, name):
    one, other = (make_system(tiny(name, seed=seed), task=None) for seed in (1, 2))
    for optimizer in one.optimizers.values():
        for variable in optimizer.variables:
            variable.assign(np.random.default_rng(0).integers(1, 1000, variable.shape))
    assert runs.state(one) != runs.state(other)
    checkpoint.save(tmp_path / "c.npz", PROGRESS, one.models, one.optimizers)
    assert checkpoint.restore(tmp_path / "c.npz", other.models, other.optimizers) == PROGRESS
    assert runs.state(one) == runs.state(other)


def test_a_file_cut_anywhere_is_refused(saved):
    system, whole = Small(seed=2), saved.read_bytes()
    for size in [*range(0, len(whole), 97), len(whole) - 1]:
        saved.write_bytes(whole[:size])
        refuses(saved, system)


def test_a_flipped_byte_is_refused_or_changes_nothing(saved):
    system, whole, expected = Small(seed=2), saved.read_bytes(), runs.state(Small(seed=1))
    before, refused = runs.state(system), 0
    places = range(0, len(whole), 61)
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        saved.write_bytes(damaged)
        try:
            progress = system.restore(saved)
        except UserError as error:
            assert str(saved) in str(error)
            assert runs.state(system) == before
            refused += 1
        else:  # a byte without meaning: a date in the archive
            assert (progress, runs.state(system)) == (PROGRESS, expected)
            system = Small(seed=2)
    assert refused > 0.5 * len(places)


def test_every_damaged_weight_is_noticed(saved):
    """Bytes of the arrays themselves, where no structure of the file would give it away."""
    system, whole = Small(seed=2), saved.read_bytes()
    for array in runs.arrays(saved).values():
        place = whole.index(array.tobytes())
        damaged = bytearray(whole)
        damaged[place + array.nbytes // 2] ^= 1
        saved.write_bytes(damaged)
        refuses(saved, system, "damaged")


def test_files_of_other_kinds_are_refused(tmp_path):
    path, system = tmp_path / "checkpoint.npz", Small(seed=2)
    np.savez(path, x=np.zeros(3))
    refuses(path, system)
    np.savez(path, meta=np.frombuffer(b"[1, 2]", np.uint8))
    refuses(path, system)
    path.write_bytes(b"not an archive")
    refuses(path, system)
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))
    refuses(path, system)
    refuses(tmp_path, system)
    refuses(tmp_path / "missing.npz", system)


@pytest.mark.parametrize(
    "change", [{"kind": "another program"}, {"format": 0}, {"progress": {"unheard_of": 1}}]
)
def test_another_formats_checkpoint_is_refused(saved, change):
    with np.load(saved) as stored:
        content = {name: stored[name] for name in stored.files}
    meta = {**json.loads(content["meta"].tobytes()), **change}
    content["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(saved, **content)
    refuses(saved, Small(seed=2))


@pytest.mark.parametrize(
    ("writer", "reader"),
    [("mle", "seqgan"), ("seqgan", "mle"), ("mle", "leakgan"), ("seqgan", "rankgan")],
)
def test_another_systems_checkpoint_is_refused(tmp_path, writer, reader):
    path = tmp_path / "checkpoint.npz"
    system = make_system(tiny(writer), task=None)
    checkpoint.save(path, PROGRESS, system.models, system.optimizers)
    refuses(path, make_system(tiny(reader), task=None), "of another system")


def test_another_sizes_checkpoint_is_refused(saved):
    refuses(saved, Small(seed=2, hidden=3), "of other sizes")


def test_the_last_array_decides_too(tmp_path):
    """What is wrong at the very end still leaves the first weights alone."""
    one, other = Small(seed=1), Small(seed=2)
    for system, hidden in ((one, 2), (other, 3)):
        system.models["last"] = Small(seed=3, hidden=hidden).models["generator"]
        system.optimizers = {}
    one.save(tmp_path / "c.npz")
    refuses(tmp_path / "c.npz", other, "of other sizes")


def rebuilt(path, change):
    """Writes a checkpoint again, whole and well formed, with other content."""
    with np.load(path) as stored:
        content = {name: stored[name] for name in stored.files}
    change(content)
    np.savez(path, **content)


def add_one(content):
    name = next(name for name in content if name.startswith("models/"))
    content[name] = content[name] + 1


def swap(content):
    names = [name for name in content if name.endswith("lstm/kernel/momentum")]
    names += [name for name in content if name.endswith("lstm/kernel/velocity")]
    one, other = names
    content[one], content[other] = content[other], content[one]


def go_further(content):
    meta = json.loads(content["meta"].tobytes())
    meta["progress"]["position"] += 1
    content["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)


@pytest.mark.parametrize("change", [add_one, swap, go_further])
def test_a_rebuilt_checkpoint_is_refused(saved, change):
    rebuilt(saved, lambda content: None)
    assert Small(seed=2).restore(saved) == PROGRESS
    rebuilt(saved, change)
    refuses(saved, Small(seed=2), "does not match its digest")


def test_optimizer_state_has_names_that_no_order_changes(saved):
    """An optimizer whose slots are in another order gets the same state."""
    names = [name for name in runs.arrays(saved) if name.startswith("optimizers/")]
    assert "optimizers/generator/iteration" in names
    assert "optimizers/generator/generator/lstm/kernel/velocity" in names
    system = Small(seed=2)
    optimizer = system.optimizers["generator"]
    for slots in (optimizer._trainable_variables, optimizer._momentums, optimizer._velocities):
        slots.reverse()
    optimizer._variables.reverse()
    system.restore(saved)
    expected = {id(v): None for v in optimizer.variables}
    assert len(expected) == len(names)
    whole = Small(seed=1).optimizers["generator"]
    for slot in ("_momentums", "_velocities"):
        for one, other in zip(
            getattr(whole, slot), reversed(getattr(optimizer, slot)), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_names_do_not_depend_on_how_many_models_were_made_before(tmp_path):
    for name in ("one", "other"):
        make_system(tiny("seqgan"), task=None)
        system = make_system(tiny("seqgan"), task=None)
        checkpoint.save(tmp_path / f"{name}.npz", PROGRESS, system.models, system.optimizers)
    assert list(runs.arrays(tmp_path / "one.npz")) == list(runs.arrays(tmp_path / "other.npz"))


def test_two_variables_of_one_name_are_a_defect(tmp_path):
    system = Small(seed=1)
    kernel = system.models["generator"].projection.kernel
    kernel._path = system.models["generator"].projection.bias.path
    with pytest.raises(ValueError, match="the same name"):
        system.save(tmp_path / "c.npz")


def test_the_arrays_of_a_phase_come_back(tmp_path):
    system, data = Small(seed=1), (np.arange(6, dtype=np.int32).reshape(2, 3), np.zeros([0, 2]))
    partial = PartialPhase(5, {"loss": 0.1 + 0.2}, 1.5, data)
    system.save(tmp_path / "c.npz", Progress(1, 2, partial=partial))
    found = Small(seed=2).restore(tmp_path / "c.npz").partial
    assert (found.done, found.sums, found.seconds) == (5, {"loss": 0.1 + 0.2}, 1.5)
    for one, other in zip(found.data, data, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_sums_do_not_depend_on_how_many_updates_are_added_at_once():
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    sums = set()
    for count in (1, 7, 1000):
        partial = PartialPhase()
        for begin in range(0, 1000, count):
            some = values[begin : begin + count]
            partial.add({"loss": some}, len(some))
        sums.add(partial.sums["loss"])
        assert partial.done == 1000
        assert partial.means()["loss"] == pytest.approx(np.mean(values, dtype=np.float64))
    assert len(sums) == 1


def test_a_full_disk_leaves_the_old_checkpoint(saved, monkeypatch):
    def savez(stream, **arrays):
        stream.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    before = runs.files(saved.parent)
    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(UserError, match="No space left on device") as caught:
        Small(seed=2).save(saved)
    assert str(saved) in str(caught.value)
    assert runs.files(saved.parent) == before  # no temporary file either


def test_a_file_too_large_for_the_system_leaves_the_old_checkpoint(saved):
    """The operating system itself refuses to write on, in the middle of the archive."""
    before = runs.files(saved.parent)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(saved.read_bytes()) // 2, limits[1]))
    try:
        with pytest.raises(UserError, match="File too large") as caught:
            Small(seed=2).save(saved)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(saved) in str(caught.value)
    assert runs.files(saved.parent) == before
    assert Small(seed=3).restore(saved) == PROGRESS
