#!/usr/bin/env python3
"""Checks that the inventory's kinds name calls and places that AWS has.

Usage: scripts/check_inventory_paths.py model/inventory/*.yaml

Every `call` must be an operation of botocore's API models (PyPI package
`botocore`, Apache-2.0), every flag of its `argument` a member of the
operation's input, and every path (`items`, `arn`, `name`, `unless`, `fields`)
must lead to a text, number or Boolean in its output; `items` to an object or a
text. `make check-snapshots` installs what is needed beside the build and runs
this.
"""

import re
import sys

import yaml
from botocore import xform_name
from botocore.loaders import Loader

# The CLI's commands whose API model has another name (AWS CLI Command Reference).
MODEL_OF_COMMAND = {"s3api": "s3", "deploy": "codedeploy"}
SCALARS = {"string", "character", "boolean", "integer", "long", "float", "double", "timestamp", "blob"}
COMMON = {"partition", "region", "account"}


class Models:
    """Operations and shapes by CLI command, each model loaded once."""

    def __init__(self):
        self.loader = Loader()
        self.models = {}

    def operation(self, command, name):
        """The shapes, input shape and output shape of an operation; None where there is none."""
        if command not in self.models:
            model = self.loader.load_service_model(MODEL_OF_COMMAND.get(command, command), "service-2")
            operations = {xform_name(key, "-"): value for key, value in model["operations"].items()}
            self.models[command] = (model["shapes"], operations)
        shapes, operations = self.models[command]
        return (shapes, operations[name]) if name in operations else None


def follow(shapes, shape, steps):
    """The shape that steps lead to; a text says where they leave the model."""
    for step in steps:
        name = step.rstrip("[]")
        kind = shapes[shape]["type"]
        if name == "*":
            if kind != "map":
                return None, f"`*` of a {kind}"
            shape = shapes[shape]["value"]["shape"]
        else:
            member = shapes[shape].get("members", {}).get(name)
            if member is None:
                return None, f"no member `{name}` of {shape}"
            shape = member["shape"]
        for _ in range(step.count("[]")):
            if shapes[shape]["type"] != "list":
                return None, f"`{step}` is no list"
            shape = shapes[shape]["member"]["shape"]
        if not step.endswith("[]") and shapes[shape]["type"] == "list":
            return None, f"`{step}` is a list"
    return shape, None


def check_text(shapes, output, item, path, where, problems):
    """A path to a text, from the item or from the output."""
    if path == "$argument":
        return
    start, path = (output, path[1:]) if path.startswith("/") else (item, path)
    ends = [[]]
    steps = [] if path == "$item" else path.split(".")
    if steps and "{" in steps[-1]:
        ends = [[name] for name in re.findall(r"\{(\w+)\}", steps.pop())]
    for end in ends:
        shape, problem = follow(shapes, start, steps + end)
        if problem is None and shapes[shape]["type"] not in SCALARS:
            problem = f"leads to a {shapes[shape]['type']}"
        if problem is not None:
            problems.append(f"{where}: {path}: {problem}")


def texts(value):
    return value if isinstance(value, list) else [value]


def check_read(models, read, call, where, problems):
    found = models.operation(*call.split(" "))
    if found is None:
        problems.append(f"{where}: no such operation")
        return
    shapes, operation = found
    flags = re.findall(r"--([a-z-]+)", read.get("argument", ""))
    members = shapes[operation["input"]["shape"]]["members"] if "input" in operation else {}
    for flag in flags:
        if flag not in {xform_name(name, "-") for name in members}:
            problems.append(f"{where}: no such flag --{flag}")
    output = operation["output"]["shape"]
    item, problem = output, None
    if "items" in read:
        item, problem = follow(shapes, output, read["items"].split("."))
    if problem is not None:
        problems.append(f"{where}: {read['items']}: {problem}")
        return
    paths = [read[key] for key in ("arn", "name") if key in read]
    paths += read.get("unless", {}).keys()
    paths += [path for value in read.get("fields", {}).values() for path in texts(value)]
    for path in paths:
        holes = [hole for hole in re.findall(r"\$\{([^}]*)\}", path) if hole not in COMMON]
        for text in holes if path.startswith("arn:") else [path]:
            check_text(shapes, output, item, text, where, problems)


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 64
    models, problems, count = Models(), [], 0
    for file in arguments:
        with open(file, encoding="utf-8") as stream:
            kinds = yaml.safe_load(stream)
        for kind in kinds:
            for call in kind.get("known-from", []):
                count += 1
                check_read(models, {}, call, f"{file}: {kind['kind']}: {call}", problems)
            for read in kind.get("reads", []):
                for call in texts(read["call"]):
                    count += 1
                    check_read(models, read, call, f"{file}: {kind['kind']}: {call}", problems)
    for problem in problems:
        print(problem)
    print(f"{count} calls, {len(problems)} problems", file=sys.stderr)
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
