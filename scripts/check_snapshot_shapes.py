#!/usr/bin/env python3
"""Checks that snapshot files have the shapes that the AWS CLI prints.

Usage: scripts/check_snapshot_shapes.py SNAPSHOT...

Every accounts/ACCOUNT/REGION/SERVICE/OPERATION[/NAME].json and every
organization/OPERATION[/NAME].json is compared with the output shape of that
operation in botocore's API models (PyPI package `botocore`, Apache-2.0):
unknown fields, wrong types, missing required fields and unknown enum values
are reported. Policy documents inside text fields must be JSON; policy documents
of get-account-authorization-details are objects, as the CLI decodes them.
`make check-snapshots` installs botocore beside the build and runs this.
"""

import json
import pathlib
import sys

from botocore import xform_name
from botocore.loaders import Loader

MODEL_OF_COMMAND = {"s3api": "s3"}
DECODED_DOCUMENTS = {"policyDocumentType"}
POLICY_TEXTS = {"Policy", "policyText", "ResourcePolicy", "Content", "StackPolicyBody", "EventPattern"}
SCALARS = {
    "string": str,
    "character": str,
    "blob": str,
    "timestamp": (str, int, float),
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
}
# The CLI prints the null that S3 sends for us-east-1.
NULLABLE = {"BucketLocationConstraint"}
# IAM answers "Policy" where its API model says "PermissionsBoundaryPolicy"
# (AWS CLI Command Reference, iam get-role, output example).
ALSO_ANSWERED = {("PermissionsBoundaryAttachmentType", "Policy")}


class Models:
    """Output shapes by CLI command and operation, each model loaded once."""

    def __init__(self):
        self.loader = Loader()
        self.models = {}

    def model(self, command):
        if command not in self.models:
            name = MODEL_OF_COMMAND.get(command, command)
            model = self.loader.load_service_model(name, "service-2")
            operations = {xform_name(key, "-"): value for key, value in model["operations"].items()}
            self.models[command] = (model["shapes"], operations)
        return self.models[command]


def check(shapes, name, value, where, problems):
    """Compares one value with one shape, appending what differs."""
    shape = shapes[name]
    kind = shape["type"]
    if name in DECODED_DOCUMENTS and isinstance(value, dict):
        return
    if value is None and name in NULLABLE:
        return
    if kind == "structure":
        if not isinstance(value, dict):
            problems.append(f"{where}: an object expected, found {type(value).__name__}")
            return
        members = shape["members"]
        for key, inner in value.items():
            if key not in members:
                problems.append(f"{where}/{key}: no such field in {name}")
                continue
            check(shapes, members[key]["shape"], inner, f"{where}/{key}", problems)
            if key in POLICY_TEXTS and isinstance(inner, str):
                check_json_text(inner, f"{where}/{key}", problems)
        for key in shape.get("required", []):
            if key not in value:
                problems.append(f"{where}: {key} is missing in {name}")
    elif kind == "list":
        if not isinstance(value, list):
            problems.append(f"{where}: a list expected, found {type(value).__name__}")
            return
        for index, inner in enumerate(value):
            check(shapes, shape["member"]["shape"], inner, f"{where}/{index}", problems)
    elif kind == "map":
        for key, inner in value.items():
            check(shapes, shape["value"]["shape"], inner, f"{where}/{key}", problems)
            if key in POLICY_TEXTS and isinstance(inner, str):
                check_json_text(inner, f"{where}/{key}", problems)
    else:
        expected = SCALARS[kind]
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            problems.append(f"{where}: {kind} expected, found {value!r}")
        elif "enum" in shape and value not in shape["enum"] and (name, value) not in ALSO_ANSWERED:
            problems.append(f"{where}: {value!r} is no value of {name}")


def check_json_text(text, where, problems):
    try:
        json.loads(text)
    except ValueError as error:
        problems.append(f"{where}: not JSON: {error}")


def operation_of(snapshot, path):
    """The CLI command and operation of a file, or None for our own files."""
    parts = path.relative_to(snapshot).with_suffix("").parts
    if parts[0] == "accounts" and len(parts) in (5, 6):
        return parts[3], parts[4].split(".")[0]
    if parts[0] == "organization" and len(parts) in (2, 3):
        return "organizations", parts[1].split(".")[0]
    return None


def check_snapshot(models, snapshot):
    problems = []
    count = 0
    for path in sorted(snapshot.rglob("*.json")):
        where = str(path)
        value = json.loads(path.read_text(encoding="utf-8"))
        if path.parent == snapshot and path.name == "errors.json":
            for index, entry in enumerate(value):
                if entry["operation"] not in models.model(entry["service"])[1]:
                    problems.append(f"{where}#/{index}: no such operation")
            continue
        if path.parent == snapshot and path.name == "resource-policies.json":
            continue
        found = operation_of(snapshot, path)
        if found is None:
            problems.append(f"{where}: not a place of the snapshot format")
            continue
        command, operation = found
        shapes, operations = models.model(command)
        if operation not in operations:
            problems.append(f"{where}: {command} has no operation {operation}")
            continue
        count += 1
        check(shapes, operations[operation]["output"]["shape"], value, f"{where}#", problems)
    return count, problems


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 64
    models = Models()
    failed = False
    for argument in arguments:
        count, problems = check_snapshot(models, pathlib.Path(argument))
        for problem in problems:
            print(problem)
        print(f"{argument}: {count} files, {len(problems)} problems", file=sys.stderr)
        failed = failed or bool(problems) or count == 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
