//! Files that are refused, by place and reason.

use gateproof_encodings::primitive::parse_primitive;

const GOOD: &str = "\
id: iam.try
version: 1
title: Try
bind:
  u: {kind: iam.user}
  p: {kind: fresh, arn: \"arn:${partition}:iam::${account}:policy/${name}\"}
needs:
  - {action: iam:CreatePolicy, resource: $p.arn}
  - any:
      - {action: iam:AttachUserPolicy, resource: $u.arn, context: {iam:PolicyARN: $p.arn}}
effects:
  - write-identity: {of: $u}
witness:
  - {api: iam:CreatePolicy, params: {PolicyName: $p.name, PolicyDocument: $payload}}
";

/// What is said of the good file with one text of it replaced.
fn refusal(found: &str, replaced: &str) -> String {
    assert!(GOOD.contains(found), "{found}");
    match parse_primitive("primitives/iam.try.yaml", &GOOD.replacen(found, replaced, 1)) {
        Ok(_) => panic!("`{replaced}` was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_good_file_is_accepted() {
    assert!(parse_primitive("primitives/iam.try.yaml", GOOD).is_ok());
}

/// Text replaced, its replacement, where that is, and a part of what is said of it.
const REFUSED: [(&str, &str, &str, &str); 46] = [
    (
        "write-identity: {of: $u}",
        "new-principal: {of: $p}",
        "line 12, column 5",
        "expected `drop-boundary` or `set-boundary` of `$p.arn` beside `new-principal`",
    ),
    (
        "effects:\n",
        "facts: [{satisfy: {of: $q.gates}}]\neffects:\n",
        "line 11, column 24",
        "`$q` is not bound",
    ),
    (
        "effects:\n",
        "facts: [{write: {of: $p}}]\neffects:\n",
        "line 8, column 42",
        "no object that exists already",
    ),
    ("effects:\n", "facts: [{read: {of: $u}}]\neffects:\n", "line 11, column ", "unknown variant `read`"),
    (
        "effects:\n",
        "facts: [{write: {of: u}}]\neffects:\n",
        "line 11, column ",
        "expected `$x` or `$x.field`",
    ),
    ("iam:PolicyARN: $p.arn", "iam:PolicyARN: {not: $q.arn}", "line 10, column ", "`$q` is not bound"),
    ("iam:PolicyARN: $p.arn", "iam:PolicyARN: {nor: $p.arn}", "line 10, column ", ""),
    ("title: Try", "titel: Try", "line 3, column 1", "unknown field `titel`"),
    ("kind: iam.user", "kind: iam.user, name: x", "line 5, column 23", "unknown field `name`"),
    ("write-identity", "write-anything", "line 12, column 5", "unknown variant `write-anything`"),
    (
        "write-identity: {of: $u}",
        "control: {principal: $u, via: luck}",
        "line 12, column ",
        "unknown variant `luck`",
    ),
    (
        "write-identity: {of: $u}",
        "control: {principal: $u, via: root}",
        "line 12, column ",
        "found `via: root`, expected its `task`",
    ),
    (
        "write-identity: {of: $u}",
        "control: {principal: $u, via: root, task: Luck}",
        "line 12, column ",
        "`Luck` is no task of root sessions",
    ),
    (
        "write-identity: {of: $u}",
        "control: {principal: $u, via: key, task: Luck}",
        "line 12, column ",
        "expected a `task` beside `via: root` only",
    ),
    ("kind: iam.user", "kind: iam.user, existing: true", "line 5, column 3", "it exists anyway"),
    ("version: 1", "version: 1\nversion: 2", "line 3, column 1", "duplicate"),
    ("iam:PolicyARN: $p.arn", "iam:PolicyARN: $p.arn, iam:PolicyARN: x", "line 10, column ", "duplicate"),
    ("iam.try", "iam.other", "line 1, column 5", "found id `iam.other`, expected the file's name `iam.try`"),
    ("version: 1", "version: -1", "line 2, column 10", ""),
    ("effects:\n  - write-identity: {of: $u}", "effects: []", "line 11, column 1", "found no effect"),
    ("effects:\n  - write-identity: {of: $u}\n", "", "line 11, column 1", "missing field `effects`"),
    (
        "      - {action: iam:AttachUserPolicy, resource: $u.arn, context: {iam:PolicyARN: $p.arn}}\n",
        "      []\n",
        "line 9, column 5",
        "found an empty `any`",
    ),
    ("resource: $p.arn", "resource: $q.arn", "line 8, column 42", "`$q` is not bound"),
    ("PolicyARN: $p.arn", "PolicyARN: $q.arn", "line 10, column ", "`$q` is not bound"),
    ("of: $u", "of: $q", "line 12, column 26", "`$q` is not bound"),
    ("PolicyName: $p.name", "PolicyName: $q.name", "line 14, column ", "`$q` is not bound"),
    ("PolicyName: $p.name", "PolicyName: [{a: \"x${q.name}\"}]", "line 1, column 1", "`$q` is not bound"),
    ("PolicyName: $p.name", "PolicyName: $p name", "line 14, column ", "expected `$x` or `$x.field`"),
    (
        "kind: iam.user",
        "kind: iam.user, account: $p.account",
        "line 5, column 32",
        "`$p` is not bound before `u`",
    ),
    ("kind: iam.user", "kind: iam.user, of: $u", "line 5, column 27", "`$u` is not bound before `u`"),
    ("  u: {kind: iam.user}", "  me: {kind: iam.user}", "line 5, column 3", "`me` is bound already"),
    ("kind: iam.user", "kind: user", "line 5, column 3", "found kind `user`"),
    ("kind: iam.user", "kind: iam.user, arn: x", "line 5, column 3", "only fresh ones have an `arn`"),
    (
        ", arn: \"arn:${partition}:iam::${account}:policy/${name}\"",
        "",
        "line 6, column 3",
        "expected its `arn`",
    ),
    ("iam:CreatePolicy,", "iam:MakePolicy,", "line 8, column 14", "`iam:MakePolicy` is not an action"),
    ("iam:CreatePolicy,", "iam:createPolicy,", "line 8, column 14", "expected `iam:CreatePolicy`"),
    (
        "iam:PolicyARN: $p.arn",
        "iam:PassedToService: x",
        "line 10, column 68",
        "never carry `iam:PassedToService`",
    ),
    ("iam:PolicyARN: $p.arn", "iam:NoSuchKey: x", "line 10, column 68", "never carry `iam:NoSuchKey`"),
    (
        "resource: $u.arn",
        "resource: $p.arn",
        "line 10, column 18",
        "doesn't check `iam:AttachUserPolicy` against",
    ),
    ("action: iam:CreatePolicy,", "action: iam:ListUsers,", "line 8, column 14", "checked against `*` only"),
    (
        "resource: $u.arn",
        "resource: $u.arn, as: $u",
        "line 10, column ",
        "expected `$me` or a service principal",
    ),
    ("resource: $u.arn", "resource: \"$u.arn/${\"", "line 10, column ", "expected `$x` or `$x.field`"),
    ("resource: $u.arn", "resource: \"${u.arn\"", "line 10, column ", "expected `}`"),
    ("resource: $u.arn", "resources: $u.arn", "line 10, column ", "unknown field `resources`"),
    ("resource: $u.arn", "any: []", "line 10, column ", "expected `action`, `any` or `all`, one of them"),
    ("action: iam:CreatePolicy, ", "", "line 8, column ", "expected `action`, `any` or `all`, one of them"),
];

#[test]
fn what_a_file_may_not_say_is_refused_by_place_and_reason() {
    let mut wrong = String::new();
    for (found, replaced, place, reason) in REFUSED {
        let said = refusal(found, replaced);
        let placed = said.starts_with("primitives/iam.try.yaml: ") && said.contains(place);
        if !placed || !said.contains(reason) || said.contains('\n') {
            wrong += &format!("`{replaced}`: {said}\nexpected {place}, {reason}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn global_keys_and_values_of_demands_are_accepted() {
    let more =
        "iam:PolicyARN: [$p.arn, absent], aws:RequestedRegion: present, aws:UserAgent: {not: [x, $u.arn]}";
    let text = GOOD.replace("iam:PolicyARN: $p.arn", more);
    let text =
        text.replace("effects:", "facts: [{write: {of: $u.things}}, {satisfy: {of: $u.gates}}]\neffects:");
    assert!(parse_primitive("iam.try.yaml", &text).is_ok());
}
