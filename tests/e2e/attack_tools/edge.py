"""The proxy of deploy/edge in front of a gateway, with a certificate made for the occasion."""

import os
import shutil
import subprocess

import servers

CONFIGURATION = os.path.join(servers.ROOT, "deploy/edge/haproxy.cfg")
# All peers of an attack have one address. The limits of one address are wide enough for the attacks to get through to
# what they attack; tests/e2e/edge_test.cc holds the limits themselves.
LIMITS = {
    "SEEDANCE_EDGE_CONNECTIONS_PER_PEER": "20000",
    "SEEDANCE_EDGE_CONNECTIONS_PER_PEER_10S": "200000",
}


def start(folder, gateway):
    """Starts it on a free port of 127.0.0.1 and waits until it finds the gateway ready."""
    if not shutil.which("haproxy"):
        raise servers.Failure("--edge needs haproxy: deploy/install-dependencies --tests")
    ca_file = certificate(folder)
    address = servers.free_address()
    environment = {
        **LIMITS,
        "SEEDANCE_EDGE_LISTEN": address,
        "SEEDANCE_EDGE_CERTIFICATE": os.path.join(folder, "edge.pem"),
        "SEEDANCE_EDGE_GATEWAY": gateway.address,
        "SEEDANCE_EDGE_GATEWAY_ADMIN_PORT": gateway.admin.rpartition(":")[2],
    }
    for name in LIMITS:
        environment[name] = os.environ.get(name, environment[name])
    edge = servers.Process("edge", folder, ["haproxy", "-db", "-f", CONFIGURATION], env=environment)
    edge.address, edge.ca_file = address, ca_file
    servers.wait_until(lambda: servers.listens(address) or not edge.running(), 30, "the edge listens")
    if not edge.running():
        raise servers.Failure("the edge did not start: " + edge.log().decode(errors="replace")[-2000:])
    return edge


def certificate(folder):
    """Makes a certificate for `localhost` and 127.0.0.1; returns the file that callers trust."""
    path, key = os.path.join(folder, "edge-ca.pem"), os.path.join(folder, "edge-key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", path, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    with open(os.path.join(folder, "edge.pem"), "w") as pair:
        pair.write(servers.read(path) + servers.read(key))
    return path
