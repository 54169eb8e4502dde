"""The RPCs, as methods of both clients: paths, messages, and what may be repeated. No I/O."""

from __future__ import annotations

import dataclasses
import functools
import uuid
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any, Generic, Optional, Protocol, TypeVar, Union, overload

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from seedance_gateway import v1
from seedance_gateway.options import Options
from seedance_gateway.retry import Attempts

Req = TypeVar("Req", bound=Message)
Given = TypeVar("Given", bound=Union[Message, str])
Resp = TypeVar("Resp", bound=Message)
Req_contra = TypeVar("Req_contra", contravariant=True)
Given_contra = TypeVar("Given_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


def new_request_id() -> str:
    """A random UUID. For a create that may have to be repeated later, keep one before the first try."""
    return str(uuid.uuid4())


@dataclasses.dataclass(frozen=True)
class Rpc(Generic[Req, Given, Resp]):
    """One RPC. A caller gives its whole request, or only `field` of it, which it is mostly about."""

    name: str  # `Service/Method`
    request: type[Req]
    response: type[Resp]
    given: type[Given]
    field: str = ""
    write: bool = False  # Takes the time limit of writes, and a new request_id where the request has such a field.
    repeat: bool = True

    @property
    def path(self) -> str:
        return f"/seedance.gateway.v1.{self.name}"

    def call(self, given: Union[Req, Given, None], request_id: str = "") -> Call:
        """A call with a request of its own."""
        request = self.request()
        if isinstance(given, self.request):
            request.CopyFrom(given)
        elif given is not None:
            request = self.request(**{self.field: given})
        if self.write:
            for one in [request, *getattr(request, "requests", ())]:  # `requests`: those of a batch.
                if "request_id" in one.DESCRIPTOR.fields_by_name:
                    chosen = (request_id if one is request else "") or one.request_id
                    # Of a reconciliation it names the creation.
                    one.request_id = chosen or (new_request_id() if self.repeat else "")
        return Call(self, request)


@dataclasses.dataclass(frozen=True)
class Call:
    """One call, the same for all of its tries."""

    rpc: Rpc[Any, Any, Any]
    request: Any

    @property
    def request_id(self) -> str:
        return str(getattr(self.request, "request_id", ""))

    @property
    def repeat(self) -> bool:
        """A delete without `allow_missing` is not repeated: NOT_FOUND of a second try would hide that one worked."""
        return self.rpc.repeat and bool(getattr(self.request, "allow_missing", True))

    def attempts(self, options: Options, timeout: Optional[float]) -> Attempts:
        limit = options.timeouts.write if self.rpc.write else options.timeouts.read
        return Attempts(self.rpc.name, options, limit if timeout is None else timeout, repeat=self.repeat)


class Blocking:
    """Base of the client that blocks; it has the methods _unary(rpc, given, ...) and _list(rpc, request, ...)."""


class Awaiting:
    """Base of the client for asyncio; the same, to be awaited."""


class Method(Protocol[Req_contra, Given_contra, Result_co]):
    """How a unary RPC is called. `timeout`: seconds, for all tries together."""

    def __call__(self, given: Union[Req_contra, Given_contra], /, *, request_id: str = "",
                 timeout: Optional[float] = None) -> Result_co: ...


class Pages(Protocol[Req_contra, Result_co]):
    """How a list is called: it gives the items of all pages. `timeout`: seconds, for each page."""

    def __call__(self, request: Optional[Req_contra] = None, *, timeout: Optional[float] = None) -> Result_co: ...


class Unary(Rpc[Req, Given, Resp]):
    """A unary RPC as a method."""

    @overload
    def __get__(self, client: Blocking, owner: Any = None) -> Method[Req, Given, Resp]: ...
    @overload
    def __get__(self, client: Awaiting, owner: Any = None) -> Method[Req, Given, Awaitable[Resp]]: ...
    @overload
    def __get__(self, client: None, owner: Any = None) -> Unary[Req, Given, Resp]: ...
    def __get__(self, client: Any, owner: Any = None) -> Any:
        return self if client is None else functools.partial(client._unary, self)


class List(Rpc[Req, Given, Resp]):
    """An RPC with pages as a method; `given` and `field` are those of the items in its response."""

    @overload
    def __get__(self, client: Blocking, owner: Any = None) -> Pages[Req, Iterator[Given]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: Any = None) -> Pages[Req, AsyncIterator[Given]]: ...
    @overload
    def __get__(self, client: None, owner: Any = None) -> List[Req, Given, Resp]: ...
    def __get__(self, client: Any, owner: Any = None) -> Any:
        return self if client is None else functools.partial(client._list, self)


class Unaries:
    """The unary RPCs of both clients. The protos document each."""

    create_group = Unary("AssetGroupService/CreateAssetGroup", v1.CreateAssetGroupRequest, v1.AssetGroup,
                         v1.AssetGroup, "asset_group", write=True)
    get_group = Unary("AssetGroupService/GetAssetGroup", v1.GetAssetGroupRequest, v1.AssetGroup, str, "name")
    list_groups = List("AssetGroupService/ListAssetGroups", v1.ListAssetGroupsRequest, v1.ListAssetGroupsResponse,
                       v1.AssetGroup, "asset_groups")
    update_group = Unary("AssetGroupService/UpdateAssetGroup", v1.UpdateAssetGroupRequest, v1.AssetGroup,
                         v1.AssetGroup, "asset_group", write=True)
    delete_group = Unary("AssetGroupService/DeleteAssetGroup", v1.DeleteAssetGroupRequest, Empty, str, "name",
                         write=True)

    create_asset = Unary("AssetService/CreateAsset", v1.CreateAssetRequest, v1.Asset, v1.CreateAssetRequest, write=True)
    batch_create_assets = Unary("AssetService/BatchCreateAssets", v1.BatchCreateAssetsRequest,
                                v1.BatchCreateAssetsResponse, v1.BatchCreateAssetsRequest, write=True)
    get_asset = Unary("AssetService/GetAsset", v1.GetAssetRequest, v1.Asset, str, "name")
    list_assets = List("AssetService/ListAssets", v1.ListAssetsRequest, v1.ListAssetsResponse, v1.Asset, "assets")
    update_asset = Unary("AssetService/UpdateAsset", v1.UpdateAssetRequest, v1.Asset, v1.Asset, "asset", write=True)
    delete_asset = Unary("AssetService/DeleteAsset", v1.DeleteAssetRequest, Empty, str, "name", write=True)
    get_library_usage = Unary("AssetService/GetLibraryUsage", v1.GetLibraryUsageRequest, v1.LibraryUsage, str,
                              "upstream")

    create_task = Unary("GenerationTaskService/CreateGenerationTask", v1.CreateGenerationTaskRequest, v1.GenerationTask,
                        v1.GenerationTask, "generation_task", write=True)
    get_task = Unary("GenerationTaskService/GetGenerationTask", v1.GetGenerationTaskRequest, v1.GenerationTask, str,
                     "name")
    list_tasks = List("GenerationTaskService/ListGenerationTasks", v1.ListGenerationTasksRequest,
                      v1.ListGenerationTasksResponse, v1.GenerationTask, "generation_tasks")
    count_tasks = Unary("GenerationTaskService/CountGenerationTasks", v1.CountGenerationTasksRequest,
                        v1.CountGenerationTasksResponse, v1.CountGenerationTasksRequest)
    cancel_task = Unary("GenerationTaskService/CancelGenerationTask", v1.CancelGenerationTaskRequest, v1.GenerationTask,
                        str, "name", write=True)
    delete_task = Unary("GenerationTaskService/DeleteGenerationTask", v1.DeleteGenerationTaskRequest, Empty, str,
                        "name", write=True)

    # A reconciliation is not repeated: after a try that worked, a second one would be told that there is no doubt.
    reconcile_task = Unary("GenerationTaskService/ReconcileGenerationTask", v1.ReconcileGenerationTaskRequest,
                           v1.ReconcileGenerationTaskResponse, str, "name", write=True, repeat=False)
    list_creations_in_doubt = List("CreationService/ListCreationsInDoubt", v1.ListCreationsInDoubtRequest,
                                   v1.ListCreationsInDoubtResponse, v1.Creation, "creations")
    reconcile_creation = Unary("CreationService/ReconcileCreation", v1.ReconcileCreationRequest,
                               v1.ReconcileCreationResponse, v1.ReconcileCreationRequest, write=True, repeat=False)

    list_upstreams = Unary("UpstreamService/ListUpstreams", v1.ListUpstreamsRequest, v1.ListUpstreamsResponse,
                           v1.ListUpstreamsRequest)
    list_models = Unary("UpstreamService/ListModels", v1.ListModelsRequest, v1.ListModelsResponse, str, "upstream")


# Streams, which the clients wrap.
UPLOAD_ASSET = Rpc("AssetService/UploadAsset", v1.UploadAssetRequest, v1.Asset, v1.UploadAssetRequest, write=True)
WATCH_ASSET = Rpc("AssetService/WatchAsset", v1.WatchAssetRequest, v1.WatchAssetResponse, str, "name")
WATCH_TASK = Rpc("GenerationTaskService/WatchGenerationTask", v1.WatchGenerationTaskRequest,
                 v1.WatchGenerationTaskResponse, str, "name")
WATCH_TASKS = Rpc("GenerationTaskService/WatchGenerationTasks", v1.WatchGenerationTasksRequest,
                  v1.WatchGenerationTasksResponse, v1.WatchGenerationTasksRequest)
DOWNLOAD = Rpc("GenerationTaskService/DownloadGenerationResult", v1.DownloadGenerationResultRequest,
               v1.DownloadGenerationResultResponse, str, "name")
