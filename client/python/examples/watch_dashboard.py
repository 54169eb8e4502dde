#!/usr/bin/env python3
"""Shows all tasks of a label, and every change, until all of them have ended.

    python3 watch_dashboard.py 127.0.0.1:8443 --label shot=12
"""

import argparse
import asyncio
import collections
import os
import sys

from seedance_gateway import AsyncClient, GatewayError, Options, has_ended, v1


def line(tasks: "collections.abc.Mapping[str, v1.GenerationTask]") -> str:
    """How many tasks are in which state."""
    counts = collections.Counter(v1.GenerationTask.State.Name(task.state)[len("STATE_"):] for task in tasks.values())
    return "  ".join(f"{state} {count}" for state, count in sorted(counts.items())) or "no tasks"


async def dashboard(client: AsyncClient, labels: "dict[str, str]") -> None:
    async with client.watch_tasks(v1.WatchGenerationTasksRequest(labels=labels)) as live:
        await live.wait_synced()
        print(line(live.tasks), flush=True)
        while not all(has_ended(task) for task in live.tasks.values()):
            await live.__anext__()
            print(line(live.tasks), flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description="Shows the tasks of seedance-gateway.")
    parser.add_argument("endpoint", help="host:port of the gateway")
    parser.add_argument("--label", action="append", default=[], help="key=value; repeatable")
    asked = parser.parse_args()
    async with AsyncClient(Options(asked.endpoint, token=os.environ.get("SEEDANCE_TOKEN"))) as client:
        try:
            await dashboard(client, dict(one.split("=", 1) for one in asked.label))
        except GatewayError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    asyncio.run(main())
