"""Uploads and downloads of both clients, against a real server in the process."""

import hashlib
import io
import os
import tempfile
import threading
import unittest

import grpc

from seedance_gateway import DataLoss, v1
from seedance_gateway.errors import ConnectionFailed, InvalidInput, TransferTooSlow
from seedance_gateway.transfers import Upload

from .scripted import Task, failure, for_both, run_in_thread, settle, stream

Code = grpc.StatusCode
DATA = bytes(range(256)) * 4096  # 1 MiB
ASSET = v1.Asset(asset_group="assetGroups/1", display_name="hero")


class Taker:
    """Takes an upload, or fails after some messages."""

    def __init__(self, fail_after=None, error=failure(Code.UNAVAILABLE)):
        self.metadata, self.data, self.fail_after, self.error = None, b"", fail_after, error

    def __call__(self, requests, context):
        for number, request in enumerate(requests):
            if number == self.fail_after:
                self.error(None, context)
            if request.HasField("metadata"):
                self.metadata = request.metadata
            self.data += request.chunk
        return v1.Asset(name="assets/1")


class Cut:
    """Takes an upload and answers only when its caller has given it up: a whole upload would wait for the answer."""

    def __init__(self):
        self.given_up = threading.Event()

    def __call__(self, requests, context):
        active = context.add_callback(self.given_up.set)
        try:
            for _ in requests:
                pass
        except grpc.RpcError:
            pass
        if not active or self.given_up.wait(60):
            self.given_up.set()
        return v1.Asset(name="assets/1")


class Endless(io.RawIOBase):
    """A stream without an end, which counts what was read."""

    count = 0

    def read(self, size=-1):
        self.count += size
        return bytes(size)


class Pipe(io.BytesIO):
    def seekable(self):
        return False


class Failing(io.BytesIO):
    def read(self, size=-1):
        if self.tell() > 0:
            raise OSError("the disk is gone")
        return super().read(size)


class Uploads:
    def setUp(self):
        self.folder = self.enter(tempfile.TemporaryDirectory())
        self.path = os.path.join(self.folder, "hero.png")
        with open(self.path, "wb") as file:
            file.write(DATA)

    def enter(self, context):
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    async def test_a_path_bytes_and_a_stream_are_sent_whole(self):
        for source, name, file_name in ((self.path, "hero.png", ""), (DATA, "hero", ""), (io.BytesIO(DATA), "x.png", "x.png")):
            taker = Taker()
            self.server.script["UploadAsset"] = [taker]
            steps = []
            asset = await settle(self.client.upload_asset(
                source, ASSET, file_name=file_name, reuse_content=True, on_progress=lambda *step: steps.append(step)))
            self.assertEqual((asset.name, taker.data == DATA), ("assets/1", True))
            self.assertEqual((taker.metadata.file_name, taker.metadata.size_bytes, taker.metadata.reuse_content,
                              len(taker.metadata.request_id)), (name, len(DATA), True, 36))
            self.assertEqual((steps[0], steps[-1]), ((0, len(DATA)), (len(DATA), len(DATA))))

    async def test_a_try_that_broke_off_begins_anew_with_the_same_request_id(self):
        broken, whole = Taker(fail_after=3), Taker()
        self.server.script["UploadAsset"] = [broken, whole]
        await settle(self.client.upload_asset(self.path, ASSET))
        self.assertEqual(whole.data, DATA)
        self.assertEqual(broken.metadata.request_id, whole.metadata.request_id)

    async def test_a_slow_transfer_is_repeated(self):
        slow = Taker(1, failure(Code.ABORTED, "TRANSFER_TOO_SLOW", retry_delay=0.001))
        self.server.script["UploadAsset"] = [slow, Taker()]
        await settle(self.client.upload_asset(DATA, ASSET))
        self.server.script["UploadAsset"] = [Taker(1, failure(Code.ABORTED, "TRANSFER_TOO_SLOW"))]
        with self.assertRaises(TransferTooSlow):
            await settle(self.client.upload_asset(DATA, ASSET))

    async def test_a_stream_goes_on_from_where_it_stood(self):
        source = io.BytesIO(b"skip" + DATA)
        source.seek(4)
        broken, whole = Taker(fail_after=2), Taker()
        self.server.script["UploadAsset"] = [broken, whole]
        await settle(self.client.upload_asset(source, ASSET))
        self.assertEqual((whole.data == DATA, whole.metadata.size_bytes), (True, len(DATA)))
        self.assertFalse(source.closed)

    async def test_a_stream_that_cannot_seek_is_sent_once(self):
        self.server.script["UploadAsset"] = [Taker(fail_after=2), Taker()]
        with self.assertRaises(ConnectionFailed):
            await settle(self.client.upload_asset(Pipe(DATA), ASSET))

    async def test_a_refusal_ends_the_reading(self):
        self.server.script["UploadAsset"] = [failure(Code.INVALID_ARGUMENT, "INVALID_INPUT")]
        source = Endless()
        with self.assertRaises(InvalidInput):
            await settle(self.client.upload_asset(source, ASSET))
        self.assertLess(source.count, 32 << 20)

    async def test_a_source_that_fails_creates_nothing(self):
        cut = Cut()
        self.server.script["UploadAsset"] = [cut]
        with self.assertRaisesRegex(OSError, "the disk is gone"):
            await settle(self.client.upload_asset(Failing(DATA), ASSET, timeout=40))
        self.assertTrue(await run_in_thread(lambda: cut.given_up.wait(30)))

    async def test_a_path_that_cannot_be_read_makes_no_call(self):
        with self.assertRaises(FileNotFoundError):
            await settle(self.client.upload_asset(os.path.join(self.folder, "none"), ASSET))
        self.assertEqual(self.server.metadata, [])


class UploadTest(unittest.TestCase):
    def test_a_try_that_is_over_reads_nothing_of_the_next_one(self):
        steps = []
        upload = Upload(io.BytesIO(DATA), ASSET, "", "", False, lambda *step: steps.append(step))
        old = upload.rewind(None)
        self.assertEqual(len(upload.chunk(old)), 256 * 1024)
        new = upload.rewind(None)
        self.assertEqual(upload.chunk(old), b"")
        upload.sent(old, 10)
        self.assertEqual(b"".join(iter(lambda: upload.chunk(new), b"")), DATA)
        self.assertEqual(steps, [(0, len(DATA)), (0, len(DATA))])


def first(total=len(DATA)):
    return v1.DownloadGenerationResultResponse(total_size_bytes=total, content_type="video/mp4")


def data(begin, end):
    return v1.DownloadGenerationResultResponse(data=DATA[begin:end])


class Downloads:
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "video.mp4")
        self.folder = folder.name

    def serve(self, *handlers, sha256=""):
        self.server.script["DownloadGenerationResult"] = list(handlers)
        self.server.script["GetGenerationTask"] = [Task(result=Task.Result(sha256=sha256))]

    async def test_it_goes_on_at_the_offset_and_renames_the_file_at_the_end(self):
        half = len(DATA) // 2
        self.serve(stream(first(), data(0, half), failure(Code.UNAVAILABLE)), stream(first(), data(half, None)),
                   sha256=hashlib.sha256(DATA).hexdigest())
        steps = []
        result = await settle(self.client.download("generationTasks/1", self.path, on_progress=lambda *step: steps.append(step)))
        self.assertEqual([one.offset for one in self.server.of("DownloadGenerationResult")], [0, half])
        self.assertEqual((result.size_bytes, result.content_type), (len(DATA), "video/mp4"))
        self.assertEqual(steps, [(half, len(DATA)), (len(DATA), len(DATA))])
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), DATA)
        self.assertEqual(os.listdir(self.folder), ["video.mp4"])

    async def test_a_stream_may_be_the_target(self):
        self.serve(stream(first(), data(0, None)))
        target = io.BytesIO()
        result = await settle(self.client.download("generationTasks/1", target))
        self.assertEqual((target.getvalue() == DATA, result.sha256), (True, hashlib.sha256(DATA).hexdigest()))

    async def test_another_hash_is_an_error_and_leaves_no_file(self):
        self.serve(stream(first(), data(0, None)), sha256="00")
        with self.assertRaises(DataLoss):
            await settle(self.client.download("generationTasks/1", self.path))
        self.assertEqual(os.listdir(self.folder), [])

    async def test_an_error_leaves_the_file_that_was_there(self):
        with open(self.path, "wb") as file:
            file.write(b"before")
        self.serve(stream(first(), data(0, 10), failure(Code.FAILED_PRECONDITION, "RESULT_EXPIRED")))
        with self.assertRaises(Exception) as raised:
            await settle(self.client.download("generationTasks/1", self.path))
        self.assertEqual(raised.exception.reason, "RESULT_EXPIRED")
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), b"before")
        self.assertEqual(os.listdir(self.folder), ["video.mp4"])

    async def test_a_target_that_fails_ends_the_call(self):
        class Full(io.BytesIO):
            def write(self, data):
                raise OSError("no space left")

        ended = threading.Event()

        def endless(request, context):
            context.add_callback(ended.set)
            yield first()
            yield data(0, 100)
            ended.wait(60)

        self.serve(endless)
        with self.assertRaisesRegex(OSError, "no space left"):
            await settle(self.client.download("generationTasks/1", Full()))
        self.assertTrue(await run_in_thread(lambda: ended.wait(30)))

    async def test_a_file_of_unknown_size_ends_with_ok(self):
        self.serve(stream(first(0), data(0, 100)))
        self.assertEqual((await settle(self.client.download("generationTasks/1", self.path))).size_bytes, 100)


globals().update(for_both(Uploads), **for_both(Downloads))

if __name__ == "__main__":
    unittest.main()
