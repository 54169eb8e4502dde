"""Watches and live maps of both clients, against a real server in the process."""

import asyncio
import gc
import threading
import unittest

import grpc

from seedance_gateway import AsyncClient, Client, GatewayError, Timeouts, v1
from seedance_gateway.errors import ConnectionFailed, DeadlineExceeded, ResourceNotFound

from .scripted import ClientCase, Seen, Task, each, failure, for_both, run_in_thread, settle, snapshot, stream

Code = grpc.StatusCode
NAME = "generationTasks/1"
RUNNING, SUCCEEDED = Task.STATE_RUNNING, Task.STATE_SUCCEEDED
BROKEN = failure(Code.UNAVAILABLE)


class Open:
    """A handler that sends messages, and then nothing until its call ends."""

    def __init__(self, *messages):
        self.messages, self.sent, self.ended = messages, threading.Event(), threading.Event()

    def __call__(self, request, context):
        context.add_callback(self.ended.set)
        yield from self.messages
        self.sent.set()
        self.ended.wait(60)


def tasks(*named, **fields):
    return v1.WatchGenerationTasksResponse(generation_tasks=[Task(name=name, revision=revision) for name, revision in named],
                                           **fields)


class Watches:
    async def revisions(self, seen, watch):
        """Revisions of all snapshots, counted one by one."""
        result = []
        async for task in each(watch):
            result.append(task.revision)
            seen.add()
        return result

    async def test_it_resumes_with_the_last_token_until_the_end(self):
        seen = Seen()
        drained = failure(Code.UNAVAILABLE, "DRAINING", retry_delay=0, trailers=[("resume-token", "trailer")])
        self.server.script["WatchGenerationTask"] = [
            stream(snapshot(RUNNING, 1), seen.then(1, BROKEN)), stream(failure(Code.INTERNAL)), stream(failure(Code.UNKNOWN)),
            stream(snapshot(RUNNING, 1), snapshot(RUNNING, 2), seen.then(2, drained)), stream(snapshot(SUCCEEDED, 3))]
        self.assertEqual(await self.revisions(seen, self.client.watch_task(NAME)), [1, 2, 3])
        self.assertEqual([one.resume_token for one in self.server.of("WatchGenerationTask")],
                         ["", "token-1", "token-1", "token-1", "token-2"])

    async def test_it_ends_once(self):
        self.server.script["WatchGenerationTask"] = [stream(snapshot(SUCCEEDED, 1), snapshot(SUCCEEDED, 2))]
        watch = self.client.watch_task(NAME)
        self.assertEqual([task.revision async for task in each(watch)], [1])
        self.assertEqual([task async for task in each(watch)], [])
        self.assertEqual(len(self.server.requests), 1)

    async def test_wait_returns_the_last_snapshot(self):
        self.server.script["WatchGenerationTask"] = [stream(snapshot(RUNNING, 1), snapshot(SUCCEEDED, 2))]
        self.assertEqual((await settle(self.client.watch_task(NAME).wait())).revision, 2)

    async def test_it_goes_on_where_another_watch_ended(self):
        self.server.script["WatchGenerationTask"] = [stream(snapshot(SUCCEEDED, 2))]
        watch = self.client.watch_task(NAME, resume_token="before")
        await settle(watch.wait())
        self.assertEqual((self.server.of("WatchGenerationTask")[0].resume_token, watch.resume_token), ("before", "token-2"))

    async def test_a_stale_token_begins_anew_with_the_fresh_one(self):
        seen = Seen()
        self.server.script["WatchGenerationTask"] = [
            stream(snapshot(RUNNING, 900), seen.then(1, BROKEN)),
            stream(failure(Code.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", metadata={"resume_token": "fresh"})),
            stream(snapshot(SUCCEEDED, 5))]
        self.assertEqual(await self.revisions(seen, self.client.watch_task(NAME)), [900, 5])
        self.assertEqual(self.server.of("WatchGenerationTask")[2].resume_token, "fresh")

    async def test_an_error_of_the_gateway_ends_it(self):
        self.server.script["WatchGenerationTask"] = [stream(failure(Code.NOT_FOUND, "RESOURCE_NOT_FOUND"))]
        with self.assertRaises(ResourceNotFound):
            await settle(self.client.watch_task(NAME).wait())

    async def test_it_gives_up_after_fruitless_tries(self):
        seen = Seen()
        self.server.script["WatchGenerationTask"] = [stream(snapshot(RUNNING, 1), seen.then(1, BROKEN)), stream(BROKEN)]
        with self.assertRaises(ConnectionFailed):
            await self.revisions(seen, self.client.watch_task(NAME))
        self.assertEqual(len(self.server.requests), 20)

    async def test_silence_counts_as_a_break(self):
        silent = Open(snapshot(RUNNING, 1))
        self.server.script["WatchGenerationTask"] = [silent, stream(snapshot(SUCCEEDED, 2))]
        client = self.connect(timeouts=Timeouts(idle=0.2))
        self.assertEqual((await settle(client.watch_task(NAME).wait())).revision, 2)
        self.assertTrue(await run_in_thread(lambda: silent.ended.wait(30)))

    async def test_its_time_limit_ends_it(self):
        self.server.script["WatchGenerationTask"] = [Open(snapshot(RUNNING, 1))]
        with self.assertRaises(DeadlineExceeded):
            await settle(self.client.watch_task(NAME, timeout=0.3).wait())

    async def test_an_asset_is_watched_likewise(self):
        asset = v1.Asset(name="assets/1", state=v1.Asset.STATE_ACTIVE, revision=1)
        self.server.script["WatchAsset"] = [stream(BROKEN), stream(v1.WatchAssetResponse(asset=asset))]
        self.assertEqual(await settle(self.client.watch_asset("assets/1").wait()), asset)

    async def test_to_leave_it_ends_the_call(self):
        handler = Open(snapshot(RUNNING, 1))
        self.server.script["WatchGenerationTask"] = [handler]
        watch = self.client.watch_task(NAME)
        async for _ in each(watch):
            break
        await settle(watch.close())
        self.assertTrue(await run_in_thread(lambda: handler.ended.wait(30)))


class LiveMaps:
    async def test_it_holds_what_the_stream_says_through_breaks(self):
        read = Seen()
        self.server.script["WatchGenerationTasks"] = [
            stream(tasks(("a", 1), ("b", 2), synced=True, resume_token="t"), read.then(2, BROKEN)),
            stream(tasks(("a", 3), removed=["b"], resume_token="u"), read.then(4, BROKEN)), Open()]
        live = self.client.watch_tasks(v1.WatchGenerationTasksRequest(labels={"shot": "12"}))
        seen = {}
        async for change in each(live):
            seen[change.name] = change.task
            read.add()
            if seen.get("a") and seen["a"].revision == 3 and "b" in seen and seen["b"] is None:
                break
        self.assertEqual({name: task.revision for name, task in live.tasks.items()}, {"a": 3})
        await settle(live.close())
        requests = self.server.of("WatchGenerationTasks")
        self.assertEqual([one.resume_token for one in requests][:2], ["", "t"])
        self.assertEqual({one.labels["shot"] for one in requests}, {"12"})

    async def test_it_is_synced_with_everything_that_matches(self):
        self.server.script["WatchGenerationTasks"] = [Open(tasks(("a", 1)), tasks(("b", 1), synced=True))]
        live = self.client.watch_tasks()
        await settle(live.wait_synced())
        self.assertEqual(sorted(live.tasks), ["a", "b"])
        await settle(live.close())

    async def test_a_slow_reader_gets_the_newest_change_of_each_task(self):
        handler = Open(*[tasks(("a", revision), synced=revision == 9) for revision in range(1, 10)])
        self.server.script["WatchGenerationTasks"] = [handler]
        live = self.client.watch_tasks()
        await settle(live.wait_synced())
        async for change in each(live):
            self.assertEqual(change.task.revision, 9)
            break
        await settle(live.close())

    async def test_its_error_reaches_the_reader(self):
        self.server.script["WatchGenerationTasks"] = [stream(failure(Code.NOT_FOUND, "RESOURCE_NOT_FOUND"))]
        live = self.client.watch_tasks()
        with self.assertRaises(ResourceNotFound):
            await settle(live.wait_synced())
        with self.assertRaises(ResourceNotFound):
            async for _ in each(live):
                pass
        await settle(live.close())

    async def test_closed_it_ends_its_call_and_its_iteration(self):
        handler = Open(tasks(("a", 1), synced=True))
        self.server.script["WatchGenerationTasks"] = [handler]
        live = self.client.watch_tasks()
        await settle(live.wait_synced())
        await settle(live.close())
        self.assertEqual([change async for change in each(live)], [])
        self.assertTrue(await run_in_thread(lambda: handler.ended.wait(30)))


class BlockingCancellation(ClientCase):
    kind = Client

    async def test_another_thread_closes_a_watch(self):
        handler = Open(snapshot(RUNNING, 1))
        self.server.script["WatchGenerationTask"] = [handler]
        watch = self.client.watch_task(NAME)
        reading = run_in_thread(lambda: list(watch))
        await run_in_thread(lambda: handler.sent.wait(30))
        watch.close()
        self.assertLessEqual(len(await reading), 1)
        with self.assertRaises(GatewayError):
            watch.wait()
        self.assertTrue(await run_in_thread(lambda: handler.ended.wait(30)))

    async def test_a_watch_that_is_dropped_ends_its_call(self):
        handler = Open(snapshot(RUNNING, 1))
        self.server.script["WatchGenerationTask"] = [handler]
        watch = self.client.watch_task(NAME)
        next(watch)
        del watch
        self.assertTrue(await run_in_thread(lambda: handler.ended.wait(30)))


class BlockingGarbage(ClientCase):
    """gRPC's calls that are left to the garbage collector can hang the exit of the interpreter."""

    kind = Client

    def setUp(self):
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

    def calls(self):
        return [one for one in gc.get_objects() if type(one).__name__ == "_MultiThreadedRendezvous"]

    async def test_a_watch_that_broke_and_ended_leaves_no_call(self):
        self.server.script["WatchGenerationTask"] = [stream(BROKEN), stream(snapshot(SUCCEEDED, 1))]
        self.client.watch_task(NAME).wait()
        self.assertEqual(self.calls(), [])

    async def test_a_watch_that_failed_leaves_no_call(self):
        self.server.script["WatchGenerationTask"] = [stream(failure(Code.NOT_FOUND, "RESOURCE_NOT_FOUND"))]
        with self.assertRaises(ResourceNotFound):
            self.client.watch_task(NAME).wait()
        self.assertEqual(self.calls(), [])


class AsyncioCancellation(ClientCase):
    kind = AsyncClient

    async def test_a_cancelled_task_ends_its_watch(self):
        handler = Open(snapshot(RUNNING, 1))
        self.server.script["WatchGenerationTask"] = [handler]
        reading = asyncio.create_task(self.client.watch_task(NAME).wait())
        await run_in_thread(lambda: handler.sent.wait(30))
        reading.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await reading
        self.assertTrue(await run_in_thread(lambda: handler.ended.wait(30)))

    async def test_a_live_map_that_is_closed_at_once_does_not_hang(self):
        self.server.script["WatchGenerationTasks"] = [Open()]
        live = self.client.watch_tasks()
        await live.close()
        self.assertEqual([change async for change in live], [])


globals().update(for_both(Watches), **for_both(LiveMaps))

if __name__ == "__main__":
    unittest.main()
