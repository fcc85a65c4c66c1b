"""Where the outside evaluator (iam-simulate 0.1.173) is known to differ from gateproof, as predicates over a line and the
two decisions. A difference that none of them holds for is news, and so is one that
stays when what explains it is taken out of the line. The reasons stand in CONFORMANCE.md, "Differences from
other evaluators", under the same names.
"""

import json
import re

REFUSALS = {"ImplicitlyDenied", "ExplicitlyDenied"}


def documents(policies):
    for layer in ("identity", "boundary", "session", "endpoint"):
        yield from policies.get(layer) or []
    for layer in ("scps", "rcps"):
        for level in policies.get(layer) or []:
            yield from level
    if policies.get("resource"):
        yield policies["resource"]


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(policies):
    for document in documents(policies):
        if isinstance(document, dict):
            for one in listed(document.get("Statement", [])):
                yield document, one


def conditions(policies):
    for _, one in statements(policies):
        for operator, keys in one.get("Condition", {}).items():
            for key, values in keys.items():
                yield operator.lower(), key.lower(), [str(v) for v in listed(values)]


def operands(policies, prefix):
    return [v for operator, _, values in conditions(policies) if prefix in operator for v in values]


def values(line):
    return {key.lower(): value for key, value in line["request"]["context"].items()}


def caller(line):
    return line["request"]["principal"]["id"]


def action(line):
    return line["request"]["action"].lower()


def is_role_policy(line):
    return ":role/" in line["request"]["resource"] and line["policies"].get("resource") is not None


def refusal_names_differ(ours, theirs):
    return ours != theirs and {ours, theirs} == REFUSALS


def bpa_refusal(line, ours, theirs):
    on = (line["policies"].get("block_public_access") or {}).get("RestrictPublicBuckets")
    return bool(on) and action(line).startswith("s3:") and (ours, theirs) == ("ImplicitlyDenied", "ExplicitlyDenied")


def bpa_variable(line, ours, theirs):
    on = (line["policies"].get("block_public_access") or {}).get("RestrictPublicBuckets")
    return bool(on) and (ours, theirs) == ("ImplicitlyDenied", "Allowed") and "${" in str(line["policies"]["resource"])


def not_principal(line, ours, theirs):
    return "NotPrincipal" in str(line["policies"].get("resource"))


def role_needs_trust(line, ours, theirs):
    return action(line).startswith("sts:assumerole") and line["policies"].get("resource") is None and ours != "Allowed"


def trust_policy_and_iam(line, ours, theirs):
    return action(line).startswith("iam:") and is_role_policy(line)


def any_value_if_exists(line, ours, theirs):
    present = values(line)
    return any(
        operator.startswith("foranyvalue:") and operator.endswith("ifexists") and key not in present
        for operator, key, _ in conditions(line["policies"])
    )


def session_grant(line, ours, theirs):
    return line["policies"].get("session") is not None and (ours, theirs) == ("Allowed", "ImplicitlyDenied")


def rcp_services(line, ours, theirs):
    covered = ("s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "cognito-identity", "ecr", "aoss", "logs", "dynamodb")
    return bool(line["policies"].get("rcps")) and action(line).split(":")[0] not in covered


def everything_network(line, ours, theirs):
    return any(v.endswith("/0") for v in operands(line["policies"], "ipaddress"))


def address_families(line, ours, theirs):
    address = values(line).get("aws:sourceip")
    if not isinstance(address, str):
        return False
    return any((":" in address) != (":" in v) for v in operands(line["policies"], "notipaddress"))


def address_spelling(line, ours, theirs):
    address = values(line).get("aws:sourceip", "")
    return ":" in str(address) and any(":" in v for v in operands(line["policies"], "ipaddress"))


def epoch_dates(line, ours, theirs):
    texts = operands(line["policies"], "date") + [str(values(line).get("aws:currenttime", ""))]
    return any(t.isdigit() for t in texts) and any("T" in t or t.isdigit() for t in texts)


def old_version(line, ours, theirs):
    return any(
        document.get("Version") != "2012-10-17" and "${" in str(one) for document, one in statements(line["policies"])
    )


def unresolved_not_resource(line, ours, theirs):
    present = values(line)
    for _, one in statements(line["policies"]):
        for key in re.findall(r"\$\{([^},]+)\}", str(one.get("NotResource", ""))):
            if key.lower() not in present:
                return True
    return False


def empty_multivalued(line, ours, theirs):
    return any(value == [] for value in values(line).values()) and any(o == "null" for o, _, _ in conditions(line["policies"]))


def root_user(line, ours, theirs):
    return caller(line).endswith(":root")


def service_linked(line, ours, theirs):
    return "aws-service-role/" in str(line["request"]) or "AWSServiceRoleFor" in caller(line)


def federated_user(line, ours, theirs):
    return ":federated-user/" in caller(line)


def no_permission_needed(line, ours, theirs):
    return action(line) in ("sts:getsessiontoken", "sts:getcalleridentity") and ours == "Allowed"


def short_arn(line, ours, theirs):
    texts = operands(line["policies"], "arn") + [str(v) for v in values(line).values()]
    return any("arn" in o for o, _, _ in conditions(line["policies"])) and any(t.count(":") < 5 for t in texts)


def resource_as_text(line, ours, theirs):
    patterns = [p for _, one in statements(line["policies"]) for p in listed(one.get("Resource", []))]
    return any(p != "*" and (p.count(":") < 5 or p[:4].lower() == "arn:" and p[:4] != "arn:" or "arn:*" in p) for p in patterns)


def star_over_colons(line, ours, theirs):
    colons = line["request"]["resource"].count(":")
    patterns = [p for _, one in statements(line["policies"]) for p in listed(one.get("Resource", []))]
    return any("*" in p and p.startswith("arn:") and p.count(":") < colons for p in patterns)


def resource_in_parts(line, ours, theirs):
    patterns = [p for _, one in statements(line["policies"]) for p in listed(one.get("Resource", []))]
    lasts = [p.split(":", 5)[5] for p in patterns if p.count(":") >= 5 and not p.startswith("arn:aws:s3:")]
    first = [re.split("[/:]", last)[0] for last in lasts if last != "*"]
    return (ours, theirs) == ("Allowed", "ImplicitlyDenied") and any("*" in part or "${" in part for part in first)


def resource_case(line, ours, theirs):
    resource = line["request"]["resource"]
    patterns = [p for _, one in statements(line["policies"]) for p in listed(one.get("Resource", []))]
    return any(p != resource and p.lower() == resource.lower() for p in patterns)


def beyond_one_line(line, ours, theirs):
    return any(c in "\n\r" or ord(c) > 0xFFFF for c in str(line["request"]["resource"]) + str(list(values(line).values())).replace("\\n", "\n"))


def service_under_aws(line, ours, theirs):
    return line["request"]["principal"]["type"] == "Service" and ".amazonaws.com" in str(
        [one.get("Principal", {}).get("AWS") for _, one in statements(line["policies"]) if isinstance(one.get("Principal"), dict)]
    )


def literal_wildcards(line, ours, theirs):
    return any(mark in str(line["policies"]) for mark in ("${*}", "${?}", "${$}"))


def variable_values(line, ours, theirs):
    absent_or_empty = {key for key, value in values(line).items() if value == ""}
    named = {k.lower() for _, one in statements(line["policies"]) for k in re.findall(r"\$\{([^},]+)", str(one))}
    return any(key in absent_or_empty or key not in values(line) for key in named) and "${" in str(line["policies"])


def variable_place(line, ours, theirs):
    return any("${" in ":".join(p.split(":")[:5]) for _, one in statements(line["policies"]) for p in listed(one.get("Resource", [])))


# Differences whose trigger `neutral` takes out of a line: the two must then agree.
TAKEN_OUT = [
    bpa_refusal, bpa_variable, not_principal, role_needs_trust, any_value_if_exists, session_grant, rcp_services,
    everything_network, address_families, address_spelling, epoch_dates, old_version, unresolved_not_resource,
    variable_values, empty_multivalued,
]
# Differences that only the hand-written cases of the corpus have.
OF_CASES = [
    trust_policy_and_iam, root_user, service_linked, federated_user, no_permission_needed, short_arn, resource_as_text,
    star_over_colons, resource_in_parts, resource_case, beyond_one_line, service_under_aws, literal_wildcards,
    variable_values, variable_place, old_version, session_grant, not_principal, any_value_if_exists, empty_multivalued,
]


def name_of(rules, line, ours, theirs):
    """The name of the first rule that fits, or None."""
    return next((rule.__name__ for rule in rules if rule(line, ours, theirs)), None)


def neutral(line):
    """The line without what the two are known to read differently; what is put in its place means the same to both."""
    line = json.loads(json.dumps(line))
    request, policies = line["request"], line["policies"]
    context = {k: v for k, v in request["context"].items() if v != []}
    if ":" in str(context.get("aws:SourceIp", "")):
        context["aws:SourceIp"] = "203.0.113.7"
    if context.get("aws:CurrentTime") == "1767225600":
        context["aws:CurrentTime"] = "2026-01-01T00:00:00Z"
    request["context"] = context
    policies["session"] = None
    policies["block_public_access"] = {"RestrictPublicBuckets": False}
    if rcp_services(line, None, None):
        policies["rcps"] = None
    if action(line).startswith("sts:assumerole") and policies.get("resource") is None:
        owner = request.get("resource_account") or request["resource"].split(":")[4]
        trust = {"Effect": "Allow", "Principal": {"AWS": owner}, "Action": "sts:*", "Resource": "*"}
        policies["resource"] = {"Version": "2012-10-17", "Statement": [trust]}
    for document, one in statements(policies):
        document["Version"] = "2012-10-17"
        if "NotPrincipal" in one:
            one["Principal"] = "*"
            del one["NotPrincipal"]
        for operator in list(one.get("Condition", {})):
            if operator.lower().startswith("foranyvalue:") and operator.endswith("IfExists"):
                one["Condition"].setdefault(operator[: -len("IfExists")], {}).update(one["Condition"].pop(operator))
    text = json.dumps(policies).replace("1767225600", "2026-01-01T00:00:00Z").replace("0.0.0.0/0", "0.0.0.0/1")
    text = text.replace('"2001:db8::/32"', '"198.51.100.0/24"')
    present = {key.lower() for key in context}
    text = re.sub(r"\$\{([^},]+)\}", lambda m: m[0] if m[1].lower() in present else "x", text)
    line["policies"] = json.loads(text)
    return line
