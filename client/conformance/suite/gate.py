"""A TCP proxy between client and gateway that refuses, cuts, holds and drops what passes, and counts it."""

import socket
import struct
import threading
import time

UP, DOWN = "up", "down"  # To the gateway, to the client.


class _Pipe:
    """One connection of a client with its connection to the gateway."""

    def __init__(self, gate, client, server):
        self.gate, self.client, self.server = gate, client, server
        self.bytes = {UP: 0, DOWN: 0}
        for way, source, sink in ((UP, client, server), (DOWN, server, client)):
            threading.Thread(target=self._pump, args=(way, source, sink), daemon=True).start()

    def reset(self):
        for end in (self.client, self.server):
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _pump(self, way, source, sink):
        try:
            while data := source.recv(16384):
                if not self.gate._passes(self, way, len(data)):
                    continue
                sink.sendall(data)
        except OSError:
            pass
        self.gate._ended(self, way)
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Gate:
    """Listens on a free port of 127.0.0.1. Thread-safe."""

    def __init__(self):
        self._changed = threading.Condition()
        self._pipes = []
        self._refusing = False
        self._held, self._dropped = set(), set()
        self._cut_at = {}  # Direction: bytes of all connections together, from now on.
        self.target = None  # (host, port) of the gateway.
        self.connections = 0  # That clients tried, refused ones too.
        self.passed = {UP: 0, DOWN: 0}  # Bytes.
        self.left_at = []  # When clients gave connections up, by time.monotonic().
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.endpoint = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self):
        """Resets all connections, and new ones at once."""
        self._refusing = True
        self.cut()

    def allow(self):
        """Forwards everything again, also what was held."""
        with self._changed:
            self._refusing = False
            self._held, self._dropped = set(), set()
            self._changed.notify_all()

    def hold(self, *ways):
        """Keeps bytes on the way back until `allow`: the peer seems to be dead."""
        with self._changed:
            self._held = set(ways or (UP, DOWN))

    def drop(self, *ways):
        """Loses all bytes of these directions until `allow`."""
        self._dropped = set(ways or (DOWN,))

    def cut(self):
        """Resets all connections."""
        with self._changed:
            pipes, self._pipes = self._pipes, []
        for pipe in pipes:
            pipe.reset()

    def cut_after(self, way, count):
        """Resets the connection that carries the byte with this number, counted from now on, once."""
        self._cut_at[way] = self.passed[way] + count

    def close(self):
        self._listener.close()
        self.allow()
        self.cut()

    def wait_left(self, since, timeout):
        """Seconds from `since` until a client gave a connection up; None after `timeout`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (left := [at for at in self.left_at if at >= since]):
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    return None
            return left[0] - since

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._refusing:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=10)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self._pipes.append(_Pipe(self, client, server))

    def _passes(self, pipe, way, count):
        """Waits while bytes are held. False: they are lost."""
        with self._changed:
            while way in self._held:
                self._changed.wait()
        if way in self._dropped:
            return False
        self.passed[way] += count
        at = self._cut_at.get(way)
        if at is not None and self.passed[way] >= at:
            del self._cut_at[way]
            pipe.reset()
            raise OSError("cut")
        return True

    def _ended(self, pipe, way):
        if way == UP:
            with self._changed:
                self.left_at.append(time.monotonic())
                self._changed.notify_all()
