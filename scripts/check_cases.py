#!/usr/bin/env python3
"""Checks the form of corpus/cases/*.json: fields, unique ids, decisions, and the ids that CONFORMANCE.md names.

It judges no expectation: that is the work of the testers that run the cases.
"""

import json
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"}
CASE = {"id", "rule", "why", "request", "policies", "expect"}
REQUEST = {"principal", "principal_account", "action", "resource", "resource_account", "context"}
POLICIES = {"identity", "boundary", "session", "resource", "scps", "rcps", "endpoint"}
OPTIONAL_POLICIES = {"block_public_access", "grants"}
PRINCIPALS = {"AWS", "Service", "Federated", "Anonymous"}


def no_duplicates(pairs):
    """Refuses an object that says one name twice: Python would silently keep the last."""
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"an object repeats a name among {names}")
    return dict(pairs)


def is_documents(value):
    return isinstance(value, list) and all(isinstance(doc, dict) for doc in value)


def is_levels(value):
    return value is None or (isinstance(value, list) and all(is_documents(level) for level in value))


def problems(case):
    """What is wrong with the form of one case."""
    if not isinstance(case, dict) or not CASE <= set(case) or set(case) - CASE - {"unsettled"}:
        yield f"fields must be {sorted(CASE)} and perhaps unsettled"
        return
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case["id"]):
        yield "the id must be lower-case words with hyphens"
    if not re.fullmatch(r"[123]\.\d(\.\d)?", case["rule"]):
        yield f"rule {case['rule']!r} is not numbered like CONFORMANCE.md"
    if not case["why"].strip():
        yield "why is empty"
    if case.get("unsettled", True) is not True:
        yield "unsettled is true or not there"
    expect = case["expect"]
    if isinstance(expect, dict):
        if set(expect) != {"error"} or not isinstance(expect["error"], str):
            yield "expect must be a decision or {\"error\": text}"
    elif expect not in DECISIONS:
        yield f"unknown decision {expect!r}"
    request, policies = case["request"], case["policies"]
    if set(request) != REQUEST:
        yield f"request must have exactly {sorted(REQUEST)}"
    elif request["principal"].get("type") not in PRINCIPALS or not request["principal"].get("id"):
        yield f"principal must have an id and a type of {sorted(PRINCIPALS)}"
    if not POLICIES <= set(policies) or set(policies) - POLICIES - OPTIONAL_POLICIES:
        yield f"policies must have {sorted(POLICIES)} and perhaps {sorted(OPTIONAL_POLICIES)}"
        return
    if not is_documents(policies["identity"]):
        yield "identity must be a list of documents"
    for layer in ("boundary", "session", "endpoint"):
        if policies[layer] is not None and not is_documents(policies[layer]):
            yield f"{layer} must be null or a list of documents"
    for layer in ("scps", "rcps"):
        if not is_levels(policies[layer]):
            yield f"{layer} must be null or a list of levels"


def conformance_problems(ids, unsettled):
    """Cases that CONFORMANCE.md names and that do not exist, and unsettled cases that it does not list as such.

    A table row starts with a rule number; its last cell names cases: ids, patterns, or files.
    """
    path = ROOT / "CONFORMANCE.md"
    if not path.exists():
        return
    listed = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")][1:-1]
        if len(cells) < 3 or not re.match(r"[123]\.\d", cells[0]):
            continue
        for name in re.findall(r"`([^`]+)`", cells[-1]):
            guards = [case for case, file in ids.items() if file == name or fnmatchcase(case, name)]
            if not guards:
                yield f"CONFORMANCE.md: {cells[0]}: no case {name}"
            if len(cells) == 3:
                listed.update(guards)
    for name in sorted(unsettled ^ listed):
        yield f"CONFORMANCE.md: {name}: unsettled in one of the case and the table of unsettled choices, not in both"


def main():
    found, ids, unsettled = 0, {}, set()
    faults = []
    for path in sorted((ROOT / "corpus" / "cases").glob("*.json")):
        try:
            cases = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicates)
        except ValueError as error:
            faults.append(f"{path.name}: {error}")
            continue
        for number, case in enumerate(cases):
            name = case.get("id", f"#{number}") if isinstance(case, dict) else f"#{number}"
            found += 1
            if isinstance(case, dict) and case.get("unsettled"):
                unsettled.add(name)
            faults += [f"{path.name}: {name}: {text}" for text in problems(case)]
            if name in ids:
                faults.append(f"{path.name}: {name}: also in {ids[name]}")
            ids[name] = path.name
    faults += conformance_problems(ids, unsettled)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not found:
        print("no cases found", file=sys.stderr)
    print(f"{found} cases, {len(unsettled)} of them unsettled, {len(faults)} faults")
    return 1 if faults or not found else 0


if __name__ == "__main__":
    sys.exit(main())
