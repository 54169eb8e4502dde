"""The rules of deploy/edge, with a backend that counts what reaches it. Needs nginx and openssl."""

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import attacks
import edge
import h2
import servers

GET = attacks.TASKS + b"GetGenerationTask"
GRPC_STATUS = bytes.fromhex("9acac8b21234da8f")  # The name in Huffman code; nginx leaves numbers as they are.
UNIMPLEMENTED, UNAVAILABLE, UNAUTHENTICATED = "12", "14", "16"
TOKEN = [(b"authorization", b"Bearer x")]


class Backend:
    """Stands for a gateway: counts calls, and answers them, holds them open or breaks their connection."""

    def __init__(self, behaviour):
        self.behaviour = behaviour
        self.calls = []  # Header blocks.
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                self.answer(connection, stream)
        except OSError:
            pass  # The edge went away first.

    def answer(self, connection, stream):
        connection.sendall(h2.settings([]))
        stream.read(len(h2.PREFACE))
        while len(head := stream.read(9)) == 9:
            payload = stream.read(int.from_bytes(head[:3], "big"))
            if head[3] == h2.SETTINGS and not head[4] & h2.ACK:
                connection.sendall(h2.frame(h2.SETTINGS, h2.ACK, 0))
            if head[3] == h2.HEADERS:
                self.calls.append(payload)
                if self.behaviour == "break":
                    return
                if self.behaviour == "answer":
                    connection.sendall(ok(int.from_bytes(head[5:], "big")))


def huffman(address):
    """An address as nginx writes it: a few rows of RFC 7541, appendix B."""
    codes = {"0": "00000", "1": "00001", "2": "00010", "6": "011100", "7": "011101", ".": "010111"}
    bits = "".join(codes[letter] for letter in address)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def ok(stream):
    """An answer of gRPC: headers, no message, status OK in the trailers."""
    return (h2.frame(h2.HEADERS, h2.END_HEADERS, stream, b"\x88" + h2.literal(b"content-type", b"application/grpc")) +
            h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, stream, h2.literal(b"grpc-status", b"0")))


class EdgeRules(unittest.TestCase):

    def start(self, *values, behaviour="answer"):
        folder = tempfile.mkdtemp(prefix="seedance-edge-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.backend = Backend(behaviour)
        self.addCleanup(self.backend.close)
        values = [value.format(gateway=self.backend.address) for value in values]
        self.edge = edge.start(folder, self.backend, *values)
        self.addCleanup(self.edge.stop)

    def peer(self, **options):
        host, port = self.edge.address.split(":")
        peer = h2.Peer((host, int(port)), tls=True, **options)
        self.addCleanup(peer.close)
        return peer

    def answer(self, path=GET, headers=TOKEN, peer=None):
        """How a call is answered: "passed" by the backend, the gRPC status in its headers, "reset N", or "nothing"."""
        peer = peer or self.peer()
        stream = peer.call(h2.request_block(path, headers, scheme=b"https"))
        peer.wait(lambda: stream in peer.blocks or stream in peer.resets, 10)
        if stream not in peer.blocks:
            return f"reset {peer.resets[stream]}" if stream in peer.resets else "nothing"
        block = peer.blocks[stream]
        self.assertEqual(block[:1], b"\x88", "HTTP status 200")
        _, found, rest = block.partition(GRPC_STATUS)
        return rest[1:1 + rest[0]].decode() if found else "passed"

    def test_the_file_is_right_with_its_defaults(self):
        folder = tempfile.mkdtemp(prefix="seedance-edge-")
        self.addCleanup(shutil.rmtree, folder)
        path = edge.configure(folder)
        result = subprocess.run(edge.command(path, folder, "-t"), capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("[warn]", result.stderr)

    def test_a_value_without_a_name_is_refused(self):
        for values in (["CERTIFICATE=x"], ["CERTIFICATE=x", "PRIVATE_KEY=y", "SPEED=1"]):
            result = subprocess.run([edge.CONFIGURE, *values], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, result.stderr)

    def test_a_call_with_a_token_reaches_the_gateway_with_its_callers_address(self):
        self.start()
        forged = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-client-certificate-subject", b"6.6.6.6")]
        self.assertEqual(self.answer(headers=TOKEN + forged), "passed")
        self.assertEqual(len(self.backend.calls), 1)
        self.assertIn(huffman("127.0.0.1"), self.backend.calls[0])
        self.assertNotIn(huffman("6.6.6.6"), self.backend.calls[0])

    def test_what_the_gateway_does_not_serve_never_reaches_it(self):
        self.start()
        self.assertEqual(self.answer(headers=[]), UNAUTHENTICATED)
        self.assertEqual(self.answer(path=attacks.REFLECTION, headers=[]), UNAUTHENTICATED)
        self.assertEqual(self.answer(path=b"/metrics"), UNIMPLEMENTED)
        self.assertEqual(self.answer(path=b"/grpc.channelz.v1.Channelz/GetServers"), UNIMPLEMENTED)
        self.assertEqual(self.backend.calls, [])
        self.assertEqual(self.answer(path=b"/grpc.health.v1.Health/Check", headers=[]), "passed")

    def test_a_call_is_never_sent_twice(self):
        """Not to another gateway either. Nor may the client be told that it was not processed: gRPC's clients send a
        refused stream again."""
        other = Backend("break")
        self.addCleanup(other.close)
        # A second server, written into the value of the first.
        self.start(f"GATEWAY={other.address} max_fails=0; server {{gateway}}", behaviour="break")
        for number in range(10):
            self.assertEqual(self.answer(), UNAVAILABLE)
            self.assertEqual(len(self.backend.calls) + len(other.calls), number + 1)
        time.sleep(0.5)
        self.assertEqual(len(self.backend.calls) + len(other.calls), 10)
        self.assertGreater(min(len(self.backend.calls), len(other.calls)), 0)

    def test_one_address_has_so_many_streams_and_no_more(self):
        self.start("STREAMS_PER_PEER=5", behaviour="hold")
        peers = [self.peer() for _ in range(2)]
        for number in range(5):
            peers[number % 2].call(h2.request_block(GET, TOKEN, scheme=b"https"))
        servers.wait_until(lambda: len(self.backend.calls) == 5, 60,
                           lambda: f"{len(self.backend.calls)} of five streams are open, answered are "
                           f"{[peer.blocks for peer in peers]}, reset {[peer.resets for peer in peers]}")
        self.assertEqual(self.answer(peer=self.peer()), UNAVAILABLE)
        self.assertEqual(len(self.backend.calls), 5)

    def test_one_connection_has_so_many_streams_and_no_more(self):
        self.start("STREAMS_PER_CONNECTION=5", behaviour="hold")
        peer = self.peer()
        for _ in range(8):
            peer.call(h2.request_block(GET, TOKEN, scheme=b"https"))
        self.assertTrue(peer.wait(lambda: peer.counts[h2.RST_STREAM] + peer.counts[h2.GOAWAY] > 0, 10))
        servers.wait_until(lambda: len(self.backend.calls) >= 5, 60, "five streams are open")
        time.sleep(0.2)
        self.assertEqual(len(self.backend.calls), 5)

    def test_a_header_block_without_end_costs_the_peer_its_connection(self):
        self.start()
        piece = h2.literal(b"x-junk", b"j" * 1000) * 16
        for first, more in ((b"", piece), (b"\x00\x7f", b"\x80" * 16384)):
            peer = self.peer()
            peer.open(h2.request_block(GET, TOKEN, scheme=b"https") + first, flags=0)
            try:
                for _ in range(100):
                    peer.send(h2.frame(h2.CONTINUATION, 0, 1, more))
            except OSError:
                pass
            self.assertTrue(peer.wait(lambda: peer.closed, 10))
        self.assertEqual(self.backend.calls, [])
        self.assertEqual(self.answer(), "passed")

    def test_one_address_has_so_many_calls_a_second_and_no_more(self):
        self.start("CALLS_PER_PEER_SECOND=1", "CALLS_PER_PEER_BURST=4")
        answers = [self.answer() for _ in range(10)]
        self.assertEqual(answers[0], "passed")
        self.assertIn(UNAVAILABLE, answers)
        self.assertLess(len(self.backend.calls), 10)

    def test_what_is_refused_writes_no_log(self):
        self.start("STREAMS_PER_PEER=1", behaviour="hold")
        peer = self.peer()
        peer.call(h2.request_block(GET, TOKEN, scheme=b"https"))
        for headers in ([], TOKEN):
            for _ in range(50):
                self.answer(headers=headers, peer=peer)
        self.assertEqual(servers.read(self.edge.error_log) + self.edge.log().decode(), "")

    def test_a_silent_message_is_cut_off(self):
        self.start("CALLER_SILENCE=1s", behaviour="hold")
        peer = self.peer()
        stream = peer.open(h2.request_block(GET, TOKEN, scheme=b"https"))
        peer.send_data(stream, h2.message(b"x", declared_size=1000), time.monotonic() + 5)
        self.assertTrue(peer.wait(lambda: peer.ended > 0, 10))


if __name__ == "__main__":
    if not edge.NGINX:
        print("SKIPPED: nginx is not installed; deploy/install-dependencies --tests installs it")
        sys.exit(77)
    unittest.main()
