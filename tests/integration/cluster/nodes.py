"""A Ray cluster of several nodes on this machine, started by the tests as a program of its own.

Reads one JSON object a line, `{"num_cpus": 1}` for a further node, and answers each with the number of the
node's raylet process; the first answer, which nobody asks for, is of the head, with its addresses. Ends, with
all nodes, when its input does.
"""

from __future__ import annotations

import json
import os
import signal
import sys

# Everything listens on the loopback address alone. Read when Ray is imported.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_TMPDIR"] = sys.argv[1]  # also for the file that says where the cluster of a machine is

from ray.cluster_utils import Cluster

STORE_BYTES = 100_000_000


def main(num_cpus: int, resources: dict[str, float]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    head = {
        "num_cpus": num_cpus,
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
        # A node that is gone is missed within two seconds; Ray's own patience is a quarter of a minute.
        "_system_config": {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_timeout_ms": 500,
            "health_check_failure_threshold": 3,
        },
        **resources,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        tell({"address": cluster.address, "raylet": raylet_of(cluster.head_node)})
        for line in sys.stdin:
            node = cluster.add_node(object_store_memory=STORE_BYTES, **json.loads(line))
            tell({"raylet": raylet_of(node)})
    finally:
        cluster.shutdown()


def raylet_of(node: object) -> int:
    (raylet,) = node.all_processes["raylet"]
    return raylet.process.pid


def tell(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[2]), json.loads(sys.argv[3]))
