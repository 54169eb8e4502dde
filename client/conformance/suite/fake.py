"""A gateway that answers as a scenario wants: every reason with all details, refusals before a success, half files."""

import concurrent.futures
import hashlib
import threading
import time

import grpc

from suite import wire
from suite.reasons import reasons

PACKAGE = "seedance.gateway.v1"
RUNNING, SUCCEEDED = 4, 5  # GenerationTask.State
FILE = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(3 << 15))  # 3 MiB that do not repeat.


def task(name, state, revision):
    """Bytes of a GenerationTask."""
    return wire.encode((1, name), (15, state), (18, revision))


def details(reason, code, delay=None):
    """Bytes of a google.rpc.Status with every detail, made from the reason; `delay` in milliseconds."""
    def any_of(kind, *fields):
        return 3, wire.encode((1, f"type.googleapis.com/google.rpc.{kind}"), (2, wire.encode(*fields)))

    def entry(key, value):
        return 3, wire.encode((1, key), (2, value))

    found = [
        any_of("ErrorInfo", (1, reason), (2, "seedance-gateway"), entry("advice", f"Advice for {reason}."),
               entry("upstream_code", f"code of {reason}")),
        any_of("BadRequest", *[(1, wire.encode((1, f"field{number}.{reason.lower()}"), (2, f"rule {number}")))
                               for number in (1, 2)]),
        any_of("ResourceInfo", (1, f"{PACKAGE}.Asset"), (2, f"assets/{reason.lower()}"), (4, "it")),
        any_of("QuotaFailure", (1, wire.encode((1, f"upstream:{reason.lower()}"), (2, "a limit")))),
    ]
    if delay is not None:
        found.append(any_of("RetryInfo", (1, wire.encode((1, delay // 1000), (2, delay % 1000 * 1000000)))))
    return wire.encode((1, code.value[0]), (2, f"message of {reason}"), *found)


def expected(reason, code):
    """What a driver has to say of `details(reason, 1500)`."""
    low = reason.lower()
    return {"reason": reason, "code": code.name, "message": f"message of {reason}", "advice": f"Advice for {reason}.",
            "retry_delay": 1.5, "resource_name": f"assets/{low}", "upstream_code": f"code of {reason}",
            "violations": [[f"field{number}.{low}", f"rule {number}"] for number in (1, 2)]}


class FakeGateway:
    """Serves on a free port of 127.0.0.1. `calls` counts by method, `ids` has request_id and time of each create."""

    def __init__(self, refusals=0, refuse_seconds=0.0):
        """Refuses so many creates, and all watches for so long from the first one on, with UNAVAILABLE."""
        self.calls, self.ids, self.offsets = {}, [], []
        self._refusals, self._refuse_seconds, self._first_watch = refusals, refuse_seconds, None
        self._lock = threading.Lock()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
        unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        self._serve("GenerationTaskService", {
            "CreateGenerationTask": unary(self._create), "GetGenerationTask": unary(self._get),
            "WatchGenerationTask": stream(self._watch), "DownloadGenerationResult": stream(self._download)})
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def close(self):
        self._server.stop(None).wait()

    def _serve(self, service, handlers):
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(f"{PACKAGE}.{service}", handlers)])

    def _count(self, method):
        with self._lock:
            self.calls[method] = self.calls.get(method, 0) + 1
            return self.calls[method]

    @staticmethod
    def _fail(context, code, reason=None, delay=None):
        if reason is not None:
            context.set_trailing_metadata([("grpc-status-details-bin", details(reason, code, delay))])
        context.abort(code, f"message of {reason}")

    def _create(self, request, context):
        fields = wire.decode(request)
        self.ids.append((wire.text(fields, 2), time.monotonic()))
        if self._count("create") <= self._refusals:
            self._fail(context, grpc.StatusCode.UNAVAILABLE, "UPSTREAM_UNAVAILABLE", 1000)
        return task("generationTasks/1", SUCCEEDED, 1)

    def _get(self, request, context):
        """`generationTasks/<reason>` fails with the reason."""
        self._count("get")
        name = wire.text(wire.decode(request), 1)
        code = reasons().get(name.rpartition("/")[2])
        if code is not None:
            self._fail(context, code, name.rpartition("/")[2], 1500)
        return task(name, SUCCEEDED, 1)

    def _watch(self, request, context):
        self._count("watch")
        name = wire.text(wire.decode(request), 1)
        self._first_watch = self._first_watch or time.monotonic()
        refused_until = self._first_watch + self._refuse_seconds
        if self._refuse_seconds and self.calls["watch"] == 1:
            yield wire.encode((1, task(name, RUNNING, 1)), (3, "token"))
        if time.monotonic() < refused_until:
            context.abort(grpc.StatusCode.UNAVAILABLE, "no healthy upstream")
        yield wire.encode((1, task(name, SUCCEEDED, 2)), (3, "token"))

    def _download(self, request, context):
        """FILE in messages of 64 KiB, at most 50 of them a second, so that a client has read what came before a cut."""
        self._count("download")
        offset = wire.decode(request).get(2, [0])[-1]
        self.offsets.append(offset)
        yield wire.encode((2, len(FILE)), (3, "video/mp4"))
        for at in range(offset, len(FILE), 65536):
            time.sleep(0.02)
            yield wire.encode((1, FILE[at:at + 65536]))
