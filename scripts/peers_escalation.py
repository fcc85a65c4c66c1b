#!/usr/bin/env python3
"""Ask gateproof, iamprover and PMapper who can become whom in the same generated account with compute.

Usage: peers_escalation.py ROLES. Run by `make peers`, which installs the two others (PyPI) under target/peers.

iamprover (`--closure all`) and PMapper (`graph create`) run as programs in processes of their own; PMapper's calls to AWS are
answered from the snapshot (scripts/peers_offline). What they list and gateproof's one-step `edges` don't, gateproof is asked
as a question of any number of steps, and where it says impossible, again without the guardrails that others may not know.
"""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peers import ROOT, SEED, quoted, scps

# Seconds after which one of the two is given up, and a question about a pair.
PATIENCE = 120
QUESTION = 5
# How many pairs that only they list are asked about.
ASKED = 20
# What is taken away where gateproof says impossible, the first that makes a difference is named.
GUARDRAILS = ("trust conditions", "SCPs", "boundaries", "SCPs and boundaries", "SCPs, boundaries and trust conditions")
PROGRAM = ROOT / "target/release/gateproof"
PEERS = ROOT / "target/peers"


def generate(roles, folder):
    """The account's id; the first one, where there are several."""
    subprocess.run([ROOT / "target/release/generate-account", "--extended", str(roles), SEED, folder], check=True)
    return min((folder / "accounts").iterdir()).name


def details_of(folder, account):
    return folder / f"accounts/{account}/global/iam/get-account-authorization-details.json"


def edges_of_ours(folder, account):
    """Seconds as a process, and each pair of principals of the account with the techniques."""
    start = time.perf_counter()
    output = subprocess.run([PROGRAM, "edges", folder, "--format", "json"], check=True, capture_output=True, text=True)
    pairs, undecided = collections.defaultdict(set), 0
    for line in output.stdout.splitlines():
        edge = json.loads(line)
        undecided += edge["undecided"] is not None
        within = edge["to"] and f"::{account}:" in edge["from"] and f"::{account}:" in edge["to"]
        if within and edge["undecided"] is None and edge["from"] != edge["to"]:
            pairs[edge["from"], edge["to"]].add(edge["technique"])
    return time.perf_counter() - start, pairs, undecided


def closure_of_iamprover(gaad, guardrails):
    """Run in a process of its own: prints each pair of its closure with the requests on the way."""
    sys.path.insert(0, str(PEERS))
    from iamprover.engine.reachability import RELATIONS, ReachabilityIndex
    from iamprover.parsers.aws import load_gaad
    from iamprover.parsers.iam import parse_policy_document

    account = load_gaad(Path(gaad))
    account.scps = [parse_policy_document("scp", document) for document in json.loads(Path(guardrails).read_text())]
    index = ReachabilityIndex(account, relations=RELATIONS)
    for principal in account.principals:
        for target, chain in index.chains_from(principal.arn).items():
            print(json.dumps([principal.arn, target, " then ".join(f"{action} on {on}" for hop in chain.hops for action, on in hop)]))


def pairs_of_iamprover(folder, account):
    """Seconds, and its pairs; None for the pairs where it was given up."""
    guardrails = folder / "guardrails.json"
    guardrails.write_text(json.dumps(scps(folder, account)))
    gaad = quoted(details_of(folder, account))
    gaad = gaad.rename(folder / "quoted.json")
    start = time.perf_counter()
    try:
        output = subprocess.run([sys.executable, __file__, "--iamprover", gaad, guardrails], check=True,
                                capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return PATIENCE, None
    finally:
        gaad.unlink()
        guardrails.unlink()
    found = {(source, target): requests for source, target, requests in map(json.loads, output.stdout.splitlines())}
    return time.perf_counter() - start, found


def pairs_of_pmapper(folder, account, storage):
    """Seconds, its edges with their reasons, and whom it takes for administrators; None for the edges where it was given up."""
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT / 'scripts/peers_offline'}:{PEERS}", "PEERS_SNAPSHOT": str(folder), "PEERS_ACCOUNT": account,
        "PMAPPER_STORAGE": str(storage), "AWS_DEFAULT_REGION": "us-east-1",
    }
    pmapper = [sys.executable, "-m", "principalmapper"]
    start = time.perf_counter()
    try:
        for command in (["orgs", "create"], ["graph", "create", "--include-regions", "us-east-1"]):
            subprocess.run(pmapper + command, check=True, capture_output=True, env=environment, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return PATIENCE, None, set()
    seconds = time.perf_counter() - start
    graph = storage / account / "graph"
    edges = json.loads((graph / "edges.json").read_text())
    administrators = {node["arn"] for node in json.loads((graph / "nodes.json").read_text()) if node["is_admin"]}
    return seconds, {(edge["source"], edge["destination"]): edge["reason"] for edge in edges}, administrators


def without(folder, copy, guardrails):
    """A copy of the snapshot without some of these: SCPs, boundaries, conditions of trust policies."""
    shutil.copytree(folder, copy)
    if "SCPs" in guardrails:
        shutil.rmtree(copy / "organization")
    for account in (copy / "accounts").iterdir():
        file = details_of(copy, account.name)
        whole = json.loads(file.read_text())
        for entity in whole["RoleDetailList"] + whole["UserDetailList"]:
            if "boundaries" in guardrails:
                entity.pop("PermissionsBoundary", None)
            if "trust conditions" in guardrails:
                for statement in entity.get("AssumeRolePolicyDocument", {}).get("Statement", []):
                    statement.pop("Condition", None)
        file.write_text(json.dumps(whole))
    return copy


def reach(folder, source, target):
    """gateproof's word on a pair in any number of steps, with the steps or the reason."""
    command = [PROGRAM, "reach", folder, "--quiet", "--format", "json", "--from", source, "--controls", target]
    try:
        output = subprocess.run(command, check=False, capture_output=True, text=True, timeout=QUESTION)
    except subprocess.TimeoutExpired:
        return f"not answered in {QUESTION} s", None
    answer = json.loads(output.stdout)
    if answer["verdict"] == "reachable":
        # The last request of each step says what the step gains.
        steps = [step["technique"] for step in answer["witness"]["steps"] if step["gains"]]
        return f"reachable ({len(steps)} steps)", steps
    return answer["verdict"], answer["undecided"]


def verdicts(snapshots, pairs):
    """Each pair's verdict, and for the impossible what they would need to be without."""
    said = {}
    for pair in pairs:
        verdict, how = reach(snapshots["as it is"], *pair)
        if verdict == "impossible":
            rest = [name for name in snapshots if name != "as it is" and reach(snapshots[name], *pair)[0].startswith("reachable")]
            verdict = f"impossible; without {rest[0]} reachable" if rest else "impossible, without all of these too"
        said[pair] = verdict, how
    return said


def chosen(pairs):
    """Some of the pairs: the first of each source, then the second of each, and so on."""
    seen, ranked = collections.Counter(), []
    for pair in pairs:
        seen[pair[0]] += 1
        ranked.append((seen[pair[0]], pair))
    return [pair for _, pair in sorted(ranked)[:ASKED]]


def report(name, theirs, ours, administrators, snapshots):
    """Counts, and each pair that gateproof's edges don't hold with gateproof's verdict."""
    both = theirs.keys() & ours.keys()
    missed = ours.keys() - theirs.keys()
    of_administrators = {pair for pair in missed if pair[0] in administrators}
    techniques = collections.Counter(t for pair in missed - of_administrators for t in ours[pair])
    print(f"{name}: pairs listed by both {len(both)}; only by gateproof {len(missed)}"
          + (f", {len(of_administrators)} of them of administrators, whose edges {name} leaves out" if administrators else ""))
    print("    only gateproof, by technique: " + ", ".join(f"{t} {n}" for t, n in techniques.most_common()))
    more = sorted(theirs.keys() - ours.keys())
    said = verdicts(snapshots, chosen(more))
    counts = collections.Counter(verdict for verdict, _ in said.values())
    print(f"    only {name}, or not in one step: {len(more)}; asked of gateproof {len(said)}")
    for verdict, count in counts.most_common():
        print(f"        {count} {verdict}")
        for pair in [pair for pair, (said_of, _) in said.items() if said_of == verdict][:2]:
            print(f"            {pair[0]} -> {pair[1]}: {theirs[pair]}; {said[pair][1]}")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "snapshot"
        account = generate(sys.argv[1], folder)
        snapshots = {"as it is": folder}
        for guardrails in GUARDRAILS:
            snapshots[guardrails] = without(folder, Path(scratch) / guardrails, guardrails)
        seconds, ours, undecided = edges_of_ours(folder, account)
        print(f"{sys.argv[1]} roles with compute, account {account}; seconds as a process each", flush=True)
        print(f"gateproof edges: {seconds:.2f} s, {len(ours)} pairs of principals, {undecided} steps not known", flush=True)
        seconds, theirs = pairs_of_iamprover(folder, account)
        print(f"iamprover --closure all: {seconds:.2f} s, {'given up' if theirs is None else f'{len(theirs)} pairs in up to four steps'}", flush=True)
        if theirs is not None:
            report("iamprover", theirs, ours, set(), snapshots)
        seconds, theirs, administrators = pairs_of_pmapper(folder, account, Path(scratch))
        print(f"PMapper graph: {seconds:.2f} s, {'given up' if theirs is None else f'{len(theirs)} pairs'}, administrators {sorted(administrators)}", flush=True)
        if theirs is not None:
            report("PMapper", theirs, ours, administrators, snapshots)


if __name__ == "__main__":
    if sys.argv[1] == "--iamprover":
        closure_of_iamprover(*sys.argv[2:])
    else:
        main()
