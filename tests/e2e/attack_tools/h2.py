"""A raw HTTP/2 peer (RFC 9113) of sockets and hand-written frames, for tests that break the rules of the protocol.

Headers are written as literals without indexing and without Huffman coding, or as entries of the static table, so that
no state of HPACK is kept. What the other side sends is read, acknowledged where the protocol asks for it, and counted;
its header blocks are not decoded.
"""

import select
import socket
import ssl
import struct
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

ACK = END_STREAM = 0x1
END_HEADERS = 0x4

INITIAL_WINDOW_SIZE = 4  # Of SETTINGS.

DEFAULT_WINDOW = 65535
CANCEL = 8

NOT_READY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def frame(kind, flags, stream, payload=b""):
    """One frame as bytes."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(values):
    """A SETTINGS frame of pairs (identifier, value)."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in values))


def rst_stream(stream, error=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", error))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def integer(value, prefix_bits, first=0):
    """An HPACK integer (RFC 7541, 5.1) whose first byte has `first` in the bits before the prefix."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([first | value])
    out = bytearray([first | limit])
    value -= limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value):
    """An HPACK string without Huffman coding."""
    return integer(len(value), 7) + value


def literal(name, value):
    """A header field as a literal without indexing, with a literal name."""
    return b"\x00" + text(name) + text(value)


def request_block(path, headers=(), authority=b"127.0.0.1", scheme=b"http"):
    """The header block of a gRPC call: `path` is bytes, `headers` are more pairs of bytes."""
    # From the static table: 3 is `:method: POST`; 6, 7 are `:scheme`; 4 and 1 give the names `:path` and `:authority`.
    block = b"\x83" + (b"\x87" if scheme == b"https" else b"\x86") + b"\x04" + text(path) + b"\x01" + text(authority)
    block += literal(b"te", b"trailers") + literal(b"content-type", b"application/grpc")
    return block + b"".join(literal(name, value) for name, value in headers)


def message(payload, declared_size=None):
    """A gRPC message: its prefix of five bytes and the payload."""
    return struct.pack(">BI", 0, len(payload) if declared_size is None else declared_size) + payload


class Peer:
    """One connection. Sending may be done by one thread; a thread of its own reads."""

    def __init__(self, address, tls=False, preface=True, client_settings=(), acknowledge=True, read=True, timeout=10,
                 source="127.0.0.1"):
        """`address` is (host, port). Without `acknowledge` SETTINGS and PING are never answered and no window is
        opened again; without `read` nothing that the server sends is taken from the socket."""
        self.acknowledge = acknowledge
        self.timeout = timeout
        self.counts = [0] * 256  # Frames that came, by type.
        self.ended = 0  # Streams that the server ended or reset.
        self.data_bytes = 0
        self.blocks = {}  # The first header block of each stream, as it came.
        self.resets = {}  # Error code of each stream that was reset.
        self.closed = False
        self.next_stream = 1
        self._initial_window = DEFAULT_WINDOW
        self._windows = {}  # What may still be sent, by stream; 0 is the connection.
        self._changed = threading.Condition()
        self._answers = b""  # Acknowledgements that wait to be sent.
        self._send_lock = threading.Lock()  # Keeps frames whole.
        self._io_lock = threading.Lock()  # One operation on the socket at a time: OpenSSL wants it.
        self._socket = connect(address, tls, timeout, source)
        if preface:
            self.send(PREFACE + settings(client_settings))
        if read:
            threading.Thread(target=self._read, daemon=True).start()

    def send(self, data):
        """Sends all of `data`; raises OSError when the connection is closed or takes nothing for `timeout` seconds."""
        with self._send_lock:
            self._write(self._take_answers() + data)

    def open(self, block, flags=END_HEADERS):
        """Sends HEADERS on a new stream and returns its id."""
        stream = self.new_stream()
        self.send(frame(HEADERS, flags, stream, block))
        return stream

    def call(self, block, payload=b""):
        """A whole unary call: headers, one message, end of stream. Returns the stream's id."""
        stream = self.new_stream()
        self.send(frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, message(payload)))
        return stream

    def send_call(self, block, payload, deadline):
        """As `call`, for a message that is larger than the server's windows may be."""
        stream = self.open(block)
        self.send_data(stream, message(payload), deadline)
        self.send(frame(DATA, END_STREAM, stream))

    def new_stream(self):
        self.next_stream += 2
        return self.next_stream - 2

    def send_data(self, stream, data, deadline):
        """Sends `data` in DATA frames as the server's windows allow, at most until `deadline` (time.monotonic).
        Returns the number of bytes sent."""
        sent = 0
        while sent < len(data):
            with self._changed:
                self._changed.wait_for(lambda: self.closed or self._room(stream) > 0, deadline - time.monotonic())
                size = min(len(data) - sent, 16384, self._room(stream))
                if self.closed or size <= 0:
                    break
                for key in (0, stream):
                    self._windows[key] = self._window(key) - size
            self.send(frame(DATA, 0, stream, data[sent:sent + size]))
            sent += size
        return sent

    def wait(self, condition, seconds):
        """Waits until `condition()` holds or the connection is closed; returns whether it holds."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or condition(), max(0, seconds))
            return condition()

    def close(self):
        self.closed = True
        with self._io_lock:
            self._socket.close()

    def _room(self, stream):
        return min(self._window(0), self._window(stream))

    def _window(self, stream):
        return self._windows.get(stream, self._initial_window if stream else DEFAULT_WINDOW)

    def _write(self, data):
        rest = memoryview(data)
        while rest:
            try:
                with self._io_lock:
                    rest = rest[self._socket.send(rest[:1 << 20]):]
            except NOT_READY:
                if not _ready(self._socket, select.POLLOUT, self.timeout):
                    raise TimeoutError("the server takes nothing") from None

    def _take_answers(self):
        with self._changed:
            answers, self._answers = self._answers, b""
        return answers

    def _read(self):
        buffer = b""
        try:
            while not self.closed:
                if self._answers and self._send_lock.acquire(blocking=False):
                    try:
                        self._write(self._take_answers())
                    finally:
                        self._send_lock.release()
                try:
                    with self._io_lock:
                        piece = self._socket.recv(1 << 18)
                except NOT_READY:
                    _ready(self._socket, select.POLLIN, 0.05)
                    continue
                if not piece:
                    break
                buffer = self._take_frames(buffer + piece)
        except (OSError, ValueError):
            pass
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _take_frames(self, buffer):
        """Handles the whole frames of `buffer` and returns the rest."""
        position = 0
        with self._changed:
            while len(buffer) - position >= 9:
                size = int.from_bytes(buffer[position:position + 3], "big")
                if len(buffer) - position < 9 + size:
                    break
                kind, flags, stream = struct.unpack_from(">BBI", buffer, position + 3)
                self._handle(kind, flags, stream & 0x7fffffff, buffer[position + 9:position + 9 + size])
                position += 9 + size
            self._changed.notify_all()
        return buffer[position:]

    def _handle(self, kind, flags, stream, payload):
        self.counts[kind] += 1
        if kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM):
            self.ended += 1
        if kind == HEADERS:
            self.blocks.setdefault(stream, payload)
        elif kind == RST_STREAM:
            self.resets[stream] = int.from_bytes(payload, "big")
        if kind == DATA and payload:
            self.data_bytes += len(payload)
            self._answer(window_update(0, len(payload)))
        elif kind == WINDOW_UPDATE:
            self._windows[stream] = self._window(stream) + int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags & ACK:
            for key, value in struct.iter_unpack(">HI", payload):
                if key == INITIAL_WINDOW_SIZE:
                    self._change_initial_window(value)
            self._answer(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self._answer(frame(PING, ACK, 0, payload))

    def _change_initial_window(self, value):
        for stream in self._windows:
            if stream:
                self._windows[stream] += value - self._initial_window
        self._initial_window = value

    def _answer(self, data):
        if self.acknowledge:
            self._answers += data


def connect(address, tls=False, timeout=10, source="127.0.0.1"):
    """A connected socket that does not block, after the handshake of TLS. `source` is the address of this side."""
    plain = socket.create_connection(address, timeout=timeout, source_address=(source, 0))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = _tls_context().wrap_socket(plain, server_hostname=address[0]) if tls else plain
    connection.setblocking(False)
    return connection


def _ready(connection, event, seconds):
    poll = select.poll()
    poll.register(connection, event)
    return bool(poll.poll(seconds * 1000))


def _tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # The certificate is made by the test itself, on this machine.
    context.set_alpn_protocols(["h2"])
    return context
