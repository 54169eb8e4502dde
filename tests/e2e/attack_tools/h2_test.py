"""The frame writer against bytes of RFC 7541 and RFC 9113, and the reader against a server of three frames."""

import socket
import threading
import time
import unittest

import attacks
import h2


class FrameWriter(unittest.TestCase):

    def test_a_frame_has_length_type_flags_and_stream(self):
        self.assertEqual(h2.frame(h2.DATA, h2.END_STREAM, 5, b"abc"), bytes.fromhex("000003 00 01 00000005 616263"))
        self.assertEqual(h2.settings([(h2.INITIAL_WINDOW_SIZE, 65535)]),
                         bytes.fromhex("000006 04 00 00000000 0004 0000ffff"))
        self.assertEqual(h2.rst_stream(3), bytes.fromhex("000004 03 00 00000003 00000008"))
        self.assertEqual(h2.window_update(0, 1), bytes.fromhex("000004 08 00 00000000 00000001"))

    def test_integers_are_those_of_rfc_7541_appendix_c1(self):
        self.assertEqual(h2.integer(10, 5), b"\x0a")
        self.assertEqual(h2.integer(1337, 5), b"\x1f\x9a\x0a")
        self.assertEqual(h2.integer(42, 8), b"\x2a")
        self.assertEqual(h2.integer(127, 7), b"\x7f\x00")

    def test_a_literal_without_indexing_has_a_literal_name(self):
        self.assertEqual(h2.literal(b"password", b"secret"), b"\x00\x08password\x06secret")

    def test_a_message_has_five_bytes_before_it(self):
        self.assertEqual(h2.message(b"ab"), b"\x00\x00\x00\x00\x02ab")
        self.assertEqual(h2.message(b"ab", declared_size=256), b"\x00\x00\x00\x01\x00ab")


class ReaderOfFrames(unittest.TestCase):

    def serve(self, sent):
        """A server that takes the preface, sends `sent`, and collects what comes afterwards."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.received = b""
        def run():
            connection = listener.accept()[0]
            connection.sendall(sent)
            while piece := connection.recv(1 << 16):
                self.received += piece
            connection.close()
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        peer = h2.Peer(listener.getsockname())
        def end():
            peer.close()
            thread.join(10)
        return peer, end

    def test_frames_are_counted_and_answered(self):
        peer, end = self.serve(h2.settings([]) + h2.frame(h2.PING, 0, 0, b"12345678") +
                               h2.frame(h2.DATA, h2.END_STREAM, 1, b"abc"))
        self.assertTrue(peer.wait(lambda: peer.ended == 1, 10))
        expected = (h2.frame(h2.SETTINGS, h2.ACK, 0) + h2.frame(h2.PING, h2.ACK, 0, b"12345678") +
                    h2.window_update(0, 3))
        limit = time.monotonic() + 10
        while expected not in self.received and time.monotonic() < limit:
            time.sleep(0.01)
        self.assertEqual(self.received, h2.PREFACE + h2.settings([]) + expected)
        self.assertEqual((peer.counts[h2.DATA], peer.data_bytes), (1, 3))
        end()

    def test_data_stops_at_the_window(self):
        peer, end = self.serve(h2.settings([(h2.INITIAL_WINDOW_SIZE, 100)]))
        self.assertTrue(peer.wait(lambda: peer.counts[h2.SETTINGS] == 1, 10))
        stream = peer.open(b"")
        self.assertEqual(peer.send_data(stream, bytes(200), time.monotonic() + 0.2), 100)
        end()


class Attacks(unittest.TestCase):

    def test_only_loopback_is_attacked(self):
        values = {"address": "192.0.2.1:443", "admin": "", "tls": False, "token": "", "count": 1, "seconds": 1, "seed": 1}
        with self.assertRaises(ValueError):
            attacks.Target(values)

    def test_varints_are_those_of_protobuf(self):
        self.assertEqual(attacks.varint(300), b"\xac\x02")
        self.assertEqual(attacks.string_field(2, b"testing"), b"\x12\x07testing")


if __name__ == "__main__":
    unittest.main()
