"""Counts the tries of a call or stream and decides about the next one. Does no I/O and never waits."""

from __future__ import annotations

import dataclasses
import logging
import random
import time
from typing import Callable, Optional

import grpc

from seedance_gateway.errors import ConnectionFailed, DeadlineExceeded, GatewayError
from seedance_gateway.options import Options

log = logging.getLogger("seedance_gateway")


@dataclasses.dataclass(frozen=True)
class Pause:
    """What comes before the next try."""

    delay: float  # Seconds to wait.
    connect: float  # Seconds to wait then, at most, until there is a connection; 0: there is one.


def may_be_repeated(error: GatewayError) -> bool:
    """Whether the same request may succeed later. Errors of the gateway carry a reason; others broke off on the way."""
    if isinstance(error, ConnectionFailed) or error.code == grpc.StatusCode.UNAVAILABLE:
        return True
    if error.code in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED):
        return error.retry_delay is not None
    return error.code == grpc.StatusCode.DEADLINE_EXCEEDED or (
        error.code == grpc.StatusCode.CANCELLED and not error.reason)


class Attempts:
    """The tries of one call, or of one stream over many calls. Used by one thread at a time."""

    def __init__(self, what: str, options: Options, timeout: Optional[float], *, repeat: bool = True,
                 stream: bool = False, clock: Callable[[], float] = time.monotonic,
                 chance: Callable[[], float] = random.random) -> None:
        """`timeout`: seconds for all tries and waits; None: no limit. Without `repeat` only what was never sent is repeated."""
        self._what, self._options, self._repeat, self._stream = what, options, repeat, stream
        self._clock, self._chance = clock, chance
        self._deadline = None if timeout is None else clock() + timeout
        self._waited = 0.0  # For a connection, since the last progress.
        self._failures = 0
        self._progressed = False

    def left(self) -> Optional[float]:
        """Seconds until the deadline, at least 0; None: there is none."""
        return None if self._deadline is None else max(self._deadline - self._clock(), 0.0)

    def progressed(self) -> None:
        """The stream moved on, or ended in good order: later failures count anew, and more of them are borne."""
        self._failures, self._waited, self._progressed = 0, 0.0, True

    def failed(self, error: GatewayError) -> Pause:
        """After a failed try. Raises `error`, or what says it better, when there is no further one."""
        delay = (error.retry_delay or 0.0) + self._options.retry.jitter(self._failures, self._chance())
        self._failures += 1
        limit = self._options.retry.stream_attempts if self._progressed else self._options.retry.attempts
        left = self.left()
        if self._stream and left == 0.0:
            raise DeadlineExceeded(f"the time for {self._what} is over", grpc.StatusCode.DEADLINE_EXCEEDED)
        connect = 0.0
        if isinstance(error, ConnectionFailed):
            connect = max(self._options.timeouts.connect - (0.0 if self._stream else self._waited), 0.0)
            if connect == 0.0 and error.never_sent and not self._stream:
                raise self._plain(error)
        if not may_be_repeated(error) or not (self._repeat or error.never_sent) or self._failures >= limit or (
                left is not None and delay >= left):
            raise self._plain(error) if error.never_sent else error
        log.log(logging.WARNING if connect and self._failures == 1 else logging.INFO, "%s: %s; again in %.1f s%s",
                self._what, self._brief(error), delay, " at the earliest, once there is a connection" if connect else "")
        return Pause(delay, connect if left is None else min(connect, left - delay))

    def waited(self, error: GatewayError, seconds: float, ready: bool) -> None:
        """After the wait for a connection. Raises `error` when a call has waited long enough."""
        self._waited += seconds
        if not ready and not self._stream:
            raise self._plain(error)

    def _plain(self, error: GatewayError) -> GatewayError:
        """A failure to connect, said plainly."""
        if not error.never_sent:
            return error
        cause = "connection refused" if "refused" in error.message.lower() else error.message
        waited = f" (waited {self._waited:.0f} s)" if self._waited else ""
        plain = ConnectionFailed(f"cannot connect to {self._options.endpoint}: {cause}{waited}",
                                 error.code)
        plain.request_id = error.request_id
        return plain

    def _brief(self, error: GatewayError) -> str:
        """For the log: no text of the gateway's, which may quote a request."""
        if error.never_sent:
            return self._plain(error).message
        return error.reason or (error.code.name if error.code else type(error).__name__)
