"""The service config of proto/RECIPE.md: gRPC takes it, it names every method, and it does what the page says."""

import json
import os
import re
import unittest

import grpc

from seedance_gateway import v1
from seedance_gateway.v1 import asset_pb2_grpc, generation_task_pb2_grpc

from .scripted import Server, Task, failure

RECIPE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../proto/RECIPE.md")
UNAVAILABLE = failure(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")


class RecipeTest(unittest.TestCase):
    def setUp(self):
        with open(RECIPE, encoding="utf-8") as file:
            self.config = json.loads(re.search(r"```json\n(.*?)```", file.read(), re.S).group(1))
        self.server = Server()
        self.addCleanup(self.server.close)
        self.channel = grpc.insecure_channel(self.server.endpoint, [("grpc.service_config", json.dumps(self.config))])
        self.addCleanup(self.channel.close)

    def test_every_method_but_the_streams_of_answers_has_a_time_limit(self):
        named = [f"{name['service']}/{name['method']}" for entry in self.config["methodConfig"] for name in entry["name"]]
        methods = [method for module in ("asset_group_pb2", "asset_pb2", "creation_pb2", "generation_task_pb2",
                                                      "upstream_pb2")
                   for service in getattr(v1, module).DESCRIPTOR.services_by_name.values() for method in service.methods]
        self.assertEqual(sorted(named), sorted(
            f"{method.containing_service.full_name}/{method.name}" for method in methods if not method.server_streaming))

    def test_a_create_is_repeated_with_its_request_id(self):
        self.server.script["CreateGenerationTask"] = [UNAVAILABLE, Task(name="it")]
        stub = generation_task_pb2_grpc.GenerationTaskServiceStub(self.channel)
        task = stub.CreateGenerationTask(v1.CreateGenerationTaskRequest(request_id="mine"))
        self.assertEqual((task.name, [one.request_id for one in self.server.of("CreateGenerationTask")]),
                         ("it", ["mine", "mine"]))

    def test_a_delete_is_not_repeated(self):
        self.server.script["DeleteAsset"] = [UNAVAILABLE]
        with self.assertRaises(grpc.RpcError):
            asset_pb2_grpc.AssetServiceStub(self.channel).DeleteAsset(v1.DeleteAssetRequest(name="assets/1"))
        self.assertEqual(len(self.server.of("DeleteAsset")), 1)


if __name__ == "__main__":
    unittest.main()
