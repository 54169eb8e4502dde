"""The rules of calls, which both clients keep, against a real server in the process."""

import inspect
import logging
import socket
import threading
import time
import unittest
import unittest.mock
import uuid

import grpc

from seedance_gateway import AsyncClient, Client, Options, RetryPolicy, Timeouts, options, rpcs, v1
from seedance_gateway.errors import ConnectionFailed, DeadlineExceeded, InvalidInput, OutcomeUnknown

from .scripted import ClientCase, Server, Task, each, failure, for_both, settle

Code = grpc.StatusCode
UNAVAILABLE = failure(Code.UNAVAILABLE, "STORE_UNAVAILABLE")


def until_the_end(request, context):
    """Answers only when the caller has given the call up."""
    ended = threading.Event()
    if context.add_callback(ended.set):
        ended.wait(60)
    return Task()


def reserved_port():
    """A socket that keeps a port from others without listening, and the port."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    return reserved, reserved.getsockname()[1]


class Calls:
    async def test_a_create_keeps_its_new_request_id_over_retries(self):
        self.server.script["CreateGenerationTask"] = [UNAVAILABLE, UNAVAILABLE, Task(name="generationTasks/1")]
        task = await settle(self.client.create_task(Task(prompt="a cat")))
        self.assertEqual(task.name, "generationTasks/1")
        ids = [request.request_id for request in self.server.of("CreateGenerationTask")]
        self.assertEqual((len(ids), len(set(ids))), (3, 1))
        self.assertEqual(str(uuid.UUID(ids[0])), ids[0])

    async def test_two_creates_have_two_request_ids(self):
        self.server.script["CreateGenerationTask"] = [Task()]
        for _ in range(2):
            await settle(self.client.create_task(Task(prompt="a cat")))
        self.assertEqual(len({request.request_id for request in self.server.of("CreateGenerationTask")}), 2)

    async def test_a_request_id_of_the_caller_is_kept(self):
        self.server.script["CreateGenerationTask"] = [Task()]
        await settle(self.client.create_task(Task(prompt="a cat"), request_id="one"))
        await settle(self.client.create_task(v1.CreateGenerationTaskRequest(request_id="two", wait_for_assets=True)))
        self.assertEqual([one.request_id for one in self.server.of("CreateGenerationTask")], ["one", "two"])

    async def test_each_create_of_a_batch_has_a_request_id_of_its_own(self):
        self.server.script["BatchCreateAssets"] = [v1.BatchCreateAssetsResponse()]
        given = v1.BatchCreateAssetsRequest(requests=[v1.CreateAssetRequest(), v1.CreateAssetRequest(request_id="x")])
        await settle(self.client.batch_create_assets(given))
        first, second = self.server.of("BatchCreateAssets")[0].requests
        self.assertEqual((len(first.request_id), second.request_id, given.requests[0].request_id), (36, "x", ""))

    async def test_upstreams_and_models_are_listed_and_tasks_counted(self):
        self.server.script["ListUpstreams"] = [UNAVAILABLE, v1.ListUpstreamsResponse(
            upstreams=[v1.Upstream(upstream="anyfast")])]
        self.server.script["ListModels"] = [v1.ListModelsResponse(models=[v1.Model(model="seedance")])]
        self.server.script["CountGenerationTasks"] = [v1.CountGenerationTasksResponse(
            counts=[v1.CountGenerationTasksResponse.Count(tasks=7)])]
        upstreams = await settle(self.client.list_upstreams(v1.ListUpstreamsRequest()))
        self.assertEqual(upstreams.upstreams[0].upstream, "anyfast")
        self.assertEqual((await settle(self.client.list_models("anyfast"))).models[0].model, "seedance")
        self.assertEqual(self.server.of("ListModels")[0].upstream, "anyfast")
        counted = await settle(self.client.count_tasks(v1.CountGenerationTasksRequest(upstream="anyfast")))
        self.assertEqual(counted.counts[0].tasks, 7)

    async def test_a_reconciliation_does_not_invent_a_request_id_and_is_not_repeated(self):
        self.server.script["ReconcileCreation"] = [UNAVAILABLE, v1.ReconcileCreationResponse()]
        with self.assertRaises(Exception) as raised:
            await settle(self.client.reconcile_creation(v1.ReconcileCreationRequest(request_id="it")))
        self.assertEqual(raised.exception.reason, "STORE_UNAVAILABLE")
        with self.assertRaises(Exception):
            self.server.script["ReconcileCreation"] = [UNAVAILABLE]
            await settle(self.client.reconcile_creation(v1.ReconcileCreationRequest()))
        self.assertEqual([one.request_id for one in self.server.of("ReconcileCreation")], ["it", ""])

    async def test_a_delete_is_repeated_only_with_allow_missing(self):
        self.server.script["DeleteAsset"] = [UNAVAILABLE]
        for request, calls in (("assets/1", 1), (v1.DeleteAssetRequest(name="assets/1", allow_missing=True), 6)):
            with self.assertRaises(Exception):
                await settle(self.client.delete_asset(request))
            self.assertEqual(len(self.server.of("DeleteAsset")), calls)

    async def test_bad_input_is_told_with_its_fields_and_not_repeated(self):
        self.server.script["CreateGenerationTask"] = [failure(Code.INVALID_ARGUMENT, "INVALID_INPUT")]
        with self.assertRaises(InvalidInput) as raised:
            await settle(self.client.create_task(Task(), request_id="mine"))
        self.assertEqual((raised.exception.request_id, raised.exception.code), ("mine", Code.INVALID_ARGUMENT))
        self.assertEqual(len(self.server.requests), 1)

    async def test_an_unknown_outcome_has_the_request_id_that_is_to_be_repeated(self):
        self.server.script["CreateAssetGroup"] = [failure(Code.UNKNOWN, "OUTCOME_UNKNOWN")]
        with self.assertRaises(OutcomeUnknown) as raised:
            await settle(self.client.create_group(v1.AssetGroup(display_name="x")))
        self.assertEqual(raised.exception.request_id, self.server.of("CreateAssetGroup")[0].request_id)

    async def test_a_list_gives_the_items_of_all_pages(self):
        self.server.script["ListGenerationTasks"] = [
            v1.ListGenerationTasksResponse(generation_tasks=[Task(name="1"), Task(name="2")], next_page_token="more"),
            UNAVAILABLE,
            v1.ListGenerationTasksResponse(next_page_token="still more"),
            v1.ListGenerationTasksResponse(generation_tasks=[Task(name="3")])]
        names = [task.name async for task in each(self.client.list_tasks(v1.ListGenerationTasksRequest(page_size=2)))]
        self.assertEqual(names, ["1", "2", "3"])
        tokens = [(one.page_token, one.page_size) for one in self.server.of("ListGenerationTasks")]
        self.assertEqual(tokens, [("", 2), ("more", 2), ("more", 2), ("still more", 2)])

    async def test_each_try_asks_for_the_token(self):
        self.server.script["GetGenerationTask"] = [UNAVAILABLE, Task()]
        tokens = iter(["first", "second"])
        client = self.connect(token=lambda: next(tokens))
        await settle(client.get_task("generationTasks/1"))
        self.assertEqual([one["authorization"] for one in self.server.metadata], ["Bearer first", "Bearer second"])

    async def test_the_user_agent_has_the_version(self):
        await settle(self.connect(user_agent="shop/2").delete_asset("assets/1"))
        self.assertRegex(self.server.metadata[0]["user-agent"], r"^shop/2 seedance-gateway-python/\d+\.\d+\.\d+ ")

    async def test_the_context_of_opentelemetry_is_passed_on(self):
        with unittest.mock.patch.object(options, "_inject", lambda carrier: carrier.update(traceparent="00-4bf9-00f0-01")):
            await settle(self.client.delete_asset("assets/1"))
        self.assertEqual(self.server.metadata[0]["traceparent"], "00-4bf9-00f0-01")

    async def test_the_time_limit_is_for_all_tries(self):
        self.server.script["GetGenerationTask"] = [failure(Code.UNAVAILABLE, "DRAINING", retry_delay=60)]
        begin = time.monotonic()
        with self.assertRaises(Exception) as raised:
            await settle(self.client.get_task("generationTasks/1", timeout=30))
        self.assertEqual(raised.exception.reason, "DRAINING")
        self.assertLess(time.monotonic() - begin, 30)

    async def test_a_call_that_takes_too_long_ends(self):
        self.server.script["GetGenerationTask"] = [until_the_end]
        with self.assertRaises(DeadlineExceeded):
            await settle(self.client.get_task("generationTasks/1", timeout=0.05))

    async def test_neither_token_nor_prompt_is_logged(self):
        self.server.script["CreateGenerationTask"] = [
            UNAVAILABLE, failure(Code.INVALID_ARGUMENT, "INVALID_INPUT", message="bad private-prompt")]
        client = self.connect(token="private-token")
        with self.assertLogs("seedance_gateway", "DEBUG") as logs, self.assertRaises(InvalidInput):
            await settle(client.create_task(Task(prompt="private-prompt")))
        self.assertIn("STORE_UNAVAILABLE", "".join(logs.output))
        self.assertNotIn("private", "".join(logs.output))


class Connections:
    def nobody(self):
        """An endpoint that refuses connections, and that nobody else gets meanwhile."""
        reserved, port = reserved_port()
        self.addCleanup(reserved.close)
        return f"127.0.0.1:{port}"

    async def test_connection_refused_is_said_plainly(self):
        client = self.connect(self.nobody(), timeouts=Timeouts(connect=0.0))
        with self.assertRaises(ConnectionFailed) as raised:
            await settle(client.get_task("generationTasks/1"))
        self.assertRegex(str(raised.exception), r"cannot connect to 127\.0\.0\.1:\d+: connection refused")

    async def test_a_wait_for_a_connection_is_bounded(self):
        client = self.connect(self.nobody(), timeouts=Timeouts(connect=0.3))
        begin = time.monotonic()
        with self.assertRaisesRegex(ConnectionFailed, "connection refused"):
            await settle(client.get_task("generationTasks/1"))
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)

    async def test_a_call_waits_for_a_gateway_that_comes(self):
        class StartAtTheFirstWarning(logging.Handler):
            server = None

            def emit(self, record):
                if self.server is None:
                    reserved.close()
                    self.server = Server(port=port)
                    self.server.script["GetGenerationTask"] = [Task(name="it")]

        reserved, port = reserved_port()
        handler = StartAtTheFirstWarning()
        with self.assertLogs("seedance_gateway", "WARNING") as logs:
            logging.getLogger("seedance_gateway").addHandler(handler)
            self.addCleanup(logging.getLogger("seedance_gateway").removeHandler, handler)
            task = await settle(self.connect(f"127.0.0.1:{port}").get_task("generationTasks/1"))
        self.addCleanup(handler.server.close)
        self.assertEqual(task.name, "it")
        self.assertIn("connection refused", logs.output[0])

    async def test_a_client_that_is_closed_makes_no_further_call(self):
        await settle(self.client.close())
        with self.assertRaises(Exception):
            await settle(self.client.get_task("generationTasks/1"))


class OneApi(unittest.TestCase):
    def test_both_clients_have_the_same_methods_with_the_same_parameters(self):
        names = [name for name in dir(Client) if name[0] != "_"]
        self.assertEqual(names, [name for name in dir(AsyncClient) if name[0] != "_"])
        for name in names:
            if inspect.isfunction(getattr(Client, name)):
                parameters = [list(inspect.signature(getattr(one, name)).parameters.values()) for one in (Client, AsyncClient)]
                self.assertEqual(*parameters, name)

    def test_every_rpc_of_the_protos_has_a_method(self):
        known = {rpc.name for owner in (rpcs.Unaries, rpcs) for rpc in vars(owner).values() if isinstance(rpc, rpcs.Rpc)}
        described = {f"{service.name}/{method}" for module in (
            "asset_group_pb2", "asset_pb2", "creation_pb2", "generation_task_pb2", "upstream_pb2")
            for service in getattr(v1, module).DESCRIPTOR.services_by_name.values() for method in service.methods_by_name}
        self.assertEqual(known, described)

    def test_an_async_token_is_refused_by_the_blocking_client(self):
        async def token():
            return "x"

        with self.assertWarns(RuntimeWarning), self.assertRaises(TypeError):
            Client(Options("127.0.0.1:1", token=token, retry=RetryPolicy(attempts=1))).get_task("x")


class AsyncTokens(ClientCase):
    kind = AsyncClient

    async def test_the_token_may_be_async(self):
        async def token():
            return "later"

        await self.connect(token=token).delete_asset("assets/1")
        self.assertEqual(self.server.metadata[0]["authorization"], "Bearer later")


globals().update(for_both(Calls), **for_both(Connections))
