"""The gateway itself checks every configuration of deploy/chart/renders: chart_config.py GATEWAY.

The files that a configuration names are made in a temporary folder, to which its paths are moved, as the pod's mounts would
have them."""

import os
import subprocess
import sys
import tempfile

import yaml

import chart
from chart_objects import StrictLoader, files_named, label, load, of_kind
from files import ROOT

MOVED = ("/etc/seedance-gateway", "/var/lib/seedance-gateway")


def make_certificate(folder):
    """A server's certificate that is its own authority, and its key."""
    paths = [os.path.join(folder, name) for name in ("server.crt", "server.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=chart", "-days", "30", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    return [chart.read(path) for path in paths]


def content(path, certificate, key):
    if path.endswith(".crt"):
        return certificate
    return key if path.endswith("tls.key") else "secret\n"


def check(gateway, config_map, certificate, key):
    """What the gateway says of the configuration in a ConfigMap; empty: it is valid."""
    with tempfile.TemporaryDirectory() as folder:
        moved = {path: folder + path for path in MOVED}
        text = config_map["data"]["gateway.yaml"]
        mounted = os.path.join(folder, "etc/seedance-gateway/config")
        os.makedirs(mounted)
        for name, value in config_map["data"].items():
            for old, new in moved.items():
                value = value.replace(old, new)
            with open(os.path.join(mounted, name), "w", encoding="utf-8") as file:
                file.write(value)
        for path in files_named(yaml.load(text, Loader=StrictLoader)):
            full = folder + path
            if not path.startswith("/etc/"):
                # The database's own file appears by itself; the others are volumes.
                os.makedirs(full if "." not in os.path.basename(path) else os.path.dirname(full), exist_ok=True)
            elif not os.path.exists(full):
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o440)) as file:
                    file.write(content(path, certificate, key))
        done = subprocess.run([gateway, "--config", os.path.join(mounted, "gateway.yaml"), "--check-config"],
                              capture_output=True, text=True, check=False, timeout=60)
        said = done.stdout + done.stderr
        return "" if done.returncode == 0 and "warning" not in said else f"exit code {done.returncode}: {said.strip()}"


def faults_of(gateway, objects, certificate, key):
    for each in of_kind(objects, "ConfigMap"):
        if "gateway.yaml" in each["data"]:
            said = check(gateway, each, certificate, key)
            if said:
                yield f"{label(each)}: {said}"


def main(gateway):
    folder = os.path.join(ROOT, chart.CHART, "renders")
    faults, checked = [], 0
    with tempfile.TemporaryDirectory() as made:
        certificate, key = make_certificate(made)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".yaml"):
            checked += 1
            found = faults_of(gateway, load(chart.read(folder, name)), certificate, key)
            faults += [f"renders/{name}: {fault}" for fault in found]
    if not checked:
        faults.append("found no renders")
    print("\n".join(faults) or f"chart_config: no faults in {checked} renders")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
