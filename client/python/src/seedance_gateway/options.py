"""How to reach the gateway, and how patiently. Values only, the same for both clients."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Callable, Optional, Union

import grpc

Token = Union[str, Callable[[], Union[str, Awaitable[str]]]]

try:
    VERSION = importlib.metadata.version("seedance-gateway-client")
except importlib.metadata.PackageNotFoundError:  # Run from a folder.
    VERSION = "0"
USER_AGENT = f"seedance-gateway-python/{VERSION}"


@dataclasses.dataclass(frozen=True)
class Timeouts:
    """In seconds. Those of calls are for all tries together; each method takes its own `timeout` instead."""

    read: float = 30.0  # Gets, and each page of a list.
    write: float = 330.0  # Other unary calls: the vendor may think for five minutes.
    upload: float = 1800.0  # A whole upload. Watches and downloads have no limit unless they are given one.
    connect: float = 20.0  # How long a call waits for a connection, as a watch does at first; 0: it fails at once.
    outage: float = 600.0  # How long a watch that has begun waits for a gateway that is away.
    idle: float = 90.0  # A stream silent for so long counts as broken: longer than any heartbeat (20 s, at most 60 s).


@dataclasses.dataclass(frozen=True)
class RetryPolicy:
    """When tries end, and how long the waits between them are."""

    attempts: int = 5  # Tries in all of a call, and of a stream that never brought a message.
    stream_attempts: int = 20  # Fruitless tries in a row of a stream that has brought a message.
    initial: float = 0.2  # Seconds; longest first wait, which doubles with each further one.
    maximum: float = 20.0  # Seconds; longest wait.

    def jitter(self, failures: int, unit: float) -> float:
        """Full jitter: `unit`, of [0, 1), of the longest wait after `failures` earlier failures in a row."""
        return float(min(self.initial * 2 ** min(failures, 40), self.maximum) * unit)


@dataclasses.dataclass(frozen=True)
class Keepalive:
    """In seconds. A peer that is dead for `time` + `timeout` ends its calls. The gateway takes a ping every 5 s."""

    time: float = 10.0
    timeout: float = 10.0


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of a client. The token and the private key are not shown by repr()."""

    endpoint: str = "127.0.0.1:8443"  # `host:port`.
    tls: bool = False
    ca_file: Optional[str] = None  # PEM authorities that sign the gateway; None: gRPC's own. Only with `tls`.
    certificate_file: Optional[str] = None  # PEM chain of the client, for mTLS; together with `private_key_file`.
    private_key_file: Optional[str] = None
    # Bearer token, or a function that gives it for each try; for AsyncClient it may be `async`.
    token: Optional[Token] = dataclasses.field(default=None, repr=False)
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = RetryPolicy()
    keepalive: Keepalive = Keepalive()
    user_agent: str = ""  # Put before the client's own.
    channel_options: tuple[tuple[str, Any], ...] = ()  # Of gRPC, after the client's own.

    def __post_init__(self) -> None:
        if bool(self.certificate_file) != bool(self.private_key_file):
            raise ValueError("certificate_file and private_key_file go together")
        if not self.tls and (self.ca_file or self.certificate_file):
            raise ValueError("ca_file and certificate_file need tls=True")

    def credentials(self) -> Optional[grpc.ChannelCredentials]:
        """None: plain text. OSError: a file cannot be read."""
        if not self.tls:
            return None
        ca, key, chain = (Path(name).read_bytes() if name else None
                          for name in (self.ca_file, self.private_key_file, self.certificate_file))
        return grpc.ssl_channel_credentials(ca, key, chain)

    def arguments(self) -> list[tuple[str, Any]]:
        """Arguments of the channel."""
        return [
            ("grpc.primary_user_agent", f"{self.user_agent} {USER_AGENT}".strip()),
            ("grpc.keepalive_time_ms", int(self.keepalive.time * 1000)),
            ("grpc.keepalive_timeout_ms", int(self.keepalive.timeout * 1000)),
            ("grpc.http2.ping_timeout_ms", int(self.keepalive.timeout * 1000)),  # Else gRPC waits a minute.
            ("grpc.http2.max_pings_without_data", 0),  # A watch only reads: gRPC would stop to ping after two.
            # gRPC's own pauses between connections would grow to two minutes.
            ("grpc.initial_reconnect_backoff_ms", 200),
            ("grpc.max_reconnect_backoff_ms", 5000),
            # Each client has a connection of its own: one connection carries a limited number of streams.
            ("grpc.use_local_subchannel_pool", 1),
            *self.channel_options,
        ]


def _opentelemetry() -> Optional[Callable[[dict[str, str]], None]]:
    try:
        return importlib.import_module("opentelemetry.propagate").inject  # type: ignore[no-any-return]
    except ImportError:
        return None


_inject = _opentelemetry()


def metadata(token: Optional[str]) -> tuple[tuple[str, str], ...]:
    """Metadata of one try: the token, and the context of OpenTelemetry (`traceparent`) where it is installed."""
    carrier: dict[str, str] = {}
    if _inject is not None:
        _inject(carrier)
    if token:
        carrier["authorization"] = f"Bearer {token}"
    return tuple((key.lower(), value) for key, value in carrier.items())
