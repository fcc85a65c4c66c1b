#!/usr/bin/env python3
"""Print the corpus cases that expect a decision as `gateproof decide` lines."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

for folder in ("cases", "regressions"):
    for file in sorted((ROOT / "corpus" / folder).glob("*.json")):
        for case in json.loads(file.read_text()):
            if isinstance(case.get("expect"), str):
                print(json.dumps({"id": case["id"], "request": case["request"], "policies": case["policies"]}))
