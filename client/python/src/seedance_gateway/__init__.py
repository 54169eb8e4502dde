"""Client of seedance-gateway: `Client` blocks, `AsyncClient` is for asyncio. Messages are in `seedance_gateway.v1`."""

from seedance_gateway import errors, v1
from seedance_gateway.aio import AsyncClient, AsyncTasksWatch, AsyncWatch
from seedance_gateway.client import Client, TasksWatch, Watch
from seedance_gateway.errors import (ConnectionFailed, DataLoss, FieldViolation, GatewayError, InvalidInput, Moderated,
                                     OutcomeUnknown, raise_for_error)
from seedance_gateway.options import VERSION as __version__
from seedance_gateway.options import Keepalive, Options, RetryPolicy, Timeouts
from seedance_gateway.rpcs import new_request_id
from seedance_gateway.streams import DownloadResult, TaskChange, has_ended

__all__ = ["AsyncClient", "AsyncTasksWatch", "AsyncWatch", "Client", "ConnectionFailed", "DataLoss", "DownloadResult",
           "FieldViolation", "GatewayError", "InvalidInput", "Keepalive", "Moderated", "Options", "OutcomeUnknown",
           "RetryPolicy", "TaskChange", "TasksWatch", "Timeouts", "Watch", "__version__", "errors", "has_ended",
           "new_request_id", "raise_for_error", "v1"]
