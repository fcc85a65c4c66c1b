"""Lets a program that asks AWS by botocore read a snapshot instead: Python loads this file at its start where its folder is
on PYTHONPATH. `PEERS_SNAPSHOT` is the snapshot, `PEERS_ACCOUNT` the account that is asked.

No call leaves the process. A call that isn't answered here is refused as AWS refuses a caller without permissions.
"""

import collections
import collections.abc
import json
import os
from pathlib import Path

import botocore.client
from botocore.exceptions import ClientError

# Programs for Python before 3.10 take this name from where it was.
collections.Mapping = collections.abc.Mapping
collections.MutableMapping = collections.abc.MutableMapping

SNAPSHOT = Path(os.environ["PEERS_SNAPSHOT"])
ACCOUNT = os.environ["PEERS_ACCOUNT"]


def output(name):
    """What a call printed, as it is in the snapshot; an empty answer where it isn't there."""
    file = SNAPSHOT / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else {}


def regional(client, name):
    return output(f"accounts/{ACCOUNT}/{client.meta.region_name}/{name}")


def projects(client, asked):
    listed = regional(client, "codebuild/batch-get-projects").get("projects", [])
    return {"projects": [{"tags": []} | project for project in listed if project["name"] in asked["names"]]}


def children(parent):
    """The ids whose parent is this one."""
    for file in (SNAPSHOT / "organization/list-parents").iterdir():
        if json.loads(file.read_text())["Parents"][0]["Id"] == parent:
            yield file.stem


def is_account(target):
    return target.isdigit()


def refuse(code):
    raise ClientError({"Error": {"Code": code, "Message": f"{code}: not in the snapshot"}}, "call")


ANSWERS = {
    "GetCallerIdentity": lambda client, asked: {
        "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor", "UserId": "AIDAEXAMPLE"},
    "GetAccountAuthorizationDetails": lambda client, asked:
        output(f"accounts/{ACCOUNT}/global/iam/get-account-authorization-details"),
    "ListAccessKeys": lambda client, asked: {"AccessKeyMetadata": []},
    "GetLoginProfile": lambda client, asked: refuse("NoSuchEntity"),
    "ListVirtualMFADevices": lambda client, asked: {"VirtualMFADevices": []},
    "ListMFADevices": lambda client, asked: {"MFADevices": []},
    "DescribeLaunchConfigurations": lambda client, asked: {"LaunchConfigurations": []},
    "DescribeStacks": lambda client, asked: {"Stacks": []} | regional(client, "cloudformation/describe-stacks"),
    "ListProjects": lambda client, asked: {"projects": []} | regional(client, "codebuild/list-projects"),
    "BatchGetProjects": projects,
    "ListFunctions": lambda client, asked: {"Functions": []} | regional(client, "lambda/list-functions"),
    "DescribeOrganization": lambda client, asked: output("organization/describe-organization"),
    "ListRoots": lambda client, asked: output("organization/list-roots"),
    "ListPoliciesForTarget": lambda client, asked:
        {"Policies": []} | output(f"organization/list-policies-for-target/{asked['TargetId']}"),
    "DescribePolicy": lambda client, asked: output(f"organization/describe-policy/{asked['PolicyId']}"),
    "ListTagsForResource": lambda client, asked: {"Tags": []},
    "ListAccountsForParent": lambda client, asked: {
        "Accounts": [{"Id": child} for child in sorted(children(asked["ParentId"])) if is_account(child)]},
    "ListChildren": lambda client, asked: {
        "Children": [{"Id": child} for child in sorted(children(asked["ParentId"])) if not is_account(child)]},
    "DescribeOrganizationalUnit": lambda client, asked: {
        "OrganizationalUnit": {"Id": asked["OrganizationalUnitId"], "Name": asked["OrganizationalUnitId"]}},
}


def answer(client, operation, asked):
    return ANSWERS.get(operation, lambda client, asked: refuse("AccessDenied"))(client, asked)


botocore.client.BaseClient._make_api_call = answer
