"""What becomes of workers when their parent does not get to say goodbye, and of careless scripts."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent

PARENT = """
import sys
from pathlib import Path
from trintena.jobs.executors.local import LocalExecutor
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock
from trintena.jobs.protocol import Reported, Task

folder = Path(sys.argv[1])
ExperimentLock(FileLocks(folder), 7).acquire()
executor = LocalExecutor(3, environment={}, retries=0)
executor.start()
for how in ("in C", "asleep", "deaf"):
    executor.submit(Task(how, "job_tasks:hold", {"path": str(folder / how), "how": how}))
for event in executor.events():
    if isinstance(event, Reported):
        print(event.key, flush=True)
"""

UNGUARDED = """
print("imported", flush=True)
from trintena.jobs.executors.local import LocalExecutor
from trintena.jobs.protocol import Finished, Task

executor = LocalExecutor(2, environment={})
executor.start()
executor.submit(Task(1, "job_tasks:add", {"left": 20, "right": 22}))
print([event.result for event in executor.events() if isinstance(event, Finished)])
executor.close()
"""


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_workers_and_the_lock_do_not_outlive_a_killed_parent(
    tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], env=environment, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        said = [parent.stdout.readline().decode().strip() for _ in range(4)]
        parent.send_signal(signal.SIGKILL)
    assert sorted(said) == ["asleep", "deaf", "deaf", "in C"]
    # At once: no worker has inherited the lock of the experiment.
    assert not is_locked(tmp_path / "experiment-7.lock")
    wait_until(lambda: not any(is_locked(tmp_path / how) for how in ("in C", "asleep", "deaf")), 5)


def test_an_unguarded_script_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    # What lies in the working directory is none of the workers' business.
    (tmp_path / "random.py").write_text("raise ImportError('taken from the working directory')")
    done = subprocess.run(
        [sys.executable, "-P", str(script)],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("imported\n[42]\n", "", 0)


def test_the_prompt_may_use_workers() -> None:
    done = subprocess.run(
        [sys.executable],
        input=UNGUARDED,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("imported\n[42]\n", "", 0)
