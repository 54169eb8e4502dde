"""The blocking client."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, Optional, TypeVar, Union

import grpc

from seedance_gateway import v1
from seedance_gateway.errors import ConnectionFailed, GatewayError, from_rpc_error
from seedance_gateway.options import Options, metadata
from seedance_gateway.retry import Attempts
from seedance_gateway.rpcs import DOWNLOAD, UPLOAD_ASSET, WATCH_ASSET, WATCH_TASK, WATCH_TASKS, Blocking, Rpc, Unaries
from seedance_gateway.streams import (DownloadResult, DownloadState, StreamState, TaskChange, TasksState, WatchState)
from seedance_gateway.transfers import Progress, Sink, Source, Target, Upload

Item = TypeVar("Item")
Resource = TypeVar("Resource", bound=Union[v1.GenerationTask, v1.Asset])

_Download = v1.DownloadGenerationResultRequest


class _Control:
    """What the owner of a stream and the thread that runs it share."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self.call: Any = None
        self.reading_since: Optional[float] = None  # None: nothing is being read.
        self.silent = False

    def close(self) -> None:
        self.closing.set()
        self.cancel()

    def cancel(self) -> None:
        call = self.call
        if call is not None:
            call.cancel()


class _Watchdog:
    """Ends calls that are silent for too long, with one thread for all: gRPC can only limit a whole stream."""

    def __init__(self, idle: float) -> None:
        self._idle = idle
        self._lock = threading.Lock()
        self._watched: set[_Control] = set()
        self._running = False

    def add(self, control: _Control) -> None:
        with self._lock:
            self._watched.add(control)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="seedance-gateway-watchdog", daemon=True).start()

    def remove(self, control: _Control) -> None:
        with self._lock:
            self._watched.discard(control)

    def _run(self) -> None:
        while True:
            time.sleep(min(self._idle / 10, 1.0))
            now = time.monotonic()
            with self._lock:
                late = [one for one in self._watched if one.reading_since and now - one.reading_since > self._idle]
                if not self._watched:
                    self._running = False
                    return
            for one in late:
                one.silent = True
                one.cancel()


class Watch(Generic[Resource]):
    """Snapshots of one task or asset, the terminal one last. `close`, or the end of `with`, ends it."""

    def __init__(self, items: Iterator[Resource], state: WatchState[Resource], control: _Control) -> None:
        self._items, self._state, self._control = items, state, control

    @property
    def resume_token(self) -> str:
        """Where another watch of this resource goes on, also in another process."""
        return self._state.resume_token

    def __iter__(self) -> Watch[Resource]:
        return self

    def __next__(self) -> Resource:
        return next(self._items)

    def wait(self) -> Resource:
        """Reads to the end and returns the terminal snapshot. GatewayError: the watch failed, or was closed before."""
        for _ in self:
            pass
        return self._state.final()

    def close(self) -> None:
        """Ends the watch, from any thread; the task goes on."""
        self._control.close()

    def __enter__(self) -> Watch[Resource]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TasksWatch:
    """Many tasks as a live map, which a thread keeps up to date until `close`.

    Iterating gives the changes; one that nobody took in time is replaced by a newer one of its task. The iteration ends
    with `close`, and raises the error that ended the watch.
    """

    def __init__(self, batches: Iterator[list[TaskChange]], state: TasksState, control: _Control) -> None:
        self._state, self._control = state, control
        self._changed = threading.Condition()
        self._changes: dict[str, TaskChange] = {}
        self._ended = False
        self._error: Optional[Exception] = None
        threading.Thread(target=self._run, args=(batches,), name="seedance-gateway-tasks", daemon=True).start()

    @property
    def tasks(self) -> Mapping[str, v1.GenerationTask]:
        """The tasks that match now, by name: a copy of the map."""
        return dict(self._state.tasks)

    def wait_synced(self, timeout: Optional[float] = None) -> bool:
        """Waits until the map holds everything that matched at the beginning; False after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._state.synced or self._ended, timeout)
            if self._error is not None:
                raise self._error
            return self._state.synced

    def __iter__(self) -> TasksWatch:
        return self

    def __next__(self) -> TaskChange:
        with self._changed:
            self._changed.wait_for(lambda: self._changes or self._ended)
            if self._changes and not self._control.closing.is_set():
                return self._changes.pop(next(iter(self._changes)))
            if self._error is not None:
                raise self._error
            raise StopIteration

    def close(self) -> None:
        self._control.close()

    def __enter__(self) -> TasksWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, batches: Iterator[list[TaskChange]]) -> None:
        try:
            for batch in batches:
                with self._changed:
                    self._changes.update((change.name, change) for change in batch)
                    self._changed.notify_all()
        except Exception as error:  # Told to the reader.
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()


class Client(Unaries, Blocking):
    """Blocking client of seedance-gateway. Thread-safe; make one and share it, it holds one connection.

    The protos document each RPC. A method takes the whole request, or what most requests are about: a resource, a
    name. A mutating call gets a random `request_id` where it has none, and keeps it over its tries. All raise
    GatewayError. Connects with the first call.
    """

    def __init__(self, options: Union[Options, str] = Options()) -> None:
        """`options`, or only an endpoint `host:port`. OSError: a file of the options cannot be read."""
        self._options = options if isinstance(options, Options) else Options(options)
        self._credentials = self._options.credentials()
        self._watchdog = _Watchdog(self._options.timeouts.idle)
        self._lock = threading.Lock()
        self._channel: Optional[grpc.Channel] = None
        self._closed = False

    def close(self) -> None:
        """Ends all calls under way."""
        with self._lock:
            self._closed = True
            if self._channel is not None:
                self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def upload_asset(self, source: Source, asset: v1.Asset, *, file_name: str = "", reuse_content: bool = False,
                     on_progress: Optional[Progress] = None, request_id: str = "",
                     timeout: Optional[float] = None) -> v1.Asset:
        """Uploads a path, bytes or a binary stream, and reads on only as fast as the gateway takes it. A try that broke
        off is repeated from the beginning, unless `source` is a stream that cannot seek."""
        upload = Upload(source, asset, file_name, request_id, reuse_content, on_progress)
        attempts = upload.attempts(self._options, timeout)
        try:
            error: Optional[GatewayError] = None
            while True:
                number = upload.rewind(error)
                try:
                    return self._send(upload, number, attempts)
                except grpc.RpcError as broken:
                    error = from_rpc_error(broken, upload.request_id)
                time.sleep(attempts.failed(error))
        finally:
            upload.close()

    def watch_asset(self, name: str, *, resume_token: str = "", timeout: Optional[float] = None) -> Watch[v1.Asset]:
        """Follows an asset until it is ACTIVE, FAILED or EXPIRED, through restarts and broken networks."""
        state: WatchState[v1.Asset] = WatchState(WATCH_ASSET, name, resume_token)
        control = _Control()
        return Watch(self._stream(WATCH_ASSET, state, timeout, control), state, control)

    def watch_task(self, name: str, *, resume_token: str = "",
                   timeout: Optional[float] = None) -> Watch[v1.GenerationTask]:
        """Follows a task until it ends, through restarts of the gateway and broken networks."""
        state: WatchState[v1.GenerationTask] = WatchState(WATCH_TASK, name, resume_token)
        control = _Control()
        return Watch(self._stream(WATCH_TASK, state, timeout, control), state, control)

    def watch_tasks(self, request: Optional[v1.WatchGenerationTasksRequest] = None, *,
                    timeout: Optional[float] = None) -> TasksWatch:
        """Follows all tasks that match, as a live map, until it is closed."""
        state = TasksState(WATCH_TASKS.call(request).request)
        control = _Control()
        return TasksWatch(self._stream(WATCH_TASKS, state, timeout, control), state, control)

    def download(self, name: str, target: Sink, *, part: _Download.Part = _Download.PART_VIDEO,
                 on_progress: Optional[Progress] = None, timeout: Optional[float] = None) -> DownloadResult:
        """Writes a finished task's file to a path, by way of `<path>.part`, or to a binary stream. What broke off goes
        on at the offset reached. DataLoss: the bytes are not those of the file."""
        state, file = DownloadState(name, part), Target(target)
        stream = self._stream(DOWNLOAD, state, timeout, _Control())
        try:
            for data in stream:
                file.write(data)
                if on_progress is not None:
                    on_progress(state.offset, state.total)
            result = state.result()
            if part != _Download.PART_LAST_FRAME:
                result.check(self.get_task(name))
            file.commit()
            return result
        finally:
            file.close()
            stream.close()

    def _get_channel(self) -> grpc.Channel:
        with self._lock:
            if self._closed:
                raise ValueError("the client is closed")
            if self._channel is None:
                endpoint, arguments = self._options.endpoint, self._options.arguments()
                self._channel = (grpc.insecure_channel(endpoint, arguments) if self._credentials is None
                                 else grpc.secure_channel(endpoint, self._credentials, arguments))
            return self._channel

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        token = self._options.token() if callable(self._options.token) else self._options.token
        if token is not None and not isinstance(token, str):
            raise TypeError("Client needs a token function that returns str; AsyncClient takes an async one")
        return metadata(token)

    def _unary(self, rpc: Rpc[Any, Any, Any], given: Any, *, request_id: str = "",
               timeout: Optional[float] = None) -> Any:
        call = rpc.call(given, request_id)
        attempts = call.attempts(self._options, timeout)
        invoke = self._get_channel().unary_unary(rpc.path, rpc.request.SerializeToString, rpc.response.FromString)
        while True:
            try:
                return invoke(call.request, timeout=attempts.left(), metadata=self._metadata())
            except grpc.RpcError as error:
                failure = from_rpc_error(error, call.request_id)
            time.sleep(attempts.failed(failure))

    def _list(self, rpc: Rpc[Any, Any, Any], request: Any = None, *, timeout: Optional[float] = None) -> Iterator[Any]:
        request = rpc.call(request).request
        while True:
            page = self._unary(rpc, request, timeout=timeout)
            yield from getattr(page, rpc.field)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def _send(self, upload: Upload, number: int, attempts: Attempts) -> v1.Asset:
        """One try. Ends at once, without reading on, when the gateway has answered."""
        failure: list[Exception] = []

        def messages() -> Iterator[v1.UploadAssetRequest]:
            yield upload.first
            try:
                while chunk := upload.chunk(number):
                    yield v1.UploadAssetRequest(chunk=chunk)
                    upload.sent(number, len(chunk))
            except Exception as error:
                failure.append(error)
                call.cancel()  # A stream that is cut creates nothing; one that ends short might.

        invoke = self._get_channel().stream_unary(
            UPLOAD_ASSET.path, v1.UploadAssetRequest.SerializeToString, v1.Asset.FromString)
        call = invoke.future(messages(), timeout=attempts.left(), metadata=self._metadata())
        try:
            asset: v1.Asset = call.result()
            return asset
        except grpc.FutureCancelledError:
            raise (failure[0] if failure else GatewayError("the upload was cancelled", grpc.StatusCode.CANCELLED))
        finally:
            call.cancel()

    def _stream(self, rpc: Rpc[Any, Any, Any], state: StreamState[Any, Item], timeout: Optional[float],
                control: _Control) -> Generator[Item, None, None]:
        """Runs a stream over as many calls as it takes."""
        attempts = Attempts(rpc.name, self._options, timeout, stream=True)
        while not state.done and not control.closing.is_set():
            error: Optional[GatewayError] = None
            invoke = self._get_channel().unary_stream(
                rpc.path, rpc.request.SerializeToString, rpc.response.FromString)
            call: Any = invoke(state.request(), timeout=attempts.left(), metadata=self._metadata())
            control.call = call
            self._watchdog.add(control)
            try:
                while not state.done and not control.closing.is_set():
                    control.reading_since = time.monotonic()
                    try:
                        message = next(call)
                    finally:
                        control.reading_since = None
                    attempts.progressed()
                    yield from state.take(message)
            except StopIteration:
                pass
            except grpc.RpcError as broken:
                error = from_rpc_error(broken)
            finally:
                self._watchdog.remove(control)
                call.cancel()
                control.call = call = None
            if control.silent:
                control.silent = False
                error = ConnectionFailed("the stream was silent for too long", grpc.StatusCode.UNAVAILABLE)
            if state.done or control.closing.is_set():
                return
            again = state.ended(error, attempts)
            if again is not None:
                control.closing.wait(attempts.failed(again))
