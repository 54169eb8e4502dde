"""The processes of an attack: sandbox, gateway, edge proxy, honest client, each started in a folder of its own and
ended by process id."""

import ctypes
import hashlib
import os
import resource
import signal
import socket
import subprocess
import time
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
HONEST_TOKEN = "honest-token"
ATTACKER_TOKEN = "attacker-token"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PIDS_CGROUPS = ("/sys/fs/cgroup/pids", "/sys/fs/cgroup")


class Failure(Exception):
    pass


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % probe.getsockname()[1]


def listens(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition, seconds, what):
    """`what` is a text, or makes one when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"{what() if callable(what) else what}: not within {seconds} s")
        time.sleep(0.02)


class Process:
    """A child process with its log in a file."""

    def __init__(self, name, folder, arguments, address_space=0, group=None, env=None):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        def prepare():
            # Nothing outlives the run, however that ends.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if address_space:
                resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if group:
                group.enter()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                                            preexec_fn=prepare, env={**os.environ, **(env or {})})

    def running(self):
        return self.process.poll() is None

    def log(self):
        with open(self.log_path, "rb") as log:
            return log.read()

    def log_bytes(self):
        return os.path.getsize(self.log_path)

    def usage(self):
        """(threads, resident bytes, processor seconds) of the process and its children; zeros when it is gone."""
        pids = [self.process.pid]
        try:
            with open(f"/proc/{pids[0]}/task/{pids[0]}/children") as children:
                pids += [int(pid) for pid in children.read().split()]
        except OSError:
            pass
        parts = [process_usage(pid) for pid in pids]
        return tuple(sum(column) for column in zip(*parts))

    def stop(self, number=signal.SIGTERM, seconds=10):
        if self.running():
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


def process_usage(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0, 0, 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    return int(fields[17]), int(fields[21]) * resource.getpagesize(), (int(fields[11]) + int(fields[12])) / ticks


class ThreadLimit:
    """A cgroup of its own that bounds the number of threads: RLIMIT_NPROC does not bind root."""

    def __init__(self, limit):
        self.folder = None
        for root in PIDS_CGROUPS:
            folder = os.path.join(root, f"seedance-attacks-{os.getpid()}")
            try:
                os.mkdir(folder)
                self.folder = folder
                with open(os.path.join(folder, "pids.max"), "w") as file:
                    file.write(str(limit))
                return
            except OSError:
                self.close()
        raise Failure("--threads-limit: this user has no cgroup with a pids controller to write to")

    def enter(self):
        with open(os.path.join(self.folder, "cgroup.procs"), "w") as file:
            file.write(str(os.getpid()))

    def close(self):
        if self.folder:
            try:
                os.rmdir(self.folder)
            except OSError:
                pass
            self.folder = None


def start_sandbox(binary, folder):
    ports = os.path.join(folder, "sandbox.ports")
    sandbox = Process("sandbox", folder, [
        binary, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--port-file", ports, "--speed", "0",
        "--group-lag-seconds", "0"])
    wait_until(lambda: read(ports).count("\n") >= 2 or not sandbox.running(), 60, "the sandbox listens")
    values = dict(line.split("=", 1) for line in read(ports).split())
    sandbox.address, sandbox.control = values["listen"], values["control"]
    return sandbox


def bills(sandbox):
    """Number of calls that the vendor billed."""
    with urllib.request.urlopen(f"http://{sandbox.control}/ledger", timeout=10) as answer:
        return answer.read().count(b'"seq"')


def start_gateway(binary, folder, sandbox, server_lines, address_space, group):
    port_file = os.path.join(folder, "gateway.port")
    admin = free_address()
    tenants = "".join(f"  - name: {name}\n    token_sha256: [{hashlib.sha256(token.encode()).hexdigest()}]\n"
                      for name, token in (("honest", HONEST_TOKEN), ("attacker", ATTACKER_TOKEN)))
    lines = "".join(f"  {line}\n" for line in server_lines)
    config = f"""server:
  listen: 127.0.0.1:0
  port_file: {port_file}
{lines}store:
  sqlite: {{path: {folder}/gateway.db}}
upstreams:
  - name: anyfast
    rate: {{polls_per_second: 1000, submits_per_second: 1000}}
    anyfast:
      base_url: http://{sandbox.address}
      api_key: {{env: SEEDANCE_ATTACKS_VENDOR_KEY}}
      allow_plain_http: true
admin:
  listen: {admin}
tenants:
{tenants}"""
    path = os.path.join(folder, "gateway.yaml")
    with open(path, "w") as file:
        file.write(config)
    gateway = Process("gateway", folder, [binary, "--config", path], address_space, group,
                      {"SEEDANCE_ATTACKS_VENDOR_KEY": "sandbox-key"})
    wait_until(lambda: read(port_file).strip() or not gateway.running(), 60, "the gateway listens")
    if not gateway.running():
        raise Failure("the gateway did not start: " + gateway.log().decode(errors="replace")[-2000:])
    gateway.address, gateway.admin = read(port_file).strip(), admin
    return gateway


def start_honest_client(binary, folder, address, ca_file, rounds=0):
    arguments = [binary, address, HONEST_TOKEN]
    if ca_file:
        arguments += ["--ca", ca_file]
    if rounds:
        arguments += ["--rounds", str(rounds)]
    client = Process(f"honest-{time.monotonic_ns()}", folder, arguments)
    return client


def calls_of(client):
    """[(start, kind, milliseconds, whether it was OK)] of an honest client, so far."""
    calls = []
    for line in client.log().decode(errors="replace").splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[1] in ("get", "validate", "watch"):
            calls.append((float(parts[0]), parts[1], float(parts[2]), parts[3] == "OK"))
    return calls


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
