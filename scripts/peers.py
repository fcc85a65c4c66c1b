#!/usr/bin/env python3
"""Ask gateproof and iamprover the same `who-can` questions about the same account, in turn, on this machine.

Usage: peers.py ROLES [QUESTIONS]: an account of so many roles, and so many of the questions that iamprover can be asked.
Run by `make peers`, which installs iamprover (PyPI) under target/peers and builds gateproof.

Both get the same facts: the account's IAM details and its service control policies, no resource policies (iamprover reads
none beside an account's details). A question is an invariant "nobody may" there, whose counterexamples are who can.
"""

import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEED = "20261122"
# Seconds after which a question to iamprover is given up: enough to show a ratio of 500 for answers of 60 ms.
PATIENCE = 30


def generate(roles, folder):
    """A generated account without its resource policies, which one of the two couldn't be told."""
    subprocess.run([ROOT / "target/release/generate-account", str(roles), SEED, folder], check=True)
    account = next((folder / "accounts").iterdir())
    for part in account.iterdir():
        for service in part.iterdir():
            if service.name != "iam":
                shutil.rmtree(service)
    return account.name, account / "global/iam/get-account-authorization-details.json"


def quoted(details):
    """The details with truth values and numbers as text: iamprover ends in a TypeError on AWS-managed policies that
    hold `"aws:ViaAWSService": true`."""
    def quote(value):
        if isinstance(value, dict):
            return {key: quote(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [quote(inner) for inner in value]
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, (int, float)) else value

    copy = details.with_name("quoted.json")
    whole = json.loads(details.read_text())
    for policy in whole["Policies"]:
        for version in policy["PolicyVersionList"]:
            version["Document"] = quote(version["Document"])
    copy.write_text(json.dumps(whole))
    return copy


def scps(folder, account):
    """The organization's policies of each level above the account, joined into one document a level."""
    organization = folder / "organization"
    level, found = account, []
    while True:
        listed = json.loads((organization / f"list-policies-for-target/{level}.json").read_text())["Policies"]
        statements = []
        for policy in listed:
            described = json.loads((organization / f"describe-policy/{policy['Id']}.json").read_text())
            statements += json.loads(described["Policy"]["Content"])["Statement"]
        found.append({"Version": "2012-10-17", "Statement": statements})
        parents = organization / f"list-parents/{level}.json"
        if not parents.exists():
            return found
        level = json.loads(parents.read_text())["Parents"][0]["Id"]


def ask_ours(folder):
    """Time to load, and the answers to all questions, in one process."""
    start = time.perf_counter()
    output = subprocess.run([ROOT / "target/release/ask-all", folder], check=True, capture_output=True, text=True)
    whole = time.perf_counter() - start
    first, *lines = map(json.loads, output.stdout.splitlines())
    return first["load"], whole, lines


def can_be_put(question):
    """Whether iamprover has words for a question: no access levels, and of conditions only `KEY=VALUE`."""
    fixed = all("!=" not in c and "~" not in c and not c.endswith(("=absent", "=present")) for c in question["when"])
    return not question["access"] and fixed


def check(account, question, results):
    """What iamprover says, sent through a pipe; run in a process of its own so that it can be given up."""
    from iamprover.engine.solver import check_invariant
    from iamprover.invariants import Invariant

    invariant = Invariant(
        id="question", description="", actions=question["actions"], resources=question["resources"] or ["*"],
        where=dict(c.split("=", 1) for c in question["when"]),
    )
    start = time.perf_counter()
    result = check_invariant(account, invariant)
    results.send((time.perf_counter() - start, {c.principal: c for c in result.counterexamples}))


def ask_theirs(account, question):
    """Seconds, and who can with a counterexample each; None for who can where it was given up."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=check, args=(account, question, sender))
    process.start()
    try:
        return receiver.recv() if receiver.poll(PATIENCE) else (PATIENCE, None)
    finally:
        process.terminate()
        process.join()


def process_of_ours(folder, question):
    """Seconds of one whole process of ours for one question, from start to printed answer."""
    command = [ROOT / "target/release/gateproof", "--cross-check", "never", "who-can", folder, "--format", "json"]
    for flag, values in (("--action", question["actions"]), ("--resource", question["resources"]), ("--when", question["when"])):
        for value in values:
            command += [flag, value]
    start = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


# Keys that the caller's identity fixes; iamprover leaves them to chance.
FIXED = ("aws:principal", "aws:userid", "aws:username")


def why_not(folder, counterexample):
    """gateproof's word on iamprover's own request, as far as a caller can choose it."""
    command = [ROOT / "target/release/gateproof", "explain", folder, "--principal", counterexample.principal,
               "--action", counterexample.action, "--resource", counterexample.resource or "*"]
    for key, value in counterexample.context.items():
        if key.startswith(FIXED):
            continue
        command += ["--context", f"{key}={value}"]
    output = subprocess.run(command, check=False, capture_output=True, text=True)
    return " ".join((output.stdout or output.stderr).split())[:300]


def report_differences(folder, question, theirs, shown):
    """Who only one of the two lists; a few of each with the reason."""
    ours = {arn for arn in question["can"] if ":role/" in arn or ":user/" in arn}
    only_ours, only_theirs = sorted(ours - set(theirs)), sorted(set(theirs) - ours)
    if only_ours or only_theirs:
        print(f"    listed by both {len(ours & set(theirs))}, only by gateproof {len(only_ours)}, only by iamprover {len(only_theirs)}")
    for arn in only_ours[:shown]:
        print(f"    only gateproof: {arn}: {json.dumps(question['can'][arn])}")
    for arn in only_theirs[:shown]:
        c = theirs[arn]
        print(f"    only iamprover: {arn}: {c.action} on {c.resource!r} with {c.context}; gateproof: {why_not(folder, c)}")
    return len(only_ours), len(only_theirs)


def main():
    roles = int(sys.argv[1])
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    sys.path.insert(0, str(ROOT / "target/peers"))
    from iamprover.parsers.aws import load_gaad
    from iamprover.parsers.iam import parse_policy_document

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        name, details = generate(roles, folder)
        load, whole, questions = ask_ours(folder)
        start = time.perf_counter()
        account = load_gaad(quoted(details))
        account.scps = [parse_policy_document("scp", document) for document in scps(folder, name)]
        print(f"{roles} roles, two cores; the same facts to both; seconds")
        print(f"loading: gateproof {load:.3f}, iamprover {time.perf_counter() - start:.3f}; all fifty questions with start and loading: gateproof {whole:.3f}")
        ratios, differing = [], [0, 0]
        for question in [q for q in questions if can_be_put(q)][:limit]:
            seconds, theirs = ask_theirs(account, question)
            ratios.append(seconds / question["seconds"])
            process = process_of_ours(folder, question)
            print(f"{question['question']}: gateproof {question['seconds']:.4f} (as a process, with start and loading {process:.3f}), "
                  f"iamprover {seconds:.2f}, ratio {ratios[-1]:.0f}", flush=True)
            if theirs is None:
                print(f"    iamprover was given up after {PATIENCE} s: the ratio is a lower bound, the answers are not compared")
                continue
            for i, count in enumerate(report_differences(folder, question, theirs, 2)):
                differing[i] += count
        ratios.sort()
        print(f"{len(ratios)} questions: median ratio {ratios[len(ratios) // 2]:.0f}, least {ratios[0]:.0f}, greatest {ratios[-1]:.0f}; "
              f"answers only gateproof's {differing[0]}, only iamprover's {differing[1]}")


if __name__ == "__main__":
    main()
