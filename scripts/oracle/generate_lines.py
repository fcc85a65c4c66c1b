#!/usr/bin/env python3
"""Print random `gateproof decide` lines, of the policy types that the outside evaluator models.

Usage: generate_lines.py COUNT SEED. The same arguments give the same lines.
"""

import json
import random
import sys

ACCOUNT, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
FOREIGN = f"arn:aws:iam::{OTHER}:user/eve"

CALLERS = [
    ("AWS", USER, ACCOUNT), ("AWS", SESSION, ACCOUNT), ("AWS", FOREIGN, OTHER),
    ("AWS", f"arn:aws:sts::{OTHER}:assumed-role/ci/run", OTHER),
    ("Service", "lambda.amazonaws.com", None), ("Anonymous", "*", None),
]
REQUESTS = [
    ("s3:GetObject", ["arn:aws:s3:::bucket/abc", "arn:aws:s3:::bucket/alice/x", "arn:aws:s3:::bucket/red/x", "arn:aws:s3:::other/abc"]),
    ("s3:PutObject", ["arn:aws:s3:::bucket/abc", "arn:aws:s3:::bucket/a?c"]),
    ("s3:ListBucket", ["arn:aws:s3:::bucket"]),
    ("sqs:SendMessage", [f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"]),
    ("dynamodb:GetItem", [f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/red", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t1"]),
    ("kms:Decrypt", [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d"]),
    ("sts:AssumeRole", [f"arn:aws:iam::{ACCOUNT}:role/target"]),
    ("ec2:DescribeInstances", ["*"]),
]
ACTIONS = ["*", "s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:?utObject", "sqs:*", "sqs:SendMessage", "dynamodb:Get*",
           "kms:Decrypt", "kms:*", "sts:AssumeRole", "ec2:Describe*"]
RESOURCES = ["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a?c", "arn:aws:s3:::bucket", "arn:aws:s3:::*",
             "arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/x",
             f"arn:aws:sqs:*:{ACCOUNT}:*", "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team, 'none'}",
             "arn:aws:dynamodb:*:*:table/t*", "arn:aws:kms:*:*:key/*", f"arn:aws:iam::{ACCOUNT}:role/*"]
# Key, operators, operands, values.
KEYS = [
    ("aws:PrincipalTag/team", "text", ["red", "r*", "RED", "${aws:username}"], ["red", "blue", "alice"]),
    ("aws:SourceIp", "ip", ["10.0.0.0/8", "203.0.113.7", "203.0.113.0/24", "0.0.0.0/0", "2001:db8::/32"], ["10.1.2.3", "203.0.113.7", "2001:db8::1"]),
    ("aws:MultiFactorAuthPresent", "bool", ["true", "false"], ["true", "false"]),
    ("aws:MultiFactorAuthAge", "number", ["60", "3600"], ["59", "60", "3601"]),
    ("aws:CurrentTime", "date", ["2026-01-01T00:00:00Z", "1767225600"], ["2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z"]),
    ("aws:TagKeys", "text", ["a", "b*"], [["a"], ["a", "bb"], ["c"], []]),
    ("aws:PrincipalArn", "arn", ["arn:aws:iam::*:user/*", USER, ROLE], [USER, ROLE, FOREIGN]),
    ("aws:username", "text", ["alice", "a*"], ["alice", "bob"]),
    ("aws:SecureTransport", "bool", ["true", "false"], ["true", "false"]),
    ("aws:PrincipalOrgID", "text", ["o-example0001", "o-*"], ["o-example0001", "o-other000001"]),
]
OPERATORS = {
    "text": ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
    "arn": ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike", "StringNotEquals"],
    "ip": ["IpAddress", "NotIpAddress"],
    "bool": ["Bool"],
    "number": ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"],
    "date": ["DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals", "DateLessThanEquals"],
}
PRINCIPALS = ["*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": USER}, {"AWS": ROLE}, {"AWS": SESSION}, {"AWS": FOREIGN},
              {"AWS": [f"arn:aws:iam::{OTHER}:root", ROLE]}, {"Service": "lambda.amazonaws.com"}]


def condition(choose):
    found = {}
    for _ in range(choose.choice([0, 0, 1, 1, 2])):
        key, kind, operands, _ = choose.choice(KEYS)
        if choose.random() < 0.12:
            found["Null"] = {key: choose.choice(["true", "false"])}
            continue
        operator = choose.choice(OPERATORS[kind])
        if key == "aws:TagKeys":
            operator = choose.choice(["ForAllValues:", "ForAnyValue:"]) + operator
        if choose.random() < 0.25:
            operator += "IfExists"
        found[operator] = {key: choose.sample(operands, choose.choice([1, 1, 2]))}
    return found


def statement(choose, resource_side, deny, action, resource):
    near = lambda text, pool: [text, choose.choice(pool)] if choose.random() < 0.5 else [choose.choice(pool)]
    one = {"Effect": "Deny" if choose.random() < deny else "Allow"}
    one["NotAction" if choose.random() < 0.1 else "Action"] = near(action, ACTIONS)
    one["NotResource" if choose.random() < 0.1 else "Resource"] = near(resource, RESOURCES)
    if resource_side:
        one["NotPrincipal" if one["Effect"] == "Deny" and choose.random() < 0.15 else "Principal"] = choose.choice(PRINCIPALS)
    conditions = condition(choose)
    if conditions:
        one["Condition"] = conditions
    return one


def document(choose, request, resource_side=False, deny=0.2):
    statements = [statement(choose, resource_side, deny, *request) for _ in range(choose.randint(1, 3))]
    if choose.random() < 0.45:
        broad = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        if resource_side:
            broad["Principal"] = "*"
        statements.append(broad)
    version = "2012-10-17" if choose.random() < 0.9 else "2008-10-17"
    return {"Version": version, "Statement": statements}


def endpoint(choose, request):
    made = document(choose, request)
    for one in made["Statement"]:
        one["Principal"] = "*"
    return [made]


def rcp(choose, request):
    made = document(choose, request, deny=1.0)
    made["Version"] = "2012-10-17"
    made["Statement"] = [s for s in made["Statement"] if s["Effect"] == "Deny"]
    for one in made["Statement"]:
        one["Principal"] = "*"
        one["Action" if "Action" in one else "NotAction"] = [request[0]]
        one.pop("NotAction", None)
        one["Action"] = [request[0]]
    return [made]


def scp(choose, request):
    made = document(choose, request, deny=0.25)
    made["Version"] = "2012-10-17"
    return [made]


def line(number, choose):
    kind, caller, account = choose.choice(CALLERS)
    action, resources = choose.choice(REQUESTS)
    request = (action, choose.choice(resources))
    maybe = lambda share, make: make() if choose.random() < share else None
    context = {key: choose.choice(values) for key, _, _, values in KEYS if choose.random() < 0.5}
    session = SESSION in caller
    return {
        "id": number,
        "request": {"principal": {"type": kind, "id": caller}, "principal_account": account, "action": action,
                    "resource": request[1], "resource_account": ACCOUNT, "context": context},
        "policies": {
            "identity": [document(choose, request) for _ in range(choose.randint(1, 2))],
            "boundary": maybe(0.25, lambda: [document(choose, request, deny=0.15)]),
            "session": maybe(0.3 if session else 0, lambda: [document(choose, request, deny=0.15)]),
            "resource": maybe(0.6, lambda: document(choose, request, resource_side=True)),
            "scps": maybe(0.3, lambda: [scp(choose, request) for _ in range(choose.randint(1, 3))]),
            "rcps": maybe(0.2, lambda: [rcp(choose, request) for _ in range(choose.randint(1, 2))]),
            "endpoint": maybe(0.1, lambda: endpoint(choose, request)),
            "block_public_access": {"RestrictPublicBuckets": choose.random() < 0.2},
        },
    }


def main():
    count, seed = int(sys.argv[1]), sys.argv[2]
    for number in range(count):
        print(json.dumps(line(number, random.Random(f"{seed}/{number}"))))


if __name__ == "__main__":
    main()
