"""What streams have read, and where they go on: no server, no I/O."""

import unittest

import grpc

from seedance_gateway import DataLoss, DownloadResult, Options, has_ended, v1
from seedance_gateway.errors import ConnectionFailed, Draining, GatewayError, ResumeTokenExpired
from seedance_gateway.retry import Attempts
from seedance_gateway.rpcs import WATCH_ASSET, WATCH_TASK
from seedance_gateway.streams import DownloadState, TasksState, WatchState

from .scripted import Task, snapshot

BROKEN = ConnectionFailed("Socket closed", grpc.StatusCode.UNAVAILABLE)


def attempts():
    return Attempts("Watch", Options(), None, stream=True)


def stale(fresh="fresh"):
    error = ResumeTokenExpired("stale", grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED")
    error.metadata = {"resume_token": fresh}
    return error


class WatchStateTest(unittest.TestCase):
    def setUp(self):
        self.state = WatchState(WATCH_TASK, "generationTasks/1", "")

    def test_it_goes_on_with_the_token_of_the_last_message(self):
        self.state.take(snapshot(Task.STATE_RUNNING, 5))
        self.state.take(v1.WatchGenerationTaskResponse(heartbeat=True, resume_token="beat"))
        self.assertEqual(self.state.request().resume_token, "beat")

    def test_no_revision_is_given_twice(self):
        self.assertEqual(len(self.state.take(snapshot(Task.STATE_RUNNING, 5))), 1)
        self.assertEqual(len(self.state.take(snapshot(Task.STATE_RUNNING, 5))), 0)
        self.assertEqual(len(self.state.take(snapshot(Task.STATE_RUNNING, 6))), 1)

    def test_it_is_done_with_a_terminal_state_and_not_with_an_unknown_one(self):
        self.state.take(snapshot(99, 5))
        self.assertFalse(self.state.done)
        self.state.take(snapshot(Task.STATE_SUCCEEDED, 6))
        self.assertTrue(self.state.done)
        self.assertEqual(self.state.final().revision, 6)

    def test_a_stale_token_begins_anew_at_once_and_takes_smaller_revisions(self):
        self.state.take(snapshot(Task.STATE_RUNNING, 500))
        self.assertIsNone(self.state.ended(stale(), attempts()))
        self.assertEqual(self.state.request().resume_token, "fresh")
        self.assertEqual(len(self.state.take(snapshot(Task.STATE_RUNNING, 3))), 1)

    def test_a_second_fresh_token_without_a_message_is_an_error(self):
        self.state.ended(stale(), attempts())
        self.assertIsNotNone(self.state.ended(stale("fresher"), attempts()))

    def test_the_token_of_a_trailer_is_not_taken_because_messages_before_it_may_be_lost(self):
        self.state.take(snapshot(Task.STATE_RUNNING, 5))
        error = Draining("away", grpc.StatusCode.UNAVAILABLE, "DRAINING")
        error.resume_token = "trailer"
        self.assertIs(self.state.ended(error, attempts()), error)
        self.assertEqual(self.state.request().resume_token, "token-5")

    def test_an_end_in_good_order_is_no_fruitless_try(self):
        error = Draining("away", grpc.StatusCode.UNAVAILABLE, "DRAINING")
        error.resume_token = "trailer"
        tries = attempts()
        for _ in range(100):
            tries.failed(self.state.ended(error, tries))

    def test_a_stream_that_ends_well_without_a_message_begins_with_the_current_state(self):
        state = WatchState(WATCH_TASK, "generationTasks/1", "behind the end")
        self.assertIsNotNone(state.ended(None, attempts()))
        self.assertEqual(state.request().resume_token, "")

    def test_without_an_end_there_is_no_final_snapshot(self):
        with self.assertRaises(GatewayError):
            self.state.final()

    def test_an_asset_ends_when_its_check_has(self):
        state = WatchState(WATCH_ASSET, "assets/1", "")
        state.take(v1.WatchAssetResponse(asset=v1.Asset(state=v1.Asset.STATE_PROCESSING, revision=1)))
        self.assertFalse(state.done)
        state.take(v1.WatchAssetResponse(asset=v1.Asset(state=v1.Asset.STATE_ACTIVE, revision=2)))
        self.assertTrue(state.done)
        self.assertTrue(has_ended(v1.Asset(state=v1.Asset.STATE_EXPIRED)))


class TasksStateTest(unittest.TestCase):
    def setUp(self):
        self.state = TasksState(v1.WatchGenerationTasksRequest())

    def take(self, *revisions, removed=(), synced=False, token=""):
        (changes,) = self.state.take(v1.WatchGenerationTasksResponse(
            generation_tasks=[Task(name=name, revision=revision) for name, revision in revisions],
            removed=removed, synced=synced, resume_token=token))
        return {change.name: change.task.revision if change.task else None for change in changes}

    def test_the_map_follows_changes_and_removals(self):
        self.assertEqual(self.take(("a", 1), ("b", 2), synced=True), {"a": 1, "b": 2})
        self.assertEqual(self.take(("a", 3), removed=["b", "never seen"]), {"a": 3, "b": None})
        self.assertEqual(list(self.state.tasks), ["a"])

    def test_what_vanished_while_a_stream_began_anew_is_removed_when_it_is_synced(self):
        self.take(("a", 1), ("b", 2), synced=True, token="t")
        self.assertIsNone(self.state.ended(stale(), attempts()))
        self.assertEqual(self.take(("a", 1)), {})
        self.assertIn("b", self.state.tasks)
        self.assertEqual(self.take(("c", 9), synced=True), {"c": 9, "b": None})

    def test_a_stream_that_broke_before_its_first_token_starts_over(self):
        self.take(("a", 1))
        self.state.ended(BROKEN, attempts())
        self.assertEqual(self.take(("b", 2), synced=True, token="t"), {"b": 2, "a": None})

    def test_a_stream_that_goes_on_removes_nothing(self):
        self.take(("a", 1), synced=True, token="t")
        self.state.ended(BROKEN, attempts())
        self.assertEqual(self.state.request().resume_token, "t")
        self.assertEqual(self.take(("b", 2), synced=True), {"b": 2})
        self.assertIn("a", self.state.tasks)


class DownloadStateTest(unittest.TestCase):
    def setUp(self):
        self.state = DownloadState("generationTasks/1", v1.DownloadGenerationResultRequest.PART_VIDEO)

    def take(self, data=b"", total=0):
        return self.state.take(v1.DownloadGenerationResultResponse(data=data, total_size_bytes=total))

    def test_it_goes_on_at_the_offset_reached(self):
        self.take(total=10)
        self.assertEqual(self.take(b"1234"), (b"1234",))
        self.assertIs(self.state.ended(BROKEN, attempts()), BROKEN)
        self.assertEqual(self.state.request().offset, 4)

    def test_all_bytes_are_the_end_whatever_the_status(self):
        self.take(b"1234567890", total=10)
        self.assertIsNone(self.state.ended(BROKEN, attempts()))
        self.assertTrue(self.state.done)
        self.assertEqual(self.state.result().sha256,
                         "c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646")

    def test_too_few_bytes_are_no_end(self):
        self.take(b"1", total=10)
        self.assertIsNotNone(self.state.ended(None, attempts()))
        self.assertFalse(self.state.done)

    def test_a_file_that_changed_is_an_error(self):
        self.take(total=10)
        with self.assertRaises(DataLoss):
            self.take(total=11)

    def test_more_bytes_than_announced_are_an_error(self):
        with self.assertRaises(DataLoss):
            self.take(b"12", total=1)

    def test_the_result_is_compared_with_what_the_gateway_knows(self):
        result = DownloadResult(2, "ab", "video/mp4")
        for known in (Task.Result(), Task.Result(size_bytes=2, sha256="ab")):
            result.check(Task(result=known))
        for known in (Task.Result(size_bytes=3), Task.Result(size_bytes=2, sha256="cd")):
            with self.assertRaises(DataLoss):
                result.check(Task(result=known))


if __name__ == "__main__":
    unittest.main()
