"""Checks deploy/chart without helm: its renders are of today's inputs, its values are those of its schema, the objects of
each render obey chart_pods.py and chart_rules.py, and the client's service config is that of proto/RECIPE.md."""

import hashlib
import json
import os
import re
import sys

import jsonschema
import yaml

import chart_pods
import chart_rules
from chart_objects import StrictLoader, load
from files import ROOT

CHART = "deploy/chart"
INPUTS = ("Chart.yaml", ".helmignore", "values.yaml", "values.schema.json", "service-config.json", "templates", "alerts",
          "dashboards")
RECIPE = "proto/RECIPE.md"
PROTOS = "proto/seedance/gateway/v1"


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


def inputs_digest(chart, values):
    """As deploy/chart/render computes it: of the lines that sha256sum prints of all inputs."""
    paths = []
    for name in (*INPUTS, values):
        full = os.path.join(chart, name)
        paths += [name] if os.path.isfile(full) else []
        for folder, _, found in os.walk(full):
            paths += [os.path.relpath(os.path.join(folder, one), chart) for one in found]
    lines = hashlib.sha256()
    for path in sorted(paths, key=os.fsencode):
        with open(os.path.join(chart, path), "rb") as file:
            lines.update(f"{hashlib.sha256(file.read()).hexdigest()}  {path}\n".encode())
    return lines.hexdigest()


def merged(base, over):
    """Values as Helm merges them: null removes."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    result = dict(base)
    for key, value in over.items():
        result[key] = merged(base.get(key), value)
        if value is None:
            del result[key]
    return result


def schema_faults(schema, path="values.schema.json"):
    """Objects that name their fields must refuse others; only `config` is free."""
    if isinstance(schema, dict):
        if "properties" in schema and not path.endswith("/properties") and schema.get("additionalProperties") is not False:
            yield f"{path}: takes unknown fields"
        for key, value in schema.items():
            yield from schema_faults(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for value in schema:
            yield from schema_faults(value, path)


def values_faults(schema, values, name):
    for error in jsonschema.Draft7Validator(schema).iter_errors(values):
        yield f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message}"


def streams_of(text):
    """(service, method) of the methods of a proto that stream."""
    package = re.search(r"^package ([\w.]+);", text, re.M).group(1)
    for service, body in re.findall(r"^service (\w+) \{(.*?)^\}", text, re.M | re.S):
        for method, call in re.findall(r"rpc (\w+)(\([^;{]*)", body):
            if "stream " in call:
                yield f"{package}.{service}", method


def all_streams(root):
    folder = os.path.join(root, PROTOS)
    return [stream for name in sorted(os.listdir(folder)) if name.endswith(".proto")
            for stream in (streams_of(read(folder, name)) if "\nservice " in read(folder, name) else ())]


def service_config_faults(config, recipe):
    """The recipe's methods behind round_robin."""
    block = re.search(r"^```json\n(.*?)^```", recipe, re.M | re.S)
    wanted = {"loadBalancingConfig": [{"round_robin": {}}], **json.loads(block.group(1))} if block else None
    if json.loads(config) != wanted:
        yield f"{CHART}/service-config.json: is not round_robin and the service config of {RECIPE}"


def object_faults(objects, streams):
    for rule in (*chart_pods.RULES, *chart_rules.RULES):
        yield from rule(objects)
    yield from chart_rules.routes(objects, streams)


def render_faults(chart, scenario, streams):
    path = f"renders/{scenario}.yaml"
    try:
        text = read(chart, path)
        objects = load(text)
    except (OSError, yaml.YAMLError) as error:
        yield f"{path}: cannot be read: {error}"
        return
    if inputs_digest(chart, f"ci/{scenario}-values.yaml") not in text.partition("\n")[0]:
        yield f"{path}: is not of today's chart: run {CHART}/render"
    if not os.path.exists(os.path.join(chart, f"renders/{scenario}.notes.txt")):
        yield f"renders/{scenario}.notes.txt: is missing: run {CHART}/render"
    for fault in object_faults(objects, streams):
        yield f"{path}: {fault}"


def check_tree(root):
    chart = os.path.join(root, CHART)
    schema = json.loads(read(chart, "values.schema.json"))
    defaults = yaml.load(read(chart, "values.yaml"), Loader=StrictLoader)
    scenarios = sorted(name.removesuffix("-values.yaml") for name in os.listdir(os.path.join(chart, "ci")))
    streams = all_streams(root)
    faults = [*schema_faults(schema), *values_faults(schema, defaults, "values.yaml"),
              *service_config_faults(read(chart, "service-config.json"), read(root, RECIPE))]
    for scenario in scenarios:
        name = f"ci/{scenario}-values.yaml"
        values = yaml.load(read(chart, name), Loader=StrictLoader)
        faults += [*values_faults(schema, merged(defaults, values), name), *render_faults(chart, scenario, streams)]
    known = {f"{scenario}{suffix}" for scenario in scenarios for suffix in (".yaml", ".notes.txt")}
    faults += [f"renders/{name}: no values in ci/ make it" for name in os.listdir(os.path.join(chart, "renders"))
               if name not in known]
    return faults if scenarios else ["ci/: found no values"]


def main():
    faults = check_tree(ROOT)
    print("\n".join(faults) or "chart: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
