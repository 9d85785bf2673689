"""Which devices and workers there are, as flags and TF_CONFIG say it; and what is refused."""

import json
import socket

import numpy as np
import pytest

from benchmarks import synthetic
from helpers.small import config
from leakgan_tf.cli import entry
from leakgan_tf.cli.device_flags import kept_by_the_chief
from leakgan_tf.training.distribution import Distribution, _meet
from leakgan_tf.training.placement import Placement, read_placement
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import TrainingError, UserError

CLUSTER = {"worker": ["b:1", "c:2"], "chief": ["a:3"]}


def read(strategy="multi_worker", devices=0, timeout=9.0, cluster=CLUSTER, task=("worker", 1)):
    job, index = task
    content = {"cluster": cluster, "task": {"type": job, "index": index}}
    return read_placement(strategy, devices, timeout, json.dumps(content))


@pytest.mark.parametrize(("task", "number"), [(("chief", 0), 0), (("worker", 0), 1)])
def test_the_chief_comes_first(task, number):
    placement = read(task=task)
    assert placement.workers == ("a:3", "b:1", "c:2")
    assert placement.names == ("chief 0", "worker 0", "worker 1")
    assert (placement.worker, placement.chief) == (number, number == 0)


def test_without_a_chief_the_first_worker_is():
    cluster = {"worker": ["b:1", "c:2"]}
    assert read(cluster=cluster, task=("worker", 0)).chief
    assert not read(cluster=cluster, task=("worker", 1)).chief


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"strategy": "some"}, "must be one of"),
        ({"devices": -1}, "--devices must"),
        ({"timeout": 0.0}, "--worker_timeout must be above 0"),
        ({"timeout": float("nan")}, "--worker_timeout must be above 0"),
        ({"timeout": float("inf")}, "at most 604800 seconds"),
        ({"timeout": 1e300}, "at most 604800 seconds"),
        ({"strategy": "none", "devices": 2}, "needs --strategy=mirrored"),
        ({"task": ("worker", 2)}, "no such task"),
        ({"task": ("evaluator", 0)}, "only a chief and workers"),
        ({"cluster": {**CLUSTER, "ps": ["d:4"]}}, "only a chief and workers"),
        ({"cluster": {"worker": ["b", "c:2"]}}, "'b' is not HOST:PORT"),
        ({"cluster": {"worker": ["b:0", "c:2"]}}, "'b:0' has a port that is not 1 to 65535"),
        ({"cluster": {"worker": ["b:99999", "c:2"]}}, "'b:99999' has a port"),
        ({"cluster": {"worker": ["b:²", "c:2"]}}, "'b:²' is not HOST:PORT"),
        ({"cluster": {"worker": "b:1"}}, "TF_CONFIG.cluster.worker must be a list, not 'b:1'"),
        ({"cluster": {"worker": [1]}}, r"TF_CONFIG.cluster.worker\[0\] must be text, not 1"),
        ({"cluster": 5}, "TF_CONFIG.cluster must be an object, not 5"),
        ({"task": ("worker", "x")}, "task is worker x, but its cluster has no such task"),
        ({"task": ("worker", None)}, "TF_CONFIG.task.index must be"),
    ],
)
def test_what_cannot_be_is_refused(changes, part):
    with pytest.raises(UserError, match=part):
        read(**changes)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", '{"cluster": {"worker": ["a:1"]}}', "[" * 10**5, '{"a":' * 10**5]
)
def test_a_cluster_must_be_given(text):
    with pytest.raises(UserError, match="TF_CONFIG"):
        read_placement("multi_worker", 0, 9.0, text)


def test_a_worker_waits_at_its_own_address_only(monkeypatch):
    listened, create = [], socket.create_server

    def recorded(address, **more):
        listened.append(address)
        return create((address[0], 0), **more)  # any free port

    monkeypatch.setattr(socket, "create_server", recorded)
    workers = ("127.0.0.1:54321", "127.0.0.1:1")
    placement = Placement("multi_worker", 0, workers, ("worker 0", "worker 1"), 0, timeout=0.01)
    with pytest.raises(TrainingError, match=r"no connection to worker 1 \(127\.0\.0\.1:1\) within"):
        _meet(placement)
    assert listened == [("127.0.0.1", 54321)]


def test_an_address_of_another_machine_is_refused():
    workers = ("192.0.2.1:54321", "127.0.0.1:1")  # of a network for documentation
    placement = Placement("multi_worker", 0, workers, ("worker 0", "worker 1"), 0, timeout=0.01)
    with pytest.raises(UserError, match=r"cannot listen on 192\.0\.2\.1 port 54321"):
        _meet(placement)


def test_tf_config_is_no_concern_of_other_strategies():
    assert read_placement("none", 0, 9.0, "{").workers == ()


def test_bad_flags_are_one_line_and_leave_no_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    words = ["synthetic", "--preset=smoke", f"--run_dir={tmp_path / 'run'}"]
    argv = [*words, "--strategy=multi_worker"]
    assert entry.run(synthetic.run, synthetic.define_flags(), argv, "") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "TF_CONFIG" in line
    assert not (tmp_path / "run").exists()


class Shared(Distribution):
    """Several replicas in name."""

    def __init__(self, replicas, placement=None):
        super().__init__()
        self.replicas = replicas
        self.placement = placement or self.placement


def test_batches_that_cannot_be_shared_are_refused():
    Shared(2).check(config(batch_size=4))
    with pytest.raises(UserError, match="batch_size 4 is not divisible by 3 replicas"):
        Shared(3).check(config(batch_size=4))
    with pytest.raises(UserError, match="goal_init"):
        Shared(2).check(config(batch_size=4, goal_init="per_row"))
    Shared(1).check(config(batch_size=4, goal_init="per_row"))


def test_workers_have_all_rows_of_a_batch_in_order():
    rows = np.arange(12)[::-1]
    own = [
        Shared(6, Placement("multi_worker", 0, ("a:1", "b:1", "c:1"), worker=number)).own_rows(rows)
        for number in range(3)
    ]
    np.testing.assert_array_equal(np.concatenate(own), rows)
    assert [len(each) for each in own] == [4, 4, 4]


def test_only_the_chief_keeps_the_folder(tmp_path, capsys):
    cluster = {"worker": ["b:1", "c:2"]}
    for number in range(2):
        with kept_by_the_chief(read(cluster=cluster, task=("worker", number)), tmp_path) as kept:
            print(f"told by {number}")
            assert (kept == tmp_path) == (number == 0)
            kept.mkdir(exist_ok=True)
    assert not kept.exists()
    assert capsys.readouterr().out == "told by 0\n"


def test_one_replica_adds_nothing():
    value = object()  # no tensor: nothing can be done to it
    for function in (
        distributed.all_reduce_sum,
        distributed.all_reduce_mean,
        distributed.gather,
        distributed.local_rows,
    ):
        assert function(value) is value
    assert distributed.all_reduce_gradients([value]) == [value]
    assert (distributed.count(), distributed.index(), distributed.local_batch_size(8)) == (1, 0, 8)
    assert distributed.run(None, lambda *args: args, 1, 2) == (1, 2)
