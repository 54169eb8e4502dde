"""Rules of the objects of deploy/chart among themselves: selectors, ports, rollouts, policies. Each function yields faults
as text."""

import hashlib

from chart_objects import WORKLOADS, config_of, gateways, label, of_kind, pod_templates, selects

LABELS = ("name", "instance", "component", "part-of", "version", "managed-by")
PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
           "fc00::/7", "fe80::/10"}


def names(objects):
    seen = set()
    for each in objects:
        key = (each.get("apiVersion"), each.get("kind"), each["metadata"]["name"])
        if key in seen:
            yield f"{label(each)}: is there twice"
        seen.add(key)
        if "namespace" not in each["metadata"]:
            yield f"{label(each)}: has no namespace"
        if len(each["metadata"]["name"]) > 63:
            yield f"{label(each)}: has a name of more than 63 letters"


def labels(objects):
    for each in objects:
        own = each["metadata"].get("labels", {})
        for name in [f"app.kubernetes.io/{name}" for name in LABELS] + ["helm.sh/chart"]:
            if name not in own:
                yield f"{label(each)}: lacks the label {name}"
    for each in of_kind(objects, *WORKLOADS):
        fixed = [each["spec"]["selector"]["matchLabels"]]
        fixed += [claim["metadata"].get("labels", {}) for claim in each["spec"].get("volumeClaimTemplates", [])]
        for found in fixed:
            if "app.kubernetes.io/version" in found or "helm.sh/chart" in found:
                yield f"{label(each)}: a selector or a claim has a version, but cannot change"


def pods_selected(objects, selector):
    """The objects whose pods a selector takes."""
    return [each for each, pod in pod_templates(objects) if selects(selector, pod["metadata"]["labels"])]


def selectors(objects):
    workloads = of_kind(objects, *WORKLOADS)
    for each in workloads:
        if each not in pods_selected(objects, each["spec"]["selector"]["matchLabels"]):
            yield f"{label(each)}: does not select its own pods"
    for each in of_kind(objects, "Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor"):
        spec = each["spec"]
        selector = spec.get("podSelector", spec.get("selector"))
        found = pods_selected(objects, selector.get("matchLabels", selector))
        migrates = each["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "migrate"
        wanted = of_kind(objects, "Job") if migrates else workloads
        if found != wanted:
            yield f"{label(each)}: selects {[label(one) for one in found]}"
    for each in of_kind(objects, "ServiceMonitor"):
        found = [one for one in of_kind(objects, "Service")
                 if selects(each["spec"]["selector"]["matchLabels"], one["metadata"]["labels"])]
        named = {port["name"] for one in found for port in one["spec"]["ports"]}
        if len(found) != 1 or not {end["port"] for end in each["spec"]["endpoints"]} <= named:
            yield f"{label(each)}: does not select one Service with its port"


def services(objects):
    for _, pod, container in gateways(objects):
        tls = bool(config_of(objects, pod)["server"].get("tls"))
        there = {port["name"] for port in container["ports"]}
        for each in of_kind(objects, "Service"):
            for port in each["spec"]["ports"]:
                if port["targetPort"] not in there:
                    yield f"{label(each)}: targetPort {port['targetPort']} is no port of the gateway"
                if port["name"] == "grpc" and port.get("appProtocol") != ("https" if tls else "kubernetes.io/h2c"):
                    yield f"{label(each)}: appProtocol {port.get('appProtocol')} is not what the port speaks"
        for each in of_kind(objects, "PodMonitor"):
            for end in each["spec"]["podMetricsEndpoints"]:
                if end["port"] not in there:
                    yield f"{label(each)}: port {end['port']} is no port of the gateway"
    for each in of_kind(objects, "StatefulSet"):
        heads = [one for one in of_kind(objects, "Service") if one["metadata"]["name"] == each["spec"].get("serviceName")]
        if not heads or heads[0]["spec"].get("clusterIP") != "None":
            yield f"{label(each)}: serviceName is no headless Service"
    if not any(each["spec"].get("clusterIP") == "None" and not each["spec"].get("publishNotReadyAddresses")
               for each in of_kind(objects, "Service")):
        yield "there is no headless Service for round_robin"


def rollouts(objects):
    scalers = of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject")
    for each in scalers:
        target = each["spec"]["scaleTargetRef"]
        if not any(one["metadata"]["name"] == target["name"] for one in of_kind(objects, target["kind"])):
            yield f"{label(each)}: scales {target['name']}, which is not there"
    for each in of_kind(objects, "Deployment"):
        spec = each["spec"]
        update = spec.get("strategy", {}).get("rollingUpdate", {})
        if update.get("maxUnavailable") != 0 or update.get("maxSurge") in (None, 0) or not spec.get("minReadySeconds"):
            yield f"{label(each)}: a rollout has fewer pods than before (maxUnavailable, maxSurge, minReadySeconds)"
        if ("replicas" in spec) == bool(scalers):
            yield f"{label(each)}: replicas and an autoscaler are there, or neither"
    for each in of_kind(objects, "StatefulSet"):
        spec = each["spec"]
        affinity = spec["template"]["spec"].get("affinity", {}).get("podAffinity", {})
        if scalers or spec.get("replicas") not in (1, 2):
            yield f"{label(each)}: a SQLite database has one gateway, and one that waits"
        elif spec["replicas"] == 2 and (spec["updateStrategy"]["type"] != "OnDelete" or not affinity):
            yield f"{label(each)}: the pod that waits is never ready (OnDelete), and is on the same node (podAffinity)"


def checksums(objects):
    """A change of the configuration changes the pods."""
    for each, pod, _ in gateways(objects):
        text = next((one["data"]["gateway.yaml"] for one in of_kind(objects, "ConfigMap")
                     if one["metadata"]["name"] == pod["spec"]["volumes"][0].get("configMap", {}).get("name")), "")
        wanted = hashlib.sha256(text.removesuffix("\n").encode()).hexdigest()
        if pod["metadata"].get("annotations", {}).get("checksum/config") != wanted:
            yield f"{label(each)}: checksum/config is not that of the configuration"


def spread(objects):
    budgets = of_kind(objects, "PodDisruptionBudget")
    for each in of_kind(objects, "Deployment"):
        constraints = each["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        if {one["topologyKey"] for one in constraints} != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{label(each)}: is not spread over zones and hosts"
        for one in constraints:
            if one.get("matchLabelKeys") != ["pod-template-hash"]:
                yield f"{label(each)}: topologySpreadConstraints count pods of the previous rollout (matchLabelKeys)"
            if not pods_selected([each], one["labelSelector"]["matchLabels"]):
                yield f"{label(each)}: topologySpreadConstraints do not select its pods"
        if not budgets:
            yield f"{label(each)}: has no PodDisruptionBudget"
    for each in budgets:
        if each["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow" or not each["spec"].get("maxUnavailable"):
            yield f"{label(each)}: can hold up the drain of a node"


def network(objects):
    pods = [pod for _, pod, _ in gateways(objects)]
    named = {port["name"] for pod in pods for port in pod["spec"]["containers"][0]["ports"]}
    for each in of_kind(objects, "NetworkPolicy"):
        spec = each["spec"]
        if set(spec.get("policyTypes", [])) != {"Ingress", "Egress"}:
            yield f"{label(each)}: does not deny both ways"
        for rule in spec.get("ingress", []):
            if not rule.get("from") or not rule.get("ports"):
                yield f"{label(each)}: lets in everybody, or to every port"
            for port in rule.get("ports", []):
                if port["port"] not in named:
                    yield f"{label(each)}: port {port['port']} is no port of the gateway"
        for rule in spec.get("egress", []):
            if not rule.get("to") or not rule.get("ports"):
                yield f"{label(each)}: lets out to everybody, or to every port"
        wide = [peer["ipBlock"] for rule in spec.get("egress", []) for peer in rule.get("to", [])
                if peer.get("ipBlock", {}).get("cidr", "").endswith("/0")]
        excluded = {cidr for block in wide for cidr in block.get("except", [])}
        if wide and not PRIVATE <= excluded:
            yield f"{label(each)}: vendors may be at private addresses: {sorted(PRIVATE - excluded)}"


def routes(objects, streams):
    """`streams`: (service, method) of all methods that stream."""
    ports = {(each["metadata"]["name"], port["port"]) for each in of_kind(objects, "Service")
             for port in each["spec"]["ports"]}
    for each in of_kind(objects, "GRPCRoute", "HTTPRoute"):
        for rule in each["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                if (backend["name"], backend["port"]) not in ports:
                    yield f"{label(each)}: {backend['name']}:{backend['port']} is no Service"
    for each in of_kind(objects, "GRPCRoute"):
        rules = {rule["name"]: rule for rule in each["spec"]["rules"]}
        found = {(match["method"]["service"], match["method"].get("method"))
                 for match in rules.get("streams", {}).get("matches", [])}
        if {one for one in found if one[0].startswith("seedance.")} != set(streams):
            yield f"{label(each)}: the rule `streams` has not exactly the methods that stream"
        if any("timeouts" in rule for rule in rules.values()):
            yield f"{label(each)}: has a time limit"


def alerts(objects):
    for each in of_kind(objects, "PrometheusRule"):
        for group in each["spec"]["groups"] or []:
            for rule in group["rules"]:
                if "alert" in rule and "runbook_url" not in rule.get("annotations", {}):
                    yield f"{label(each)}: alert {rule['alert']} has no runbook_url"


RULES = (names, labels, selectors, services, rollouts, checksums, spread, network, alerts)
