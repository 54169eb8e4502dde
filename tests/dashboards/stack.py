"""The processes behind the dashboards: sandbox, gateways, PostgreSQL, Prometheus, and a collector of traces that keeps
nothing. All on free loopback ports, in one temporary folder, and ended with it."""

import contextlib
import hashlib
import http.server
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TENANTS = {"studio": "token-of-studio", "render": "token-of-render", "crowd": "token-of-crowd"}
# Prices of the default models.
PRICE = "{currency: USD, per_second: 0.05}"


def prometheus_expr(expr):
    """An expression of Grafana with all chosen, and short windows."""
    expr = re.sub(r"\"\$\w+\"", '".*"', expr)
    return re.sub(r"\[(\$__rate_interval|1h|24h)\]", "[1m]", expr)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, condition, seconds=60):
    """Waits until `condition` gives something, and returns it."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.2)


def read(path):
    with contextlib.suppress(OSError):
        with open(path, encoding="utf-8") as file:
            return file.read()
    return ""


def http_json(url, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        text = reply.read()
    return json.loads(text) if text else None


def webhook_token(upstream, secret):
    """The secret part of the path of an upstream's webhooks (service/config/webhook_path.cc)."""
    return hashlib.sha256(f"webhook path\n{upstream}\n{secret}".encode()).hexdigest()[:32]


def status_of(url, headers=None, body=None):
    """The status of the answer to a GET, or, with a body, a POST."""
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(),
                                     headers={"content-type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes every trace."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Stack:
    def __init__(self, build, folder):
        self.build = os.path.abspath(build)
        self.folder = folder
        self.processes = {}
        self.gateways = {}
        self.prometheus_url = ""
        self.collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
        threading.Thread(target=self.collector.serve_forever, daemon=True).start()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def program(self, name):
        folder = {"seedance-gateway": "service/server", "seedance-sandbox": "tests/sandbox",
                  "seedancectl": "client/cpp"}[name]
        for path in (os.path.join(self.build, folder, name), os.path.join(self.build, "bin", name)):
            if os.path.exists(path):
                return path
        raise FileNotFoundError(f"{self.build} has no {name}: build it first")

    def start(self, name, *command, env=None, user=None):
        """Starts a process. Its output is in <name>.log."""
        with open(self.path(f"{name}.log"), "ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **(env or {})}, user=user, group=user and
                pwd.getpwnam(user).pw_gid, extra_groups=[] if user else None, start_new_session=True)
        return self.processes[name]

    def stop(self, name, how=signal.SIGTERM, seconds=30):
        process = self.processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        for name in reversed(list(self.processes)):
            self.stop(name, signal.SIGINT if name == "postgres" else signal.SIGTERM, 40)
        self.collector.shutdown()

    def alive(self, name):
        if self.processes[name].poll() is not None:
            raise RuntimeError(f"{name} ended: {read(self.path(name + '.log'))[-2000:]}")
        return True

    # The vendors.

    def start_sandbox(self, port=0, control=0):
        ports = self.path("ports")
        with contextlib.suppress(OSError):
            os.remove(ports)
        # Few places for assets; lost PiAPI tasks cannot be found, and stay in doubt.
        self.start("sandbox", self.program("seedance-sandbox"), "--listen", f"127.0.0.1:{port}", "--control",
                   f"127.0.0.1:{control}", "--port-file", ports, "--task-seconds", "6", "--asset-seconds", "1",
                   "--usage-log-limit", "0", "--piapi-max-assets", "10", "--piapi-histories", "none", "--key", "good", "--key", "good-too")
        text = until("the sandbox", lambda: self.alive("sandbox") and read(ports))
        listen = dict(line.split("=", 1) for line in text.split())
        self.vendor, self.control = "http://" + listen["listen"], "http://" + listen["control"]

    def restart_sandbox(self):
        self.start_sandbox(*(urllib.parse.urlparse(url).port for url in (self.vendor, self.control)))

    def fault(self, **rule):
        """Adds a rule, unless the sandbox is away."""
        with contextlib.suppress(OSError):
            http_json(self.control + "/faults", rule, "POST")

    # The gateways.

    def make_certificates(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.path("tls.key"), "-out", self.path("tls.crt"), "-days", "60", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        os.chmod(self.path("tls.key"), 0o600)

    def configuration(self, name, store, tls, key, more):
        tenants = "\n".join(f"  - {{name: {each}, token_sha256: [{hashlib.sha256(token.encode()).hexdigest()}]}}"
                            for each, token in TENANTS.items())
        certificate = f"tls: {{certificate_file: {self.path('tls.crt')}, private_key_file: {self.path('tls.key')}}}"
        return f"""server:
  listen: 127.0.0.1:0
  port_file: {self.path(name + '.port')}
  drain_grace: 30s
  call_limits: {{max_calls_per_tenant: {3 if tls else 100}}}
  {certificate if tls else 'allow_insecure_listen: true'}
store: {store}
admin:
  listen: 127.0.0.1:0
  port_file: {self.path(name + '.admin')}
  public_base_url: http://127.0.0.1
  staging: {{directory: {self.path('staging')}}}
  max_tenants_in_metrics: 2
tracing: {{otlp_endpoint: "http://127.0.0.1:{self.collector.server_address[1]}"}}
tenants:
{tenants}
upstreams:
  - name: anyfast
    rate: {{breaker_pause: 1s, breaker_failures: 5}}
    limits: {{models: [{{name: seedance, price: {PRICE}}}]}}
    anyfast:
      base_url: {self.vendor}
      api_key: {{env: VENDOR_KEY}}
      allow_plain_http: true
      usage_log: {{read_interval: 1s, lag: 2s, taken_within: 4s, cost_interval: 1s, exclusive_key: true}}
      http: {{submit_timeout: 20s}}
  - name: piapi
    rate: {{breaker_pause: 1s, breaker_failures: 5}}
    limits: {{models: [{{name: seedance-2, price: {PRICE}}}], assets: {{max_assets: 9}}}}
    piapi:
      base_url: {self.vendor}
      upload_url: {self.vendor}/api/ephemeral_resource
      api_key: {{env: VENDOR_KEY}}
      plan: developer
      webhook_secret: {{env: WEBHOOK_SECRET}}
      allow_plain_http: true
tasks: {{poll_interval_queued: 1s, poll_interval_running: 1s, poll_interval_asset: 0.5s, poll_interval_unwatched: 2s}}
{more}"""

    def start_gateway(self, name, store, tls=False, key="good", job="gateway", more=""):
        os.makedirs(self.path("staging"), exist_ok=True)
        config = self.path(name + ".yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(self.configuration(name, store, tls, key, more))
        for port in ("port", "admin"):
            with contextlib.suppress(OSError):
                os.remove(self.path(f"{name}.{port}"))
        self.start(name, self.program("seedance-gateway"), "--config", config,
                   env={"VENDOR_KEY": key, "WEBHOOK_SECRET": "hush"})
        address = until(f"gateway {name}", lambda: self.alive(name) and read(self.path(name + ".port")).strip())
        self.gateways[name] = {"address": address, "tls": tls, "job": job, "admin": read(self.path(name + ".admin")).strip()}
        self.write_targets()

    def start_postgres(self):
        """A server on a socket of its own; the folder of its programs is Debian's. False: it is not installed."""
        root = "/usr/lib/postgresql"
        versions = sorted(os.listdir(root), key=float) if os.path.isdir(root) else []
        if not versions:
            return False
        programs = os.path.join(root, versions[-1], "bin")
        home = self.path("postgres")
        os.makedirs(home)
        user = "postgres" if os.getuid() == 0 else None
        if user:
            os.chmod(self.folder, 0o755)
            shutil.chown(home, user, user)
        self.start("initdb", f"{programs}/initdb", "--pgdata", f"{home}/data", "--username", "gateway", "--auth", "trust",
                   "--encoding", "UTF8", "--locale", "C.UTF-8", user=user)
        until("initdb", lambda: self.processes["initdb"].poll() is not None, 120)
        self.start("postgres", f"{programs}/postgres", "-D", f"{home}/data", "-c", "listen_addresses=", "-c",
                   f"unix_socket_directories={home}", user=user)
        until("PostgreSQL", lambda: self.alive("postgres") and "\nready" in read(f"{home}/data/postmaster.pid"))
        return True

    def start_replicas(self):
        """Two gateways that share PostgreSQL; the names of those that there are."""
        if not self.start_postgres():
            return []
        store = f"{{postgres: {{connection: 'host={self.path('postgres')} dbname=postgres user=gateway', replicas: {{}}}}}}"
        for name in ("replica-1", "replica-2"):
            self.start_gateway(name, store, key="good-too", job="replicas")
        return ["replica-1", "replica-2"]

    def probe(self):
        """Asks /readyz, as a kubelet does."""
        return {name: status_of(f"http://{each['admin']}/readyz") for name, each in self.gateways.items()}

    # Prometheus.

    def write_targets(self):
        targets = [{"targets": [each["admin"]], "labels": {"job": each["job"], "namespace": "video", "pod": name}}
                   for name, each in self.gateways.items()]
        with open(self.path("targets.new"), "w", encoding="utf-8") as file:
            json.dump(targets, file)
        os.replace(self.path("targets.new"), self.path("targets.json"))

    def start_prometheus(self, rules):
        """`rules`: a file. Scrapes and evaluates every two seconds."""
        with open(self.path("prometheus.yml"), "w", encoding="utf-8") as file:
            file.write(f"""global: {{scrape_interval: 2s, evaluation_interval: 2s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: gateway
    file_sd_configs: [{{files: [{self.path('targets.json')}], refresh_interval: 1s}}]
""")
        self.write_targets()
        port = free_port()
        self.prometheus_url = f"http://127.0.0.1:{port}"
        self.start("prometheus", "prometheus", f"--config.file={self.path('prometheus.yml')}",
                   f"--storage.tsdb.path={self.path('tsdb')}", f"--web.listen-address=127.0.0.1:{port}",
                   "--log.level=warn")
        until("Prometheus", lambda: self.alive("prometheus") and self.is_ready())

    def is_ready(self):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.prometheus_url + "/-/ready", timeout=5) as reply:
                return reply.status == 200
        return False

    def ask(self, path, **fields):
        url = f"{self.prometheus_url}/api/v1/{path}?{urllib.parse.urlencode(fields)}"
        return http_json(url)["data"]

    def query(self, expr):
        return self.ask("query", query=expr)["result"]

    # Callers.

    def ctl(self, gateway, tenant, *words, wait=True):
        """Runs seedancectl: (exit code, output), or the process when nobody waits."""
        each = self.gateways[gateway]
        command = [self.program("seedancectl"), "--endpoint", each["address"], "--no-color"]
        command += ["--ca-file", self.path("tls.crt")] if each["tls"] else []
        process = subprocess.Popen(command + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "SEEDANCE_TOKEN": TENANTS.get(tenant, tenant)}, cwd=self.folder)
        if not wait:
            return process
        try:
            output, errors = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, output.strip() or errors.strip()
