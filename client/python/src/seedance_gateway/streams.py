"""What streams have read so far, and where they go on after a break. No I/O: each client runs the calls itself."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Generic, Optional, Protocol, TypeVar, Union

import grpc
from google.protobuf.message import Message

from seedance_gateway import v1
from seedance_gateway.rpcs import Rpc
from seedance_gateway.errors import ConnectionFailed, DataLoss, GatewayError
from seedance_gateway.retry import Attempts

Resource = TypeVar("Resource", bound=Union[v1.GenerationTask, v1.Asset])
Req = TypeVar("Req", bound=Message)
Msg = TypeVar("Msg", bound=Message)
Msg_contra = TypeVar("Msg_contra", contravariant=True)
Item_co = TypeVar("Item_co", covariant=True)

_TASK_ENDS = frozenset((
    v1.GenerationTask.STATE_SUCCEEDED, v1.GenerationTask.STATE_FAILED, v1.GenerationTask.STATE_CANCELLED,
    v1.GenerationTask.STATE_EXPIRED, v1.GenerationTask.STATE_LOST))
_ASSET_ENDS = frozenset((v1.Asset.STATE_ACTIVE, v1.Asset.STATE_FAILED, v1.Asset.STATE_EXPIRED))


def has_ended(resource: Union[v1.GenerationTask, v1.Asset]) -> bool:
    """Whether a task has ended, or an asset's check has. States that this release does not know count as not ended."""
    return resource.state in (_TASK_ENDS if isinstance(resource, v1.GenerationTask) else _ASSET_ENDS)


class StreamState(Protocol[Msg_contra, Item_co]):
    """What a client needs to run one stream over as many calls as it takes."""

    done: bool  # No further message is needed.

    def request(self) -> Message:
        """Of the next call."""

    def take(self, message: Msg_contra) -> Sequence[Item_co]:
        """What the message gives to the reader. Raises GatewayError when the messages do not fit together."""

    def ended(self, error: Optional[GatewayError], attempts: Attempts) -> Optional[GatewayError]:
        """After the end of a call, None: with OK. Returns why there has to be another one; None: at once, or `done`."""


class _Resuming:
    """The token of the last message read, or the fresh one of OUT_OF_RANGE."""

    def __init__(self, token: str) -> None:
        self.resume_token = token
        self._refreshed = False  # One fresh token without a message between is enough; a second would mean a loop.

    def read(self, token: str) -> None:
        self.resume_token = token or self.resume_token
        self._refreshed = False

    def start_over(self) -> None:
        """What comes from now on does not compare with what came before."""

    def ended(self, error: GatewayError, attempts: Attempts) -> Optional[GatewayError]:
        fresh = error.metadata.get("resume_token", "") if error.code == grpc.StatusCode.OUT_OF_RANGE else ""
        if fresh and not self._refreshed:
            self.resume_token, self._refreshed = fresh, True
            self.start_over()
            return None
        if error.code == grpc.StatusCode.UNAVAILABLE and error.resume_token:
            # The gateway sends its readers elsewhere. The token of its trailer is not taken: with an error gRPC drops
            # the messages that nobody has read yet, and that token stands behind them.
            attempts.progressed()
        return error


class WatchState(_Resuming, Generic[Resource]):
    """A task or an asset until its end: each revision once, the last one always."""

    def __init__(self, rpc: Rpc[Req, str, Msg], name: str, token: str) -> None:
        super().__init__(token)
        self.done = False
        self.last: Optional[Resource] = None
        self._rpc, self._name, self._revision = rpc, name, 0

    def final(self) -> Resource:
        """The terminal snapshot. GatewayError: the watch was closed before it came."""
        if self.last is None or not self.done:
            raise GatewayError("the watch was closed", grpc.StatusCode.CANCELLED)
        return self.last

    def request(self) -> Message:
        return self._rpc.request(name=self._name, resume_token=self.resume_token)

    def take(self, message: Union[v1.WatchGenerationTaskResponse, v1.WatchAssetResponse]) -> Sequence[Resource]:
        self.read(message.resume_token)
        field = "generation_task" if isinstance(message, v1.WatchGenerationTaskResponse) else "asset"
        if not message.HasField(field):
            return ()
        resource: Resource = getattr(message, field)
        self.done = has_ended(resource)
        if resource.revision and resource.revision <= self._revision:
            return ()
        self._revision, self.last = resource.revision, resource
        return (resource,)

    def start_over(self) -> None:
        self._revision = 0

    def ended(self, error: Optional[GatewayError], attempts: Attempts) -> Optional[GatewayError]:
        if error is None:
            # The token was given out behind the terminal state: without one the stream begins with that state.
            self.resume_token = ""
            return ConnectionFailed("the stream ended before the last message", grpc.StatusCode.UNAVAILABLE)
        return super().ended(error, attempts)


@dataclasses.dataclass(frozen=True)
class TaskChange:
    """What became of one task of a live map."""

    name: str
    task: Optional[v1.GenerationTask]  # None: it no longer matches the filter, or was deleted.


class TasksState(_Resuming):
    """Many tasks as a map that each message brings up to date. Gives the changes of a message as one list."""

    def __init__(self, request: v1.WatchGenerationTasksRequest) -> None:
        super().__init__(request.resume_token)
        self.done = False
        self.synced = False  # Everything that matched when the stream began is in the map; stays true through breaks.
        self.tasks: dict[str, v1.GenerationTask] = {}
        self._request = request
        self._stale: set[str] = set()  # Names that a stream which began anew has not confirmed yet.

    def request(self) -> Message:
        self._request.resume_token = self.resume_token
        return self._request

    def take(self, message: v1.WatchGenerationTasksResponse) -> Sequence[list[TaskChange]]:
        self.read(message.resume_token)
        changes = {task.name: TaskChange(task.name, task) for task in message.generation_tasks
                   if self.tasks.get(task.name) != task}
        self._stale.difference_update(task.name for task in message.generation_tasks)
        gone = [name for name in message.removed if name in self.tasks]
        if message.synced:
            self.synced = True
            gone += self._stale
            self._stale = set()
        changes.update((name, TaskChange(name, None)) for name in gone)
        for change in changes.values():
            if change.task is not None:
                self.tasks[change.name] = change.task
            else:
                self.tasks.pop(change.name, None)
        return (list(changes.values()),)

    def start_over(self) -> None:
        self._stale = set(self.tasks)

    def ended(self, error: Optional[GatewayError], attempts: Attempts) -> Optional[GatewayError]:
        error = super().ended(error or ConnectionFailed("the stream ended", grpc.StatusCode.UNAVAILABLE), attempts)
        if not self.resume_token:
            self.start_over()
        return error


class DownloadState:
    """The bytes of a file, each once and in order, over as many calls as it takes. Counts and hashes them."""

    def __init__(self, name: str, part: v1.DownloadGenerationResultRequest.Part) -> None:
        self.done = False
        self.offset = 0
        self.total = 0  # Bytes; 0: not known.
        self.content_type = ""
        self._request = v1.DownloadGenerationResultRequest(name=name, part=part)
        self._digest = hashlib.sha256()

    def request(self) -> Message:
        self._request.offset = self.offset
        return self._request

    def take(self, message: v1.DownloadGenerationResultResponse) -> Sequence[bytes]:
        total = message.total_size_bytes
        if total and self.total and total != self.total:
            raise DataLoss(f"the file changed from {self.total} to {total} bytes", grpc.StatusCode.DATA_LOSS)
        self.total = total or self.total
        self.content_type = message.content_type or self.content_type
        self.offset += len(message.data)
        if self.total and self.offset > self.total:
            raise DataLoss(f"more bytes came than the announced {self.total}", grpc.StatusCode.DATA_LOSS)
        self._digest.update(message.data)
        return (message.data,) if message.data else ()

    def ended(self, error: Optional[GatewayError], attempts: Attempts) -> Optional[GatewayError]:
        if self.total:
            self.done = self.offset == self.total
        elif error is None:
            self.done = True
        if self.done:
            return None
        return error or ConnectionFailed("the stream ended before the last byte", grpc.StatusCode.UNAVAILABLE)

    def result(self) -> DownloadResult:
        return DownloadResult(self.offset, self._digest.hexdigest(), self.content_type)


@dataclasses.dataclass(frozen=True)
class DownloadResult:
    """A file as it was written."""

    size_bytes: int
    sha256: str  # Lower-case hex.
    content_type: str  # As the vendor says, for example `video/mp4`.

    def check(self, task: v1.GenerationTask) -> None:
        """Raises DataLoss when the gateway has another size or SHA-256 of the task's video. It may know neither."""
        result = task.result
        if result.size_bytes not in (0, self.size_bytes) or result.sha256 not in ("", self.sha256):
            raise DataLoss(f"{self.size_bytes} bytes with SHA-256 {self.sha256} came, not {result.size_bytes} bytes "
                           f"with {result.sha256}", grpc.StatusCode.DATA_LOSS)

