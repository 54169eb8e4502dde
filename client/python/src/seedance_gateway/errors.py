"""What a call, a task or an asset can fail with: one class for each reason of seedance.gateway.v1.ErrorReason.

A reason that this release does not know, and a status without a reason, is a plain GatewayError.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any, Optional, TypeVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from seedance_gateway import v1

T = TypeVar("T", v1.GenerationTask, v1.Asset)


@dataclasses.dataclass(frozen=True)
class FieldViolation:
    """A rule that a field of the request breaks."""

    field: str  # Path in the request, for example `generation_task.references[2].role`.
    description: str  # The rule, with the value and the limit.


class GatewayError(Exception):
    """Base of all errors of this package. Decide by the class or by `reason`, never by a text."""

    def __init__(self, message: str, code: Optional[grpc.StatusCode] = None, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code  # Status of the call; None: the error of a task or an asset.
        self.reason = reason  # Name of an ErrorReason without prefix; empty: not made by the gateway.
        self.advice = ""  # What to do, in a sentence or two for people.
        self.violations: tuple[FieldViolation, ...] = ()  # Every broken rule of the request.
        self.retry_delay: Optional[float] = None  # Seconds; not before they have passed.
        self.resource_type = ""  # For example `seedance.gateway.v1.Asset`.
        self.resource_name = ""  # For example `assets/anyfast~asset-1`; of a failed create, what stays readable.
        self.quota_subject = ""  # What the limit belongs to, for example `upstream:anyfast`.
        self.quota_description = ""  # What the limit is.
        self.metadata: dict[str, str] = {}  # The vendor's `upstream_code`, `upstream_message`, and others.
        self.request_id = ""  # Of the call: another call with it never pays twice.
        self.resume_token = ""  # Of the trailer: the gateway ended the stream in good order.

    def __str__(self) -> str:
        name = self.reason or (self.code.name if self.code else "")
        text = f"{name}: {self.message}" if name else self.message
        text += "".join(f"\n  {one.field}: {one.description}" for one in self.violations)
        text += f"\n  {self.advice}" if self.advice else ""
        return text + (f"\n  request_id: {self.request_id}" if self.request_id else "")

    @property
    def never_sent(self) -> bool:
        """Whether the request surely never left this machine."""
        return False


class ConnectionFailed(GatewayError):
    """No connection, or it broke off: nobody said what became of the call. Its `request_id` is safe to repeat."""

    @property
    def never_sent(self) -> bool:
        return any(text in self.message for text in ("failed to connect", "cannot connect", "DNS resolution failed"))


class DataLoss(GatewayError):
    """The bytes of a download are not those of the file: their number or their SHA-256 differs."""


class Moderated(GatewayError):
    """The vendor's moderation refused something: change prompt or references."""


# Named as the reasons; error_reason.proto says what each means, with which status it comes, and what to do.
class InvalidInput(GatewayError): ...
class UpstreamInvalidInput(GatewayError): ...
class InputModeration(Moderated): ...
class OutputModeration(Moderated): ...
class Unauthenticated(GatewayError): ...
class UpstreamAuthFailed(GatewayError): ...
class CreditsExhausted(GatewayError): ...
class QuotaExceeded(GatewayError): ...
class RateLimited(GatewayError): ...
class ResourceNotFound(GatewayError): ...
class RequestIdReused(GatewayError): ...
class DisplayNameTaken(GatewayError): ...
class AssetNotReady(GatewayError): ...
class GroupNotEmpty(GatewayError): ...
class CancelUnsupported(GatewayError): ...
class TaskAlreadyEnded(GatewayError): ...
class TaskNotSucceeded(GatewayError): ...
class ResultExpired(GatewayError): ...
class SharedCredentials(GatewayError): ...
class UpstreamUnavailable(GatewayError): ...
class UpstreamProtocol(GatewayError): ...
class UpstreamLost(GatewayError): ...
class DeadlineExceeded(GatewayError): ...
class UpstreamFailed(GatewayError): ...
class ResumeTokenExpired(GatewayError): ...
class SizeOutOfRange(GatewayError): ...
class Draining(GatewayError): ...
class StoreUnavailable(GatewayError): ...
class UnsupportedByUpstream(GatewayError): ...
class Cancelled(GatewayError): ...
class Internal(GatewayError): ...
class AssetLibraryFull(GatewayError): ...
class TaskNotEnded(GatewayError): ...
class TaskNotInDoubt(GatewayError): ...
class TransferTooSlow(GatewayError): ...
class ResultMissing(GatewayError): ...
class CreationNotInDoubt(GatewayError): ...


class OutcomeUnknown(GatewayError):
    """The vendor may have taken, and billed, the creation; its answer was lost.

    Call again with `request_id` of this error: that never sends a second request, and answers once the gateway has
    found what the vendor made. A new request_id may pay twice. `list_creations_in_doubt` and `reconcile_creation`
    settle what stays in doubt.
    """

    def __str__(self) -> str:
        return super().__str__() + "\n  Repeat the call with this request_id: it never pays twice; a new one may."


def _subclasses(base: type[GatewayError]) -> Iterable[type[GatewayError]]:
    for child in base.__subclasses__():
        yield child
        yield from _subclasses(child)


_BY_REASON = {re.sub(r"(?<=.)([A-Z])", r"_\1", cls.__name__).upper(): cls for cls in _subclasses(GatewayError)}
_BY_CODE: dict[grpc.StatusCode, type[GatewayError]] = {
    grpc.StatusCode.UNAVAILABLE: ConnectionFailed, grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.CANCELLED: Cancelled, grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    # The gateway's own errors carry a reason: these are of the connection, or of a proxy.
    grpc.StatusCode.INTERNAL: ConnectionFailed, grpc.StatusCode.UNKNOWN: ConnectionFailed}
_Metadata = Iterable[Any]  # Pairs of key and value, str or bytes.


def from_status(code: grpc.StatusCode, message: str, trailers: Optional[_Metadata]) -> GatewayError:
    """The typed error of a status and its trailers. Bytes that are no google.rpc.Status count as none; never fails."""
    found = {key: value for key, value in trailers or ()}
    info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry, quota = error_details_pb2.RetryInfo(), error_details_pb2.QuotaFailure()
    resource, status = error_details_pb2.ResourceInfo(), status_pb2.Status()
    try:
        status.ParseFromString(found.get("grpc-status-details-bin", b""))
        for detail in status.details:
            any(detail.Unpack(target) for target in (info, violations, retry, resource, quota))
    except (DecodeError, TypeError):
        pass
    cls = _BY_REASON.get(info.reason, GatewayError) if info.reason else _BY_CODE.get(code, GatewayError)
    error = cls(message, code, info.reason)
    error.metadata = dict(info.metadata)
    error.advice = error.metadata.get("advice", "")
    error.violations = tuple(FieldViolation(one.field, one.description) for one in violations.field_violations)
    if retry.HasField("retry_delay"):
        error.retry_delay = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    error.resource_type, error.resource_name = resource.resource_type, resource.resource_name
    for one in quota.violations[:1]:
        error.quota_subject, error.quota_description = one.subject, one.description
    error.resume_token = str(found.get("resume-token", ""))
    return error


def from_rpc_error(error: grpc.RpcError, request_id: str = "") -> GatewayError:
    """The same for an exception of gRPC, of either of its APIs."""
    result = from_status(error.code(), error.details() or "", error.trailing_metadata())
    result.request_id = request_id
    # gRPC raises the call itself: with its traceback it is a circle, whose collection may hang the exit of Python.
    error.__traceback__ = None
    return result


def raise_for_error(resource: T) -> T:
    """Returns the task or asset, or raises the typed error that it ended with: FAILED, EXPIRED, LOST, CANCELLED."""
    task = resource if isinstance(resource, v1.GenerationTask) else None
    if task is not None and task.state == v1.GenerationTask.STATE_CANCELLED:
        raise Cancelled(f"{task.name} was cancelled", reason="CANCELLED")
    if task is not None and task.state == v1.GenerationTask.STATE_SUBMIT_UNKNOWN:
        return resource
    if isinstance(resource, v1.Asset) and resource.state == v1.Asset.STATE_EXPIRED:
        raise ResourceNotFound(f"{resource.name} is no longer kept by the vendor", reason="RESOURCE_NOT_FOUND")
    if not resource.HasField("error"):
        return resource
    names = v1.ErrorReason.DESCRIPTOR.values_by_number
    reason = names[resource.error.reason].name[len("ERROR_REASON_"):] if resource.error.reason in names else ""
    error = _BY_REASON.get(reason, GatewayError)(resource.error.message or f"{resource.name} failed", reason=reason)
    error.advice, error.resource_name = resource.error.advice, resource.name
    error.metadata = {"upstream_code": resource.error.upstream_code} if resource.error.upstream_code else {}
    raise error
