#!/usr/bin/env python3
"""Compare gateproof's decisions with the outside evaluator's, and fail on a difference that nothing known explains.

Usage: compare.py neutral LINES OURS THEIRS: print the lines that differ, without what explains their difference.
       compare.py report LINES OURS THEIRS NEUTRAL_OURS NEUTRAL_THEIRS: the same files, and the decisions on the former.
All are files of JSON lines, in the same order.
"""

import json
import sys
from collections import Counter

from known_differences import OF_CASES, TAKEN_OUT, name_of, neutral


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def decision(answer):
    return answer.get("decision", answer.get("error"))


def differing(lines, ours, theirs):
    """The lines that both answer, and differently."""
    if not len(lines) == len(ours) == len(theirs):
        sys.exit(f"compare: {len(lines)} lines, {len(ours)} decisions of ours, {len(theirs)} of theirs")
    for line, our, their in zip(lines, ours, theirs):
        if not line["id"] == our["id"] == their["id"]:
            sys.exit(f"compare: the answers to {line['id']} are out of order")
        if "decision" in their and decision(our) != their["decision"]:
            yield line, decision(our), their["decision"]


def report(lines, ours, theirs, neutral_ours, neutral_theirs):
    skipped = Counter(their["skipped"] for their in theirs if "skipped" in their)
    agree = {o["id"]: decision(o) == decision(t) for o, t in zip(neutral_ours, neutral_theirs) if "decision" in t}
    known, news = Counter(), []
    for line, our, their in differing(lines, ours, theirs):
        taken_out = name_of(TAKEN_OUT, line, our, their) if agree.get(line["id"]) else None
        of_cases = name_of(OF_CASES, line, our, their) if isinstance(line["id"], str) else None
        name = taken_out or of_cases
        if name:
            known[f"{name}: {our} / {their}"] += 1
        else:
            news.append((line, our, their))
    alike = len(lines) - sum(skipped.values()) - sum(known.values()) - len(news)
    print(f"{len(lines)} lines: {alike} alike, {sum(known.values())} known differences, {len(news)} new ones, "
          f"{sum(skipped.values())} not modelled there; of ours {dict(Counter(map(decision, ours)))}")
    for title, counter in (("known (gateproof / the other)", known), ("not modelled", skipped)):
        for name, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])):
            print(f"  {title}: {count} {name}")
    for line, our, their in news[:20]:
        print(f"NEW: gateproof {our}, the other {their}: {json.dumps(line)}")
    if alike < len(lines) // 2:
        sys.exit("compare: fewer than half of the lines were compared alike")
    sys.exit(1 if news else 0)


def main():
    command, *files = sys.argv[1:]
    files = [read(path) for path in files]
    if command == "report":
        report(*files)
    for line, _, _ in differing(*files):
        print(json.dumps(neutral(line)))


if __name__ == "__main__":
    main()
