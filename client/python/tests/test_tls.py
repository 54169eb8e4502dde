"""TLS and mTLS, with certificates that openssl makes."""

import os
import shutil
import subprocess
import tempfile
import unittest

import grpc

from seedance_gateway import Client, Options, Timeouts
from seedance_gateway.errors import ConnectionFailed

from .scripted import Server, Task


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        for name in ("server", "client"):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-keyout", cls.path(f"{name}.key"), "-out",
                 cls.path(f"{name}.pem")], check=True, capture_output=True, timeout=60)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def serve(self, client_authorities=None):
        server = Server(grpc.ssl_server_credentials([(self.read("server.key"), self.read("server.pem"))], client_authorities,
                                                    client_authorities is not None))
        self.addCleanup(server.close)
        server.script["GetGenerationTask"] = [Task(name="it")]
        return server

    def get(self, server, **options):
        with Client(Options(server.endpoint, tls=True, timeouts=Timeouts(connect=0.0), **options)) as client:
            return client.get_task("generationTasks/1").name

    def test_the_gateway_is_checked_against_the_authorities(self):
        server = self.serve()
        self.assertEqual(self.get(server, ca_file=self.path("server.pem"), token="secret"), "it")
        self.assertEqual(server.metadata[0]["authorization"], "Bearer secret")
        with self.assertRaises(ConnectionFailed):
            self.get(server, ca_file=self.path("client.pem"))

    def test_a_client_certificate_is_presented(self):
        server = self.serve(self.read("client.pem"))
        options = {"certificate_file": self.path("client.pem"), "private_key_file": self.path("client.key")}
        self.assertEqual(self.get(server, ca_file=self.path("server.pem"), **options), "it")
        with self.assertRaises(ConnectionFailed):
            self.get(server, ca_file=self.path("server.pem"))

    def test_a_file_that_is_missing_is_told_at_once(self):
        with self.assertRaises(FileNotFoundError):
            Client(Options(tls=True, ca_file=self.path("none.pem")))


if __name__ == "__main__":
    unittest.main()
