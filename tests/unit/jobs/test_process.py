from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trintena.errors import TrintenaError, UnknownNameError
from trintena.jobs.failures import TaskFailed, WorkerDied
from trintena.jobs.process import WorkerProcess
from trintena.settings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared_worker(tasks_are_importable: None) -> Iterator[WorkerProcess]:
    process = WorkerProcess(0, usable_cores()[0], {"FLAVOUR": "vanilla"}, warm="job_tasks:warm_up")
    yield process
    process.terminate()


@pytest.fixture
def worker(shared_worker: WorkerProcess) -> WorkerProcess:
    """A running worker, a fresh one where the last test ended it."""
    if shared_worker.pid is None:
        shared_worker.start()
    return shared_worker


def test_a_call_gives_the_result_of_the_function_after_the_warm_up(worker: WorkerProcess) -> None:
    assert worker.call("job_tasks:add", left=2, right=3) == 5
    assert worker.call("job_tasks:is_warm") is True
    assert worker.call("os:getpid") == worker.pid != os.getpid()


def test_arrays_travel_both_ways(worker: WorkerProcess) -> None:
    values = np.random.default_rng(0).standard_normal((500_000, 2))
    np.testing.assert_array_equal(worker.call("job_tasks:double", values=values), values * 2)


def test_the_child_is_pinned_single_threaded_and_given_its_environment(worker: WorkerProcess) -> None:
    names = ["FLAVOUR", "NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "HOME"]
    found = worker.call("job_tasks:surroundings", names=names)
    assert found["variables"] == {
        "FLAVOUR": "vanilla",
        "NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "HOME": os.environ.get("HOME"),
    }
    assert found["cores"] in (None, [worker.core])


def test_the_child_loads_nothing_heavy_by_itself() -> None:
    fresh = WorkerProcess(1)
    fresh.start()
    modules = fresh.call("job_tasks:surroundings", names=[])["modules"]
    fresh.terminate()
    assert not {"numpy", "jax", "keras", "pandas", "sqlalchemy"} & set(modules)


def test_the_child_inherits_one_connection_and_not_its_siblings(worker: WorkerProcess) -> None:
    sibling = WorkerProcess(1)
    sibling.start()
    found = sibling.call("job_tasks:surroundings", names=[])
    sibling.terminate()
    assert found["descriptors"] == [0, 1, 2, int(found["arguments"][1])]


def test_a_refusal_arrives_as_the_class_that_was_raised(worker: WorkerProcess) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown model 'gruu'\. Did you mean 'gru'\?") as caught:
        worker.call("job_tasks:refuse", name="gruu")
    assert (caught.value.field, caught.value.hint) == ("models", "Look again.")


def test_a_refusal_that_cannot_be_pickled_arrives_as_text(worker: WorkerProcess) -> None:
    with pytest.raises(TaskFailed, match="TrintenaError: no") as caught:
        worker.call("job_tasks:refuse_unpicklably")
    assert not isinstance(caught.value, TrintenaError)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("job_tasks:break_down", "^ZeroDivisionError: three over nothing$"),
        ("job_tasks:exit_quietly", "^SystemExit: 7$"),
        ("job_tasks:no_such_thing", "AttributeError: .*no_such_thing"),
        ("no_such_module:f", "ModuleNotFoundError: .*no_such_module"),
        ("job_tasks", "ValueError: Expected a function as 'package.module:function', got 'job_tasks'"),
        ("job_tasks:return_a_lambda", "return_a_lambda.<locals>.<lambda>"),
    ],
)
def test_any_other_exception_arrives_as_text(worker: WorkerProcess, function: str, message: str) -> None:
    with pytest.raises(TaskFailed, match=message) as caught:
        worker.call(function)
    assert caught.value.traceback_text.startswith("Traceback")
    assert worker.call("job_tasks:add", left=1, right=1) == 2  # and the worker goes on


def test_arguments_that_cannot_be_pickled_are_refused(worker: WorkerProcess) -> None:
    with pytest.raises(TaskFailed, match="lambda"):
        worker.call("job_tasks:add", left=lambda: 0, right=1)


def test_a_failed_warm_up_is_told_by_the_first_call() -> None:
    worker = WorkerProcess(0, warm="job_tasks:fail_to_warm_up")
    worker.start()
    with pytest.raises(TaskFailed, match="ImportError: no such accelerator"):
        worker.call("job_tasks:pid")
    assert worker.pid is None


def test_an_interrupt_does_not_reach_the_child(worker: WorkerProcess) -> None:
    pid = worker.call("job_tasks:pid")
    os.kill(pid, signal.SIGINT)
    assert os.getpgid(pid) != os.getpgid(0)  # where the terminal would send it
    assert worker.call("job_tasks:pid") == pid


def test_output_of_the_child_garbles_nothing_and_never_blocks_it(
    worker: WorkerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    worker.call("job_tasks:chatter", n_bytes=1_000_000)
    assert capfd.readouterr() == ("", "")


def test_a_killed_worker_says_so_with_the_last_words_of_that_call(worker: WorkerProcess) -> None:
    worker.call("job_tasks:chatter", n_bytes=10)
    with pytest.raises(WorkerDied) as caught:
        worker.call("job_tasks:kill_self", number=int(signal.SIGKILL), last_words="out of\nmemory soon")
    assert str(caught.value) == (
        "the worker process was killed (signal 9), perhaps for lack of memory; "
        "the last it wrote: out of | memory soon"
    )
    assert caught.value.exit_code == -signal.SIGKILL


def test_a_crash_in_native_code_leaves_its_stack(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerDied, match=f"was ended by signal {int(signal.SIGSEGV)} ") as caught:
        worker.call("job_tasks:read_address_zero")
    assert "read_address_zero" in caught.value.log


def test_a_worker_that_ended_refuses_calls_until_it_is_started_again(worker: WorkerProcess) -> None:
    worker.terminate()
    with pytest.raises(WorkerDied, match="not running"):
        worker.call("job_tasks:pid")
    worker.start()
    assert worker.call("job_tasks:pid") == worker.pid


def test_terminate_ends_a_child_that_is_deaf_to_sigterm(worker: WorkerProcess) -> None:
    pid = worker.call("job_tasks:pid")
    worker.call("signal:signal", signalnum=int(signal.SIGTERM), handler=int(signal.SIG_IGN))
    worker.terminate(grace_s=0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_terminate_from_another_thread_ends_a_call(worker: WorkerProcess) -> None:
    worker.call("job_tasks:pid")
    threading.Timer(0.1, worker.terminate).start()
    with pytest.raises(WorkerDied, match="ended by"):
        worker.call("job_tasks:sleep", seconds=60)


def test_an_interrupted_call_never_answers_the_next_one(worker: WorkerProcess) -> None:
    worker.call("job_tasks:pid")

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            worker.call("job_tasks:sleep", seconds=60)
    finally:
        signal.signal(signal.SIGALRM, before)
    worker.start()
    assert worker.call("job_tasks:add", left=1, right=2) == 3


def test_resident_memory_is_measured_in_bytes(worker: WorkerProcess) -> None:
    worker.call("job_tasks:pid")
    before = worker.resident_bytes()
    worker.call("job_tasks:grow", n_bytes=50_000_000)
    assert 45_000_000 < worker.resident_bytes() - before < 80_000_000
    worker.terminate()
    assert worker.resident_bytes() == 0


def test_calls_of_several_threads_queue_up(worker: WorkerProcess) -> None:
    sums: list[int] = []
    threads = [
        threading.Thread(target=lambda i=i: sums.append(worker.call("job_tasks:add", left=i, right=0)))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == list(range(8))


def test_nothing_is_left_of_a_worker_that_was_killed_started_anew_and_ended(nothing_is_left: None) -> None:
    worker = WorkerProcess(0)
    worker.start()
    with pytest.raises(WorkerDied):
        worker.call("job_tasks:kill_self", number=int(signal.SIGKILL))
    worker.start()
    worker.start()
    worker.terminate()
    worker.terminate()
    assert worker.pid is None
