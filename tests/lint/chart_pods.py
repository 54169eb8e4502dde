"""Rules of every pod that deploy/chart makes: what a restricted cluster admits, secrets as files, limits, probes, and the
arithmetic of its end. Each function yields faults as text."""

from chart_objects import config_of, files_named, gateways, label, pod_templates, port_of, quantity, seconds

USER = 65532
LEAST_MARGIN = 5  # Seconds that the kubelet leaves between the end of a drain and SIGKILL.


def security(objects):
    for each, pod in pod_templates(objects):
        spec = pod["spec"]
        context = spec.get("securityContext", {})
        wanted = {"runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER,
                  "seccompProfile": {"type": "RuntimeDefault"}}
        for field, value in wanted.items():
            if context.get(field) != value:
                yield f"{label(each)}: securityContext.{field} is not {value}"
        for field in ("automountServiceAccountToken", "enableServiceLinks"):
            if spec.get(field) is not False:
                yield f"{label(each)}: {field} is not false"
        for field in ("hostNetwork", "hostPID", "hostIPC", "initContainers"):
            if spec.get(field):
                yield f"{label(each)}: has {field}"
        for container in spec["containers"]:
            own = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            if container.get("securityContext") != own:
                yield f"{label(each)}: the securityContext of {container['name']} is not {own}"


def resources(objects):
    for each, pod in pod_templates(objects):
        for container in pod["spec"]["containers"]:
            given = container.get("resources", {})
            requests, limits = given.get("requests", {}), given.get("limits", {})
            if not requests.get("cpu") or not requests.get("memory") or not limits.get("memory"):
                yield f"{label(each)}: {container['name']} lacks requests, or a limit of memory"
            elif quantity(requests["memory"]) > quantity(limits["memory"]):
                yield f"{label(each)}: {container['name']} requests more memory than its limit"
            if "cpu" in limits:
                yield f"{label(each)}: {container['name']} has a limit of CPU, which delays every call"
            if container["image"].endswith(":latest") or not (":" in container["image"] or "@" in container["image"]):
                yield f"{label(each)}: the image of {container['name']} changes by itself"


def memory(objects):
    """gRPC takes half of the limit, unread answers an eighth; files in memory count too."""
    for each, pod, container in gateways(objects):
        limit = quantity(container["resources"]["limits"].get("memory", 0))  # Without one: a fault of resources().
        files = sum(quantity(volume["emptyDir"].get("sizeLimit", 0)) for volume in pod["spec"]["volumes"]
                    if volume.get("emptyDir", {}).get("medium") == "Memory")
        if limit and limit * 5 / 8 + files > limit:
            yield f"{label(each)}: files in memory of {files:.0f} bytes do not fit beside gRPC into {limit:.0f}"


def secrets(objects):
    for each, pod in pod_templates(objects):
        for container in pod["spec"]["containers"]:
            if container.get("envFrom") or any("valueFrom" in entry for entry in container.get("env", [])):
                yield f"{label(each)}: {container['name']} has variables from elsewhere; secrets are files"
            for mount in container.get("volumeMounts", []):
                if "subPath" in mount or "subPathExpr" in mount:
                    yield f"{label(each)}: mount {mount['mountPath']} has a subPath, which never sees a change"
        for volume in pod["spec"].get("volumes", []):
            if "secret" in volume and volume["secret"].get("defaultMode") != 0o440:
                yield f"{label(each)}: volume {volume['name']} has not the mode 0440"
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{label(each)}: volume {volume['name']} has no sizeLimit"


def volumes(objects):
    """Mounts and volumes belong together, and the files that the configuration names are mounted."""
    for each, pod in pod_templates(objects):
        there = {volume["name"] for volume in pod["spec"].get("volumes", [])}
        there |= {claim["metadata"]["name"] for claim in each["spec"].get("volumeClaimTemplates", [])}
        mounts = [mount for container in pod["spec"]["containers"] for mount in container.get("volumeMounts", [])]
        mounted = {mount["name"] for mount in mounts}
        for name in sorted(mounted ^ there):
            yield f"{label(each)}: {name} is a volume without mount, or a mount without volume"
        if each["kind"] == "Pod":
            continue
        for path in files_named(config_of(objects, pod)):
            if not any(path.startswith(mount["mountPath"]) for mount in mounts):
                yield f"{label(each)}: the configuration names {path}, which is not mounted"


def probes(objects):
    for each, pod, container in gateways(objects):
        listen = port_of(config_of(objects, pod)["admin"]["probe_listen"])
        for name, path in (("startupProbe", "/livez"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")):
            probe = container.get(name, {})
            get = probe.get("httpGet", {})
            if get.get("path") != path:
                # /readyz depends on the database: as liveness it would restart every pod while that is away.
                yield f"{label(each)}: {name} does not ask {path}"
            ports = [port["containerPort"] for port in container["ports"] if port["name"] == get.get("port")]
            if ports != [listen]:
                yield f"{label(each)}: {name} asks {get.get('port')}, not the port of admin.probe_listen"
        liveness = container.get("livenessProbe", {})
        if liveness.get("periodSeconds", 10) * liveness.get("failureThreshold", 3) < 30:
            yield f"{label(each)}: livenessProbe restarts a pod that was silent for less than 30 s"


def ports(objects):
    for each, pod, container in gateways(objects):
        config = config_of(objects, pod)
        wanted = {"grpc": config["server"]["listen"], "probe": config["admin"]["probe_listen"]}
        there = {port["name"]: port["containerPort"] for port in container["ports"]}
        if "callbacks" in there:
            wanted["callbacks"] = config["admin"]["listen"]
        for name, listen in wanted.items():
            if there.get(name) != port_of(listen):
                yield f"{label(each)}: port {name} is {there.get(name)}, but the gateway listens on {listen}"
            if listen.startswith(("127.", "localhost", "[::1]")):
                yield f"{label(each)}: port {name} is on loopback ({listen}), where nobody reaches it"


def ending(objects):
    """preStop, drain_delay, drain_grace and SIGKILL, in this order."""
    for each, pod, container in gateways(objects):
        server = config_of(objects, pod)["server"]
        stop = container.get("lifecycle", {}).get("preStop", {})
        if stop and set(stop) != {"sleep"}:
            yield f"{label(each)}: preStop is not a sleep; the image has no shell"
        sleep = stop.get("sleep", {}).get("seconds", 0)
        drain = seconds(server.get("drain_grace", "20s"))
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        if grace < sleep + drain + LEAST_MARGIN:
            yield f"{label(each)}: terminationGracePeriodSeconds {grace} < {sleep} preStop + {drain} drain + {LEAST_MARGIN}"
        if seconds(server.get("drain_delay", "0s")) * 2 > drain:
            yield f"{label(each)}: drain_delay is more than half of drain_grace"
        if each["kind"] == "Deployment" and sleep < 5:
            yield f"{label(each)}: preStop sleeps {sleep} s; proxies need some to let go of the pod"
        if each["kind"] == "Deployment" and drain <= seconds(server.get("create_wait", "10s")):
            yield f"{label(each)}: drain_grace is not longer than create_wait"


RULES = (security, resources, memory, secrets, volumes, probes, ports, ending)
