"""What a render of the chart holds: objects, their pods, and small functions about them, for the lints of deploy/chart."""

import math
import re

import yaml


class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # The one in C is ten times as fast.
    """Refuses a key that is given twice, of which PyYAML keeps the last."""


def _mapping(loader, node):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise yaml.constructor.ConstructorError(None, None, f"given twice: {', '.join(map(str, twice))}", node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)

WORKLOADS = ("Deployment", "StatefulSet")


def load(text):
    """The objects of a YAML stream. yaml.YAMLError: it cannot be read."""
    return [each for each in yaml.load_all(text, Loader=StrictLoader) if each]


def label(each):
    return f"{each.get('kind')} {each.get('metadata', {}).get('name')}"


def of_kind(objects, *kinds):
    return [each for each in objects if each.get("kind") in kinds]


def pod_templates(objects):
    """(object, its pod) of everything that makes pods."""
    for each in of_kind(objects, "Pod"):
        yield each, each
    for each in of_kind(objects, *WORKLOADS, "Job"):
        yield each, each["spec"]["template"]


def gateways(objects):
    """(workload, pod, container of the gateway)."""
    for each in of_kind(objects, *WORKLOADS):
        pod = each["spec"]["template"]
        yield each, pod, pod["spec"]["containers"][0]


def config_of(objects, pod):
    """The gateway's configuration that a pod mounts; None: it mounts none."""
    for volume in pod["spec"].get("volumes", []):
        name = volume.get("configMap", {}).get("name")
        for each in of_kind(objects, "ConfigMap"):
            if each["metadata"]["name"] == name and "gateway.yaml" in each["data"]:
                return yaml.load(each["data"]["gateway.yaml"], Loader=StrictLoader)
    return None


def selects(selector, labels):
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def seconds(duration):
    """Whole seconds, rounded up, of a duration of the configuration (`0.5s`)."""
    return math.ceil(float(duration.removesuffix("s")))


def quantity(text):
    """Bytes of a Kubernetes quantity."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()
    powers = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    return float(number) * powers[unit]


def port_of(listen):
    return int(listen.rsplit(":", 1)[1])


def files_named(config):
    """Absolute paths that a configuration names."""
    if isinstance(config, dict):
        for value in config.values():
            yield from files_named(value)
    elif isinstance(config, list):
        for value in config:
            yield from files_named(value)
    elif isinstance(config, str):
        yield from re.findall(r"(?:^|=)(/[\w./-]+)", config)
