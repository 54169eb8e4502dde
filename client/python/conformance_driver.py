#!/usr/bin/env python3
"""Driver of the conformance suite (client/conformance/README.md): with --asyncio for AsyncClient, else for Client."""

import asyncio
import inspect
import io
import json
import sys
import time
import uuid

from seedance_gateway import AsyncClient, Client, GatewayError, Options, RetryPolicy, v1

State = v1.GenerationTask.State


def say(**what):
    print(json.dumps(what), flush=True)


def state_name(task):
    return State.Name(task.state)[len("STATE_"):]


class Noise(io.RawIOBase):
    """A source of bytes that are no picture, which counts what was read."""

    def __init__(self, size):
        self.size, self.at, self.most = size, 0, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset if whence == 0 else self.size
        return self.at

    def read(self, count=-1):
        count = min(count, self.size - self.at)
        self.at += count
        self.most = max(self.most, self.at)
        return b"\x55" * count


async def settle(value):
    """The result of either client."""
    return await value if inspect.isawaitable(value) else value


async def each(iterator):
    """The items of either client's iterator."""
    if hasattr(iterator, "__aiter__"):
        async for item in iterator:
            yield item
    else:
        for item in iterator:
            yield item


async def pause(client, seconds):
    if isinstance(client, AsyncClient):
        await asyncio.sleep(seconds)
    else:
        time.sleep(seconds)


async def create_group(client):
    return await settle(client.create_group(v1.AssetGroup(display_name=f"conformance {uuid.uuid4()}")))


async def watch(client, params):
    async for task in each(client.watch_task(params["name"])):
        say(event="snapshot", state=state_name(task), revision=task.revision)
        await pause(client, params.get("pause", 0))
    return {"name": task.name, "state": state_name(task)}


async def create(client, params):
    task = await settle(client.create_task(v1.GenerationTask(prompt=params.get("prompt", "a cat walks in the rain"))))
    return {"name": task.name}


async def generate(client, params):
    return await watch(client, {**params, **await create(client, params)})


async def download(client, params):
    result = await settle(client.download(params["name"], params["output"]))
    return {"size": result.size_bytes, "sha256": result.sha256}


async def job(client, params):
    group = await create_group(client)
    asset = await settle(client.upload_asset(params["file"], v1.Asset(asset_group=group.name, display_name="hero")))
    asset = await settle(client.watch_asset(asset.name).wait())
    task = await settle(client.create_task(v1.GenerationTask(
        prompt="@image1 walks in the rain", references=[v1.Reference(asset=asset.name)])))
    watched = await watch(client, {"name": task.name})
    return {"asset_state": v1.Asset.State.Name(asset.state)[len("STATE_"):], **watched,
            **await download(client, {**params, "name": task.name})}


async def upload(client, params):
    group = await create_group(client)
    source = params.get("file") or Noise(params["size"])
    say(event="ready")
    try:
        asset = await settle(client.upload_asset(source, v1.Asset(
            asset_group=group.name, display_name="hero", media_type=v1.MEDIA_TYPE_IMAGE), file_name="hero.png"))
    except GatewayError as error:
        return {"error": described(error), "read": source.most}
    return {"asset": asset.name}


async def tasks(client, params):
    live = client.watch_tasks()
    await settle(live.wait_synced())
    names = [(await create(client, params))["name"] for _ in range(params["count"])]
    async for change in each(live):
        say(event="change", state=state_name(change.task) if change.task else "")
        states = [state_name(live.tasks[name]) for name in names if name in live.tasks]
        if states.count("SUCCEEDED") == len(names):
            break
    await settle(live.close())
    return {"states": states}


async def errors(client, params):
    found = []
    for name in params["names"]:
        try:
            await settle(client.get_task(name))
        except GatewayError as error:
            found.append(described(error))
    return {"errors": found}


def described(error):
    return {"type": type(error).__name__, "reason": error.reason, "code": error.code.name, "message": error.message,
            "advice": error.advice, "retry_delay": error.retry_delay, "resource_name": error.resource_name,
            "upstream_code": error.metadata.get("upstream_code"),
            "violations": [[one.field, one.description] for one in error.violations]}


async def main():
    asked = json.loads(sys.stdin.readline())
    params = asked["params"]
    retry = RetryPolicy(attempts=params["attempts"]) if "attempts" in params else RetryPolicy()
    operation = globals().get(asked["operation"])
    if operation not in (job, create, generate, watch, tasks, upload, download, errors):
        return say(result={"unsupported": asked["operation"]})
    client = (AsyncClient if "--asyncio" in sys.argv else Client)(Options(asked["endpoint"], retry=retry))
    try:
        say(result=await operation(client, params))
    except GatewayError as error:
        say(result={"error": described(error)})
    finally:
        await settle(client.close())


if __name__ == "__main__":
    asyncio.run(main())
