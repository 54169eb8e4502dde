"""What stands in for the network of a container: front.py FOLDER NAME.

A DNS server on 127.0.0.1:53 that knows NAME alone, as 127.0.0.1, and a TLS server with the certificate FOLDER/server.pem on
127.0.0.1:443 for HTTP and :8444 for gRPC, which forward to the sandbox on 18080 and to the gateway on 8443. Touches
FOLDER/asked when NAME was asked for.
"""

import asyncio
import pathlib
import ssl
import sys

A, AAAA, IN = 1, 28, 1


class Dns(asyncio.DatagramProtocol):
    def __init__(self, folder, name):
        self.asked = folder / "asked"
        self.question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        end = data.index(b"\0", 12) + 5
        question, kind = data[12:end], int.from_bytes(data[end - 4:end - 2], "big")
        known = question[:-4].lower() == self.question
        answer = b""
        if known:
            self.asked.touch()
        if known and kind == A:
            answer = b"\xc0\x0c" + bytes([0, A, 0, IN, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])
        # An answer, authoritative, recursion available; NXDOMAIN for other names.
        flags = bytes([0x85, 0x80 if known else 0x83])
        head = data[:2] + flags + bytes([0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
        self.transport.sendto(head + question + answer, address)


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def forward(port, reader, writer):
    try:
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, other_writer), pump(other_reader, writer))


async def main(folder, name):
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: Dns(folder, name), local_addr=("127.0.0.1", 53))
    for port, protocol, to in ((443, "http/1.1", 18080), (8444, "h2", 8443)):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder / "server.pem")
        tls.set_alpn_protocols([protocol])
        await asyncio.start_server(lambda r, w, to=to: forward(to, r, w), "127.0.0.1", port, ssl=tls)
    (folder / "ready").touch()
    await asyncio.Event().wait()


asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
