"""Faults in the chart must be reported: tests of chart.py, chart_pods.py and chart_rules.py themselves. Each takes a good
render, breaks one thing, and expects the fault."""

import copy
import functools
import json
import os
import shutil
import tempfile
import unittest

import yaml

import chart
from chart_objects import load, of_kind, quantity, seconds
from files import ROOT

STREAMS = chart.all_streams(ROOT)


@functools.cache
def loaded(scenario):
    return load(chart.read(ROOT, chart.CHART, "renders", f"{scenario}.yaml"))


def render(scenario):
    return copy.deepcopy(loaded(scenario))


def gateway(objects):
    return of_kind(objects, "Deployment", "StatefulSet")[0]


def pod(objects):
    return gateway(objects)["spec"]["template"]


def container(objects):
    return pod(objects)["spec"]["containers"][0]


def volume(objects, name):
    return next(each for each in pod(objects)["spec"]["volumes"] if each["name"] == name)


def named(objects, kind, name):
    return next(each for each in of_kind(objects, kind) if each["metadata"]["name"] == name)


def configure(objects, old, new):
    data = named(objects, "ConfigMap", "seedance-gateway")["data"]
    assert old in data["gateway.yaml"]
    data["gateway.yaml"] = data["gateway.yaml"].replace(old, new)


def policy(objects):
    return named(objects, "NetworkPolicy", "seedance-gateway")["spec"]


# (part of the fault, scenario, what breaks it)
BROKEN = [
    ("runAsNonRoot", "postgres", lambda o: pod(o)["spec"]["securityContext"].pop("runAsNonRoot")),
    ("fsGroup", "sqlite", lambda o: pod(o)["spec"]["securityContext"].pop("fsGroup")),
    ("runAsUser", "postgres-full",
     lambda o: of_kind(o, "Job")[0]["spec"]["template"]["spec"]["securityContext"].update(runAsUser=0)),
    ("securityContext of gateway", "postgres",
     lambda o: container(o)["securityContext"].update(readOnlyRootFilesystem=False)),
    ("securityContext of call", "postgres", lambda o: of_kind(o, "Pod")[0]["spec"]["containers"][1].pop("securityContext")),
    ("automountServiceAccountToken", "postgres", lambda o: pod(o)["spec"].pop("automountServiceAccountToken")),
    ("enableServiceLinks", "postgres", lambda o: pod(o)["spec"].update(enableServiceLinks=True)),
    ("hostNetwork", "postgres", lambda o: pod(o)["spec"].update(hostNetwork=True)),
    ("limit of memory", "postgres", lambda o: container(o)["resources"]["limits"].pop("memory")),
    ("limit of CPU", "postgres", lambda o: container(o)["resources"]["limits"].update(cpu="1")),
    ("changes by itself", "postgres", lambda o: container(o).update(image="gateway:latest")),
    ("do not fit beside gRPC", "sqlite", lambda o: volume(o, "tmp")["emptyDir"].update(sizeLimit="1Gi")),
    ("secrets are files", "postgres", lambda o: container(o).update(
        env=[{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}])),
    ("subPath", "postgres", lambda o: container(o)["volumeMounts"][1].update(subPath="a")),
    ("mode 0440", "postgres", lambda o: volume(o, "secret-vendors")["secret"].update(defaultMode=0o444)),
    ("no sizeLimit", "postgres", lambda o: volume(o, "tmp")["emptyDir"].pop("sizeLimit")),
    ("volume without mount", "postgres", lambda o: container(o)["volumeMounts"].pop()),
    ("is not mounted", "postgres", lambda o: configure(o, "secrets/database/password", "elsewhere/password")),
    ("livenessProbe does not ask /livez", "postgres",
     lambda o: container(o)["livenessProbe"]["httpGet"].update(path="/readyz")),
    ("readinessProbe does not ask /readyz", "sqlite", lambda o: container(o).pop("readinessProbe")),
    ("not the port of admin.probe_listen", "postgres",
     lambda o: container(o)["startupProbe"]["httpGet"].update(port="grpc")),
    ("silent for less than 30 s", "postgres", lambda o: container(o)["livenessProbe"].update(failureThreshold=1)),
    ("port grpc is 8443, but", "postgres", lambda o: configure(o, "0.0.0.0:8443", "0.0.0.0:9443")),
    ("on loopback", "sqlite", lambda o: configure(o, "0.0.0.0:8480", "127.0.0.1:8480")),
    ("no shell", "postgres", lambda o: container(o).update(lifecycle={"preStop": {"exec": {"command": ["sleep", "5"]}}})),
    ("preStop sleeps 0 s", "postgres", lambda o: container(o).pop("lifecycle")),
    ("terminationGracePeriodSeconds 30 <", "postgres", lambda o: pod(o)["spec"].pop("terminationGracePeriodSeconds")),
    ("more than half", "postgres", lambda o: configure(o, "drain_delay: 5s", "drain_delay: 200s")),
    ("create_wait", "postgres", lambda o: configure(o, "drain_grace: 330s", "drain_grace: 10s")),
    ("is there twice", "postgres", lambda o: o.append(copy.deepcopy(o[0]))),
    ("no namespace", "postgres", lambda o: o[0]["metadata"].pop("namespace")),
    ("lacks the label app.kubernetes.io/version", "postgres", lambda o: o[0]["metadata"].update(labels={})),
    ("cannot change", "sqlite", lambda o: gateway(o)["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"].update(
        {"helm.sh/chart": "seedance-gateway-0.1.0"})),
    ("does not select its own pods", "postgres", lambda o: gateway(o)["spec"]["selector"]["matchLabels"].update(a="b")),
    ("Service seedance-gateway: selects", "postgres",
     lambda o: named(o, "Service", "seedance-gateway")["spec"]["selector"].pop("app.kubernetes.io/component")),
    ("PodMonitor seedance-gateway: selects", "postgres",
     lambda o: of_kind(o, "PodMonitor")[0]["spec"]["selector"]["matchLabels"].update(a="b")),
    ("does not select one Service", "sqlite",
     lambda o: of_kind(o, "ServiceMonitor")[0]["spec"]["selector"]["matchLabels"].update(a="b")),
    ("targetPort http", "postgres",
     lambda o: named(o, "Service", "seedance-gateway")["spec"]["ports"][0].update(targetPort="http")),
    ("appProtocol", "mtls", lambda o: named(o, "Service", "seedance-gateway")["spec"]["ports"][0].update(
        appProtocol="kubernetes.io/h2c")),
    ("no port of the gateway", "postgres",
     lambda o: of_kind(o, "PodMonitor")[0]["spec"]["podMetricsEndpoints"][0].update(port="metrics")),
    ("no headless Service", "postgres", lambda o: named(o, "Service", "seedance-gateway-headless")["spec"].pop("clusterIP")),
    ("serviceName", "sqlite", lambda o: gateway(o)["spec"].update(serviceName="seedance-gateway")),
    ("which is not there", "postgres-full",
     lambda o: of_kind(o, "HorizontalPodAutoscaler")[0]["spec"]["scaleTargetRef"].update(name="other")),
    ("fewer pods than before", "postgres",
     lambda o: gateway(o)["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=1)),
    ("fewer pods than before", "postgres", lambda o: gateway(o)["spec"].pop("minReadySeconds")),
    ("replicas and an autoscaler", "postgres-full", lambda o: gateway(o)["spec"].update(replicas=3)),
    ("replicas and an autoscaler", "postgres", lambda o: gateway(o)["spec"].pop("replicas")),
    ("one gateway, and one that waits", "sqlite", lambda o: gateway(o)["spec"].update(replicas=3)),
    ("OnDelete", "sqlite-standby", lambda o: gateway(o)["spec"].update(updateStrategy={"type": "RollingUpdate"})),
    ("checksum/config", "postgres", lambda o: configure(o, "lease: 6s", "lease: 7s")),
    ("not spread over zones", "postgres", lambda o: pod(o)["spec"]["topologySpreadConstraints"].pop()),
    ("matchLabelKeys", "postgres", lambda o: pod(o)["spec"]["topologySpreadConstraints"][0].pop("matchLabelKeys")),
    ("no PodDisruptionBudget", "postgres", lambda o: o.remove(of_kind(o, "PodDisruptionBudget")[0])),
    ("hold up the drain", "postgres",
     lambda o: of_kind(o, "PodDisruptionBudget")[0]["spec"].pop("unhealthyPodEvictionPolicy")),
    ("does not deny both ways", "postgres", lambda o: policy(o).update(policyTypes=["Ingress"])),
    ("lets in everybody", "postgres", lambda o: policy(o)["ingress"][0].pop("from")),
    ("lets out to everybody", "postgres", lambda o: policy(o)["egress"][0].pop("to")),
    ("port admin is no port", "postgres", lambda o: policy(o)["ingress"][0]["ports"][0].update(port="admin")),
    ("private addresses", "postgres", lambda o: policy(o)["egress"][-1]["to"][0]["ipBlock"]["except"].remove("10.0.0.0/8")),
    ("is no Service", "postgres-full",
     lambda o: of_kind(o, "GRPCRoute")[0]["spec"]["rules"][0]["backendRefs"][0].update(port=1)),
    ("exactly the methods that stream", "postgres-full",
     lambda o: of_kind(o, "GRPCRoute")[0]["spec"]["rules"][0]["matches"].pop(0)),
    ("runbook_url", "postgres", lambda o: o.append(
        {"kind": "PrometheusRule", "metadata": copy.deepcopy(o[0]["metadata"]),
         "spec": {"groups": [{"name": "a", "rules": [{"alert": "Down", "expr": "up == 0"}]}]}})),
]


class ObjectsTest(unittest.TestCase):
    def test_good_renders(self):
        for name in sorted(os.listdir(os.path.join(ROOT, chart.CHART, "ci"))):
            self.assertEqual([], [*chart.object_faults(render(name.removesuffix("-values.yaml")), STREAMS)], name)

    def test_broken_renders(self):
        for part, scenario, breaks in BROKEN:
            with self.subTest(fault=part):
                objects = render(scenario)
                breaks(objects)
                faults = [*chart.object_faults(objects, STREAMS)]
                self.assertTrue(any(part in fault for fault in faults), faults)

    def test_keys_given_twice(self):
        with self.assertRaisesRegex(yaml.YAMLError, "given twice: a"):
            load("a: 1\nb: 2\na: 3\n")

    def test_quantities_and_durations(self):
        self.assertEqual([1 << 30, 1500000.0, 7], [quantity("1Gi"), quantity("1.5M"), quantity(7)])
        self.assertEqual([330, 1], [seconds("330s"), seconds("0.5s")])


class ValuesTest(unittest.TestCase):
    def setUp(self):
        self.schema = json.loads(chart.read(ROOT, chart.CHART, "values.schema.json"))
        self.values = load(chart.read(ROOT, chart.CHART, "values.yaml"))[0]

    def faults(self, **over):
        return "\n".join(chart.values_faults(self.schema, chart.merged(self.values, over), "v"))

    def test_values_of_the_schema(self):
        self.assertEqual("", self.faults(config={"any": {"thing": 1}}, secrets={"vendors": {"existingSecret": "a"}}))

    def test_unknown_and_malformed_values(self):
        for over in ({"imagee": {}}, {"image": {"digest": "sha256:1"}}, {"store": "mysql"}, {"replicas": 0},
                     {"secrets": {"vendors": {"existingSecret": "a", "stringData": {"k": "v"}}}}, {"config": []},
                     {"secrets": {"vendors": {"existingSecret": ""}}}, {"resources": {"limits": {"memory": None}}},
                     {"env": {"KEY": {"valueFrom": {}}}}, {"rollout": {"marginSeconds": 1}}, {"networkPolicy": {"dns": []}}):
            with self.subTest(values=over):
                self.assertNotEqual("", self.faults(**over))

    def test_schema_that_takes_unknown_fields(self):
        del self.schema["properties"]["tls"]["properties"]["clientCA"]["additionalProperties"]
        faults = [*chart.schema_faults(self.schema)]
        self.assertEqual(1, len(faults), faults)
        self.assertIn("clientCA: takes unknown fields", faults[0])

    def test_merge_like_helm(self):
        base, over = {"a": {"b": 1}, "d": [1, 2]}, {"a": {"b": None, "c": 2}, "d": [3]}
        self.assertEqual({"a": {"c": 2}, "d": [3]}, chart.merged(base, over))


class TreeTest(unittest.TestCase):
    """In a copy of the tree, as far as the lint reads it."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for name in (chart.CHART, chart.PROTOS):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.root, name))
        shutil.copy(os.path.join(ROOT, chart.RECIPE), os.path.join(self.root, chart.RECIPE))
        self.chart = os.path.join(self.root, chart.CHART)

    def change(self, path, old, new):
        path = os.path.join(self.root, path)
        text = chart.read(path) if os.path.exists(path) else ""
        self.assertIn(old, text)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new) if old else new)

    def test_copy(self):
        self.assertEqual([], chart.check_tree(self.root))

    def test_render_out_of_date(self):
        for path, old, new in ((f"{chart.CHART}/templates/configmap.yaml", "kind", "#\nkind"),
                               (f"{chart.CHART}/ci/sqlite-values.yaml", "20Gi", "30Gi"),
                               (f"{chart.CHART}/alerts/a.yaml", "", "groups: []\n")):
            with self.subTest(path=path):
                self.change(path, old, new)
                fault = "renders/sqlite.yaml: is not of today's chart: run deploy/chart/render"
                self.assertIn(fault, chart.check_tree(self.root))
                self.change(path, new, old)
                if not old:
                    os.remove(os.path.join(self.root, path))

    def test_render_that_is_missing_or_left_over(self):
        os.rename(os.path.join(self.chart, "renders/mtls.yaml"), os.path.join(self.chart, "renders/other.yaml"))
        faults = chart.check_tree(self.root)
        self.assertTrue(any(fault.startswith("renders/mtls.yaml: cannot be read") for fault in faults), faults)
        self.assertIn("renders/other.yaml: no values in ci/ make it", faults)

    def test_service_config_of_another_recipe(self):
        self.change(chart.RECIPE, '"timeout": "330s"', '"timeout": "400s"')
        self.assertTrue(any("service-config.json" in fault for fault in chart.check_tree(self.root)))

    def test_method_that_streams_and_has_no_rule(self):
        self.change(f"{chart.PROTOS}/asset.proto", "rpc GetAsset(GetAssetRequest) returns (Asset)",
                    "rpc GetAsset(GetAssetRequest) returns (stream Asset)")
        self.assertTrue(any("methods that stream" in fault for fault in chart.check_tree(self.root)))


if __name__ == "__main__":
    unittest.main()
