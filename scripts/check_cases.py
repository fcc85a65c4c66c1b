#!/usr/bin/env python3
"""Checks the form of corpus/cases/*.json: fields, unique ids, decisions, and the ids that CONFORMANCE.md names.

It judges no expectation: that is the work of the testers that run the cases.
"""

import json
import re
import sys
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


def main():
    found, ids, unsettled = 0, {}, 0
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
            unsettled += bool(isinstance(case, dict) and case.get("unsettled"))
            faults += [f"{path.name}: {name}: {text}" for text in problems(case)]
            if name in ids:
                faults.append(f"{path.name}: {name}: also in {ids[name]}")
            ids[name] = path.name
    conformance = ROOT / "CONFORMANCE.md"
    if conformance.exists():
        files = {path.stem for path in (ROOT / "corpus" / "cases").glob("*.json")}
        for line in conformance.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) < 7 or not re.match(r"[123]\.\d", cells[1]):
                continue
            for name in re.findall(r"`([^`]+)`", cells[5]):
                prefix = name[:-1] if name.endswith("*") else None
                known = name in ids or name.removesuffix(".json") in files
                if not known and not (prefix and any(i.startswith(prefix) for i in ids)):
                    faults.append(f"CONFORMANCE.md: {cells[1]}: no case {name}")
    for fault in faults:
        print(fault, file=sys.stderr)
    if not found:
        print("no cases found", file=sys.stderr)
    print(f"{found} cases, {unsettled} of them unsettled, {len(faults)} faults")
    return 1 if faults or not found else 0


if __name__ == "__main__":
    sys.exit(main())
