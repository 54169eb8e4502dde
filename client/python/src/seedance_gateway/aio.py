"""The client for asyncio. It differs from `Client` in I/O alone."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from typing import Any, Generic, Optional, TypeVar, Union

import grpc

from seedance_gateway import v1
from seedance_gateway.errors import ConnectionFailed, GatewayError, from_rpc_error
from seedance_gateway.options import Options, metadata
from seedance_gateway.retry import Attempts
from seedance_gateway.rpcs import DOWNLOAD, UPLOAD_ASSET, WATCH_ASSET, WATCH_TASK, WATCH_TASKS, Awaiting, Rpc, Unaries
from seedance_gateway.streams import DownloadResult, DownloadState, StreamState, TaskChange, TasksState, WatchState
from seedance_gateway.transfers import Progress, Sink, Source, Target, Upload

Item = TypeVar("Item")
Resource = TypeVar("Resource", bound=Union[v1.GenerationTask, v1.Asset])

_Download = v1.DownloadGenerationResultRequest


_EOF: Any = getattr(grpc.aio, "EOF")  # Older type stubs lack it.
_WRITE_FAILED = "Internal error from Core"


def _status(call: Any) -> grpc.aio.AioRpcError:
    """The status of a call that has ended, now: its coroutines need not wait then."""
    def now(coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            coroutine.send(None)
        except StopIteration as done:
            return done.value
        raise RuntimeError("the call has not ended")

    return grpc.aio.AioRpcError(
        now(call.code()), grpc.aio.Metadata(), now(call.trailing_metadata()), now(call.details()))


async def _read(call: Any, idle: float) -> Any:
    """The next message. Before Python 3.12 asyncio.wait_for loses a cancellation that comes with the message."""
    reading = asyncio.ensure_future(call.read())
    try:
        if not (await asyncio.wait([reading], timeout=idle))[0]:
            raise ConnectionFailed("the stream was silent for too long", grpc.StatusCode.UNAVAILABLE)
        return reading.result()
    finally:
        reading.cancel()


class AsyncWatch(Generic[Resource]):
    """Snapshots of one task or asset, the terminal one last. Cancelling the asyncio task or `close` ends it."""

    def __init__(self, items: AsyncGenerator[Resource, None], state: WatchState[Resource]) -> None:
        self._items, self._state = items, state

    @property
    def resume_token(self) -> str:
        """Where another watch of this resource goes on, also in another process."""
        return self._state.resume_token

    def __aiter__(self) -> AsyncWatch[Resource]:
        return self

    async def __anext__(self) -> Resource:
        return await self._items.__anext__()

    async def wait(self) -> Resource:
        """Reads to the end and returns the terminal snapshot. GatewayError: the watch failed, or was closed before."""
        async for _ in self:
            pass
        return self._state.final()

    async def close(self) -> None:
        """Ends the watch, which nobody may be reading; the task goes on."""
        await self._items.aclose()

    async def __aenter__(self) -> AsyncWatch[Resource]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncTasksWatch:
    """Many tasks as a live map, which a task of asyncio keeps up to date until `close`.

    Iterating gives the changes; one that nobody took in time is replaced by a newer one of its task. The iteration ends
    with `close`, and raises the error that ended the watch.
    """

    def __init__(self, batches: AsyncGenerator[list[TaskChange], None], state: TasksState) -> None:
        self._state = state
        self._changes: dict[str, TaskChange] = {}
        self._wake = asyncio.Event()  # Set with every message, and at the end.
        self._runner = asyncio.create_task(self._run(batches))
        self._runner.add_done_callback(lambda _: self._wake.set())

    @property
    def tasks(self) -> Mapping[str, v1.GenerationTask]:
        """The tasks that match now, by name: a copy of the map."""
        return dict(self._state.tasks)

    async def wait_synced(self) -> None:
        """Waits until the map holds everything that matched at the beginning."""
        while not self._state.synced and not self._runner.done():
            self._wake.clear()
            await self._wake.wait()
        if self._runner.done() and not self._runner.cancelled():
            self._runner.result()

    def __aiter__(self) -> AsyncTasksWatch:
        return self

    async def __anext__(self) -> TaskChange:
        while not self._changes and not self._runner.done():
            self._wake.clear()
            await self._wake.wait()
        if self._changes:
            return self._changes.pop(next(iter(self._changes)))
        if not self._runner.cancelled():
            self._runner.result()
        raise StopAsyncIteration

    async def close(self) -> None:
        self._changes.clear()
        self._runner.cancel()
        await asyncio.wait([self._runner])
        if not self._runner.cancelled():
            self._runner.exception()  # Nobody waits for it any more.

    async def __aenter__(self) -> AsyncTasksWatch:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, batches: AsyncGenerator[list[TaskChange], None]) -> None:
        async for batch in batches:
            self._changes.update((change.name, change) for change in batch)
            self._wake.set()


class AsyncClient(Unaries, Awaiting):
    """Client of seedance-gateway for asyncio; make one in each event loop and share it, it holds one connection.

    As `Client`; cancelling the task that awaits a call ends the call.
    """

    def __init__(self, options: Union[Options, str] = Options()) -> None:
        """`options`, or only an endpoint `host:port`. OSError: a file of the options cannot be read."""
        self._options = options if isinstance(options, Options) else Options(options)
        self._credentials = self._options.credentials()
        self._channel: Optional[grpc.aio.Channel] = None
        self._closed = False

    async def close(self) -> None:
        """Ends all calls under way."""
        self._closed = True
        if self._channel is not None:
            await self._channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def upload_asset(self, source: Source, asset: v1.Asset, *, file_name: str = "", reuse_content: bool = False,
                           on_progress: Optional[Progress] = None, request_id: str = "",
                           timeout: Optional[float] = None) -> v1.Asset:
        """As that of `Client`. The source is read in a thread."""
        upload = Upload(source, asset, file_name, request_id, reuse_content, on_progress)
        attempts = upload.attempts(self._options, timeout)
        error: Optional[GatewayError] = None
        try:
            while True:
                number = upload.rewind(error)
                try:
                    return await self._send(upload, number, attempts)
                except grpc.RpcError as broken:
                    error = from_rpc_error(broken, upload.request_id)
                await asyncio.sleep(attempts.failed(error))
        finally:
            upload.close()

    def watch_asset(self, name: str, *, resume_token: str = "",
                    timeout: Optional[float] = None) -> AsyncWatch[v1.Asset]:
        """Follows an asset until it is ACTIVE, FAILED or EXPIRED, through restarts and broken networks."""
        state: WatchState[v1.Asset] = WatchState(WATCH_ASSET, name, resume_token)
        return AsyncWatch(self._stream(WATCH_ASSET, state, timeout), state)

    def watch_task(self, name: str, *, resume_token: str = "",
                   timeout: Optional[float] = None) -> AsyncWatch[v1.GenerationTask]:
        """Follows a task until it ends, through restarts of the gateway and broken networks."""
        state: WatchState[v1.GenerationTask] = WatchState(WATCH_TASK, name, resume_token)
        return AsyncWatch(self._stream(WATCH_TASK, state, timeout), state)

    def watch_tasks(self, request: Optional[v1.WatchGenerationTasksRequest] = None, *,
                    timeout: Optional[float] = None) -> AsyncTasksWatch:
        """Follows all tasks that match, as a live map, until it is closed. Called in a running event loop."""
        state = TasksState(WATCH_TASKS.call(request).request)
        return AsyncTasksWatch(self._stream(WATCH_TASKS, state, timeout), state)

    async def download(self, name: str, target: Sink, *, part: _Download.Part = _Download.PART_VIDEO,
                       on_progress: Optional[Progress] = None, timeout: Optional[float] = None) -> DownloadResult:
        """As that of `Client`. The target is written in a thread."""
        state, file = DownloadState(name, part), Target(target)
        stream = self._stream(DOWNLOAD, state, timeout)
        try:
            async for data in stream:
                await asyncio.to_thread(file.write, data)
                if on_progress is not None:
                    on_progress(state.offset, state.total)
            result = state.result()
            if part != _Download.PART_LAST_FRAME:
                result.check(await self.get_task(name))
            file.commit()
            return result
        finally:
            file.close()
            await stream.aclose()

    def _get_channel(self) -> grpc.aio.Channel:
        if self._closed:
            raise ValueError("the client is closed")
        if self._channel is None:
            endpoint, arguments = self._options.endpoint, self._options.arguments()
            self._channel = (grpc.aio.insecure_channel(endpoint, arguments) if self._credentials is None
                             else grpc.aio.secure_channel(endpoint, self._credentials, arguments))
        return self._channel

    async def _metadata(self) -> tuple[tuple[str, str], ...]:
        token = self._options.token() if callable(self._options.token) else self._options.token
        return metadata(await token if inspect.isawaitable(token) else token)

    async def _unary(self, rpc: Rpc[Any, Any, Any], given: Any, *, request_id: str = "",
                     timeout: Optional[float] = None) -> Any:
        call = rpc.call(given, request_id)
        attempts = call.attempts(self._options, timeout)
        invoke = self._get_channel().unary_unary(rpc.path, rpc.request.SerializeToString, rpc.response.FromString)
        while True:
            try:
                return await invoke(call.request, timeout=attempts.left(), metadata=await self._metadata())
            except grpc.RpcError as error:
                failure = from_rpc_error(error, call.request_id)
            await asyncio.sleep(attempts.failed(failure))

    async def _list(self, rpc: Rpc[Any, Any, Any], request: Any = None, *,
                    timeout: Optional[float] = None) -> AsyncIterator[Any]:
        request = rpc.call(request).request
        while True:
            page = await self._unary(rpc, request, timeout=timeout)
            for item in getattr(page, rpc.field):
                yield item
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def _send(self, upload: Upload, number: int, attempts: Attempts) -> v1.Asset:
        """One try. Ends at once, without reading on, when the gateway has answered."""
        invoke = self._get_channel().stream_unary(
            UPLOAD_ASSET.path, v1.UploadAssetRequest.SerializeToString, v1.Asset.FromString)
        call = invoke(timeout=attempts.left(), metadata=await self._metadata())
        answers: list[grpc.aio.AioRpcError] = []
        call.add_done_callback(lambda ended: answers.append(_status(ended)))
        try:
            try:
                await call.write(upload.first)
                while chunk := await asyncio.to_thread(upload.chunk, number):
                    await call.write(v1.UploadAssetRequest(chunk=chunk))
                    upload.sent(number, len(chunk))
                await call.done_writing()
            except (asyncio.InvalidStateError, grpc.RpcError):
                if not call.done():
                    raise
                # A write that fails because the gateway has answered: grpc.aio puts an error of its own in place of the
                # answer, before or after it.
                for _ in range(100):
                    if (answer := answers[0]).details() != _WRITE_FAILED or (
                            answer := _status(call)).details() != _WRITE_FAILED:
                        raise answer from None
                    await asyncio.sleep(0.01)
            asset: v1.Asset = await call  # Raises why the call ended early.
            return asset
        finally:
            call.cancel()  # A stream that is cut creates nothing; one that ends short might.

    async def _stream(self, rpc: Rpc[Any, Any, Any], state: StreamState[Any, Item],
                      timeout: Optional[float]) -> AsyncGenerator[Item, None]:
        """Runs a stream over as many calls as it takes."""
        attempts = Attempts(rpc.name, self._options, timeout, stream=True)
        while not state.done:
            error: Optional[GatewayError] = None
            invoke = self._get_channel().unary_stream(
                rpc.path, rpc.request.SerializeToString, rpc.response.FromString)
            call = invoke(state.request(), timeout=attempts.left(), metadata=await self._metadata())
            try:
                while not state.done:
                    message = await _read(call, self._options.timeouts.idle)
                    if message is _EOF:
                        break
                    attempts.progressed()
                    for item in state.take(message):
                        yield item
            except ConnectionFailed as silence:
                error = silence
            except grpc.RpcError as broken:
                error = from_rpc_error(broken)
            finally:
                call.cancel()
            if not state.done:
                again = state.ended(error, attempts)
                if again is not None:
                    await asyncio.sleep(attempts.failed(again))
