#!/usr/bin/env python3
"""Checks that the calls that collect a snapshot are calls that AWS has.

Usage: scripts/check_collection.py model/collection.yaml

Every call must be an operation of botocore's API models (PyPI package
`botocore`, Apache-2.0) and every flag a member of its input; no required member
may be left out; and what `names` selects must be texts or numbers of the
listing's output. `make check-snapshots` installs what is needed beside the
build and runs this.
"""

import re
import sys

import jmespath
import yaml
from botocore import xform_name

from check_inventory_paths import Models

# Flags that are the CLI's own.
OWN_FLAGS = {"--region", "--active"}
TEXT, NUMBER, DEPTH = "a text", 7, 8


class Checker:
    def __init__(self):
        self.models, self.problems, self.count = Models(), [], 0

    def call(self, command):
        """The shapes and the output shape of a call; None where there is none."""
        self.count += 1
        service, name, *arguments = command.split(" ")
        found = self.models.operation(service, name)
        if found is None:
            self.problems.append(f"{command}: no such operation")
            return None
        shapes, operation = found
        shape = shapes[operation["input"]["shape"]] if "input" in operation else {"members": {}}
        members = {"--" + xform_name(member, "-"): member for member in shape["members"]}
        flags = [word for word in arguments if re.match(r"--[a-z]", word)]
        for flag in flags:
            if flag not in members and flag not in OWN_FLAGS:
                self.problems.append(f"{command}: no such flag {flag}")
        for member in shape.get("required", []):
            if "--" + xform_name(member, "-") not in flags:
                self.problems.append(f"{command}: {member} is required")
        return shapes, operation["output"]["shape"]

    def sample(self, shapes, shape, depth=0):
        """A value of a shape."""
        shape = shapes[shape]
        kind = shape["type"]
        if depth > DEPTH:
            return None
        if kind == "structure":
            members = shape["members"].items()
            return {name: self.sample(shapes, member["shape"], depth + 1) for name, member in members}
        if kind == "list":
            return [self.sample(shapes, shape["member"]["shape"], depth + 1)]
        return NUMBER if kind in {"integer", "long"} else TEXT

    def listing(self, command, names):
        output = self.call(command)
        if output is not None:
            found = jmespath.search(names, self.sample(*output))
            if found not in ([TEXT], [NUMBER]):
                self.problems.append(f"{command}: {names} selects {found}")

    def group(self, group):
        if "each" in group:
            self.listing(group["each"], group["names"])
        for call in group.get("calls", []):
            if isinstance(call, dict):
                if "listed" in call:
                    self.listing(call["listed"], call["names"])
                call = call["call"]
            self.call(call)
        for inner in group.get("within", []):
            self.group(inner)


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    checker = Checker()
    with open(arguments[0], encoding="utf-8") as stream:
        collection = yaml.safe_load(stream)
    for section in ("organization", "account", "region"):
        for group in collection[section]:
            checker.group(group)
    for problem in checker.problems:
        print(problem)
    print(f"{checker.count} calls, {len(checker.problems)} problems", file=sys.stderr)
    return 1 if checker.problems or checker.count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
