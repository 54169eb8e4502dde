"""The proxy of deploy/edge in front of a gateway, with a certificate made for the occasion."""

import os
import shutil
import subprocess

import servers

CONFIGURE = os.path.join(servers.ROOT, "deploy/edge/configure")
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def start(folder, gateway, *values):
    """Starts it on a free port of 127.0.0.1 and waits until it listens. `values` are those of deploy/edge/configure."""
    if not NGINX:
        raise servers.Failure("the edge needs nginx: deploy/install-dependencies --tests")
    address = servers.free_address()
    path = configure(folder, f"LISTEN={address}", f"GATEWAY={gateway.address}", *values)
    edge = servers.Process("edge", folder, command(path, folder))
    edge.address, edge.ca_file, edge.error_log = address, os.path.join(folder, "edge-ca.pem"), folder + "/error.log"
    servers.wait_until(lambda: servers.listens(address) or not edge.running(), 30, "the edge listens")
    if not edge.running():
        raise servers.Failure("the edge did not start: " + edge.log().decode(errors="replace")[-2000:])
    return edge


def command(path, folder, *more):
    return [NGINX, "-e", os.path.join(folder, "error.log"), "-c", path, *more]


def configure(folder, *values):
    """Writes certificate and configuration into `folder`; returns the path of the configuration."""
    certificate(folder)
    path = os.path.join(folder, "edge.conf")
    with open(path, "w") as file:
        subprocess.run([CONFIGURE, f"CERTIFICATE={folder}/edge-ca.pem", f"PRIVATE_KEY={folder}/edge-key.pem",
                        f"STATE={folder}", "WORKERS=2", *values], check=True, stdout=file)
    return path


def certificate(folder):
    """Makes a certificate for `localhost` and 127.0.0.1, which callers trust as it is."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", os.path.join(folder, "edge-key.pem"), "-out", os.path.join(folder, "edge-ca.pem"),
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
