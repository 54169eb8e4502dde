"""Counts the tries of a call or stream and decides about the next one. Does no I/O and never waits."""

from __future__ import annotations

import logging
import math
import random
import time
from typing import Callable, Optional

import grpc

from seedance_gateway.errors import ConnectionFailed, DeadlineExceeded, GatewayError
from seedance_gateway.options import Options

log = logging.getLogger("seedance_gateway")
_warned: dict[str, float] = {}  # When an endpoint was last warned of.
LONGEST_WAIT = 2.0  # Seconds, for a connection: a gateway that is back is soon seen.


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
        """`timeout`: seconds for all tries; None: no limit. Without `repeat` only what was never sent is repeated."""
        self._what, self._options, self._repeat, self._stream = what, options, repeat, stream
        self._clock, self._chance = clock, chance
        self._deadline = None if timeout is None else clock() + timeout
        self._failures = 0
        self._progressed = False
        self._away_since: Optional[float] = None  # Since when there has been no connection.
        self._refusals = 0

    def left(self) -> Optional[float]:
        """Seconds until the deadline, at least 0; None: there is none."""
        return None if self._deadline is None else max(self._deadline - self._clock(), 0.0)

    def progressed(self) -> None:
        """The stream moved on, or ended in good order: later failures count anew, and more of them are borne."""
        self._failures, self._progressed, self._away_since = 0, True, None

    def failed(self, error: GatewayError) -> float:
        """After a failed try: seconds to wait before the next one. Raises `error`, or a plainer one, in the end."""
        left = self.left()
        if self._stream and left == 0.0:
            raise DeadlineExceeded(f"the time for {self._what} is over", grpc.StatusCode.DEADLINE_EXCEEDED)
        delay = self._without_connection(error) if error.never_sent else self._with_connection(error)
        if left is not None and delay >= left:
            raise self._plain(error)
        self._log(error, delay)
        return delay

    def _with_connection(self, error: GatewayError) -> float:
        self._away_since = None
        delay = (error.retry_delay or 0.0) + self._options.retry.jitter(self._failures, self._chance())
        self._failures += 1
        limit = self._options.retry.stream_attempts if self._progressed else self._options.retry.attempts
        if not self._repeat or not may_be_repeated(error) or self._failures >= limit:
            raise error
        return delay

    def _without_connection(self, error: GatewayError) -> float:
        """A try that gRPC refuses costs nothing: it connects at a pace of its own. So time counts, and not tries."""
        now = self._clock()
        if self._away_since is None:
            self._away_since, self._refusals = now, 0
        bound = self._options.timeouts.outage if self._progressed else self._options.timeouts.connect
        left = bound - (now - self._away_since)
        if left <= 0.0:
            raise self._plain(error)
        self._refusals += 1
        unit = self._chance()
        return min(self._options.retry.jitter(self._refusals - 1, unit), LONGEST_WAIT * unit, left)

    def _plain(self, error: GatewayError) -> GatewayError:
        """A failure to connect, said plainly."""
        if not error.never_sent or self._away_since is None:
            return error
        waited = self._clock() - self._away_since
        cause = "connection refused" if "refused" in error.message.lower() else error.message
        plain = ConnectionFailed(f"cannot connect to {self._options.endpoint}: {cause}"
                                 + (f" (waited {waited:.0f} s)" if waited >= 0.5 else ""), error.code)
        plain.request_id = error.request_id
        return plain

    def _log(self, error: GatewayError, delay: float) -> None:
        """Without texts of the gateway's, which may quote a request."""
        if error.never_sent:
            now, endpoint = self._clock(), self._options.endpoint
            news = now - _warned.get(endpoint, -math.inf) > 30.0  # A process may have thousands of watches.
            if news:
                _warned[endpoint] = now
            log.log(logging.WARNING if news else logging.DEBUG, "%s: %s; it waits for the gateway", self._what,
                    self._plain(error).message)
        else:
            cause = error.reason or (error.code.name if error.code else type(error).__name__)
            log.info("%s: %s; again in %.1f s", self._what, cause, delay)
