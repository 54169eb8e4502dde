"""A real gRPC server in the process that answers as a test has scripted, and what tests of both clients share."""

import asyncio
import concurrent.futures
import inspect
import threading
import unittest

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import error_details_pb2, status_pb2

from conformance_driver import each, settle  # Also for the tests.
from seedance_gateway import AsyncClient, Client, Options, RetryPolicy, v1
from seedance_gateway.v1 import (
    asset_group_pb2_grpc, asset_pb2_grpc, creation_pb2_grpc, generation_task_pb2_grpc, upstream_pb2_grpc)

AT_ONCE = RetryPolicy(initial=0.0, maximum=0.0)
Task = v1.GenerationTask


def failure(code, reason="", *, message="it failed", retry_delay=None, metadata=None, trailers=()):
    """A handler that ends its call with this error; without a reason as something on the way would do it."""
    status = status_pb2.Status(code=code.value[0], message=message)
    if reason:
        parts = [error_details_pb2.ErrorInfo(reason=reason, domain="seedance-gateway", metadata=metadata or {})]
        if retry_delay is not None:
            parts.append(error_details_pb2.RetryInfo())
            parts[-1].retry_delay.FromNanoseconds(int(retry_delay * 1e9))
        for part in parts:
            packed = any_pb2.Any()
            packed.Pack(part)
            status.details.append(packed)

    def handler(request, context):
        found = list(trailers)
        if reason:
            found.append(("grpc-status-details-bin", status.SerializeToString()))
        context.set_trailing_metadata(found)
        context.abort(code, message)

    return handler


def stream(*messages):
    """A handler that sends messages; a handler among them ends the call."""
    def handler(request, context):
        for message in messages:
            if callable(message):
                message(request, context)
            else:
                yield message

    return handler


class Seen:
    """What the test has read so far. With an error gRPC drops messages that nobody has read: a handler waits for it."""

    def __init__(self):
        self._count, self._changed = 0, threading.Condition()

    def add(self):
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def then(self, count, handler):
        """A handler that acts once the test has read `count` items."""
        def wait(request, context):
            with self._changed:
                self._changed.wait_for(lambda: self._count >= count, 60)
            return handler(request, context)

        return wait


def snapshot(state, revision, token=None, **fields):
    return v1.WatchGenerationTaskResponse(
        generation_task=Task(name="generationTasks/1", state=state, revision=revision, **fields),
        resume_token=token or f"token-{revision}")


class Server:
    """Serves every method. `script[method]` has a handler, or an answer, for each of its calls; the last one stays."""

    def __init__(self, credentials=None, port=0):
        self.script, self.requests, self.metadata = {}, [], []
        self._lock = threading.Lock()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        for module in (asset_group_pb2_grpc, asset_pb2_grpc, creation_pb2_grpc, generation_task_pb2_grpc,
                       upstream_pb2_grpc):
            for name in dir(module):
                if name.endswith("Servicer"):
                    servicer = type(name, (getattr(module, name),), {})()
                    for method in [one for one in dir(servicer) if one[0].isupper()]:
                        streams = method.startswith(("Watch", "Download"))
                        setattr(servicer, method, self._handler(method, streams))
                    getattr(module, f"add_{name}_to_server")(servicer, self._server)
        address = f"127.0.0.1:{port}"
        self.port = (self._server.add_secure_port(address, credentials) if credentials
                     else self._server.add_insecure_port(address))
        self.endpoint = f"localhost:{self.port}" if credentials else f"127.0.0.1:{self.port}"
        self._server.start()

    def of(self, method):
        """Requests of a method so far."""
        with self._lock:
            return [request for name, request in self.requests if name == method]

    def close(self):
        self._server.stop(None).wait()

    def _handler(self, method, streams):
        def unary(request, context):
            answer = self._next(method, request, context)
            return answer(request, context) if callable(answer) else answer

        def streaming(request, context):
            yield from self._next(method, request, context)(request, context)

        return streaming if streams else unary

    def _next(self, method, request, context):
        with self._lock:
            if not inspect.isgenerator(request):
                self.requests.append((method, request))
            self.metadata.append(dict(context.invocation_metadata()))
            handlers = self.script.get(method, [empty_pb2.Empty()])
            return handlers.pop(0) if len(handlers) > 1 else handlers[0]


class ClientCase(unittest.IsolatedAsyncioTestCase):
    """A test of one client against a scripted server. The rules are in mixins, which both clients run."""

    kind = Client

    async def asyncSetUp(self):
        asyncio.get_running_loop().slow_callback_duration = 60  # The blocking client blocks.
        self.server = Server()
        self.addCleanup(self.server.close)
        self.client = self.connect()

    def connect(self, endpoint=None, **options):
        client = self.kind(Options(endpoint or self.server.endpoint, **{"retry": AT_ONCE, **options}))
        self.addAsyncCleanup(self._close, client)
        return client

    @staticmethod
    async def _close(client):
        await settle(client.close())


def for_both(mixin):
    """The two test cases of a mixin, to be put into a module."""
    return {f"{prefix}{mixin.__name__}": type(f"{prefix}{mixin.__name__}", (mixin, ClientCase), {"kind": kind})
            for prefix, kind in (("Blocking", Client), ("Asyncio", AsyncClient))}


def run_in_thread(function):
    return asyncio.get_running_loop().run_in_executor(None, function)
