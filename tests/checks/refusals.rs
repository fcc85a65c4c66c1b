//! What a file may not say: each fault with its place, so that no property holds by a slip.

use crate::file::{acme, names, one, settings};
use gateproof::check::{Names, PropertyFile, decide};
use std::collections::BTreeMap;

fn refused(text: &str) -> String {
    PropertyFile::parse("checks.yaml", text, &names()).map(|_| ()).unwrap_err().to_string()
}

/// The message and the place, the marked text.
fn short(rendered: &str) -> String {
    let mut lines = rendered.lines();
    let message = lines.next().unwrap();
    let place = lines.next().unwrap().trim().trim_start_matches("--> checks.yaml:");
    let code: Vec<&str> = lines.collect();
    let at = code.iter().position(|line| line.contains('^')).unwrap();
    let (line, marks) = (code[at - 1], code[at]);
    let start = marks.chars().position(|c| c == '^').unwrap();
    let marked: String = line.chars().skip(start).take(marks.matches('^').count()).collect();
    format!("{place} `{marked}`: {message}")
}

#[test]
fn a_fault_is_shown_in_its_line() {
    let text = "properties:\n  - name: x\n    never:\n      from: role/build\n      action: iam:CreatRole # all roles\n";
    let expected = "action `iam:CreatRole`: no action of AWS matches; did you mean `iam:CreateRole`?\n\
                    \u{20}--> checks.yaml:5:15\n\
                    \u{20} |\n\
                    5 |       action: iam:CreatRole # all roles\n\
                    \u{20} |               ^^^^^^^^^^^^^";
    assert_eq!(refused(text), expected);
}

#[test]
fn every_fault_has_its_place() {
    let never = "properties:\n  - name: x\n    never: ";
    let cases = [
        (format!("{never}{{from: role/x, action: s3:getobjects}}"), "3:35 `s3:getobjects`: action `s3:getobjects`: no action of AWS matches; did you mean `s3:GetObject`?"),
        (format!("{never}{{from: role/x, action: [s3:GetObject, sss:*]}}"), "3:50 `sss:*`: action `sss:*`: no action of AWS matches; did you mean `ses:…`?"),
        (format!("{never}{{from: role/x, action: GetObject}}"), "3:35 `GetObject`: action `GetObject`: expected service:Action, or a glob over such names"),
        (format!("{never}{{from: role/x, action: s3:GetObject, access: writ}}"), "3:57 `writ`: access `writ`: expected read, list, write, tagging or permissions-management"),
        (format!("{never}{{from: role/x, action: s3:GetObject, access: write}}"), "3:57 `write`: no action of `s3:GetObject` has the access level write"),
        (format!("{never}{{from: [], action: s3:GetObject}}"), "3:19 `[`: `from` is an empty list, expected something in it"),
        (format!("{never}{{from: build, action: s3:GetObject}}"), "3:19 `build`: selector `build`: expected an ARN, role/NAME, user/NAME, account:ID, env:NAME, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE, stage:STAGE@PIPELINE, pipeline:NAME or committers:PIPELINE"),
        (format!("{never}{{from: group:aprovers, action: s3:GetObject}}"), "3:19 `group:aprovers`: selector `group:aprovers`: no group of that name is configured; did you mean `group:approvers`?"),
        (format!("{never}{{from: role/x, action: s3:GetObject, resource: bucket}}"), "3:59 `bucket`: resource `bucket`: expected an ARN, or a glob over ARNs"),
        (format!("{never}{{from: role/x, action: s3:GetObject, when: aws:MultiFactorAuthPresnt=true}}"), "3:55 `aws:MultiFactorAuthPresnt=true`: condition `aws:MultiFactorAuthPresnt=true`: AWS has no key `aws:MultiFactorAuthPresnt`; did you mean `aws:MultiFactorAuthPresent`?"),
        (format!("{never}{{from: role/x, action: s3:GetObject, in: role/x}}"), "3:53 `role/x`: in `role/x`: expected account:ID or env:NAME"),
        (format!("{never}{{from: role/x, action: s3:GetObject, through: all}}"), "3:58 `all`: through `all`: expected direct or escalation"),
        (format!("{never}{{from: role/x, controls: role/y}}"), "3:37 `role/y`: `controls` is about chains, expected `through: escalation` too"),
        (format!("{never}{{from: role/x, resource: \"arn:aws:s3:::b\"}}"), "3:37 `\"arn:aws:s3:::b\"`: `resource` is about actions, expected `action` too"),
        (format!("{never}{{controls: role/y, through: escalation}}"), "3:12 `{`: expected `from`, whom `controls`, `administrator` and `reads` are about"),
        (format!("{never}{{from: role/x}}"), "3:12 `{`: expected `action`, `controls`, `administrator` or `reads`: what is never to be"),
        (format!("{never}{{from: role/x, action: s3:GetObject, each: true}}"), "3:55 `true`: found `each` in `never`, expected one of from, together, action, access, resource, in, when, through, controls, administrator, reads"),
        ("properties:\n  - name: x\n    always: {from: role/x}".to_owned(), "3:13 `{`: `always` without `action`"),
        ("properties:\n  - name: x\n    always: {from: role/x, action: s3:GetObject, each: true, every: true}".to_owned(), "3:13 `{`: found `each` and `every`, expected one of them"),
        ("properties:\n  - name: x\n    only: {action: s3:GetObject}".to_owned(), "3:11 `{`: expected `are` (exactly these) or `within` (at most these)"),
        ("properties:\n  - name: x\n    subset: {of: role/x, within: role/y}".to_owned(), "3:34 `role/y`: expected a map with one of `policy`, `pipeline` and `scps`"),
        ("properties:\n  - name: x\n    subset: {of: role/x, within: {policy: missing.json}}".to_owned(), "3:43 `missing.json`: policy `missing.json`: cannot be read (No such file or directory (os error 2))"),
        ("properties:\n  - name: x\n    equal: {of: role/x, to: {scps: true}}".to_owned(), "3:29 `{`: expected one of `policy` and `principal`"),
        ("properties:\n  - name: x".to_owned(), "2:11 `x`: found none, expected one of `never`, `always`, `only`, `subset`, `equal` and `control`"),
        ("properties:\n  - name: x\n    severity: grave\n    always: {}".to_owned(), "3:15 `grave`: severity `grave`: expected low, medium, high or critical"),
        ("properties: []".to_owned(), "1:13 `[`: found no properties, expected some"),
        ("properties:\n  - name: ${who}\n    always: {}".to_owned(), "2:11 `${who}`: found `${who}`, expected one of the file's parameters: there are none"),
        ("parameters: {who: }\nproperties:\n  - name: x\n    always: {}".to_owned(), "1:17 `:`: parameter `who` has no value of its own, expected one by --set who=VALUE"),
        (format!("{never}{{from: role/x, action: s3:GetObject}}\n  - name: x\n    never: {{from: role/x, action: s3:GetObject}}"), "4:11 `x`: found `x` a second time (first in line 2), expected a name of its own"),
    ];
    for (text, expected) in cases {
        assert_eq!(short(&refused(&text)), expected, "{text}");
    }
}

#[test]
fn what_is_no_yaml_or_has_no_such_key_is_placed_too() {
    let cases = [
        ("properties:\n  - name: x\n    nevr: {}", "3:5"),
        ("properties:\n  - name: x\n    never: {fom: role/x}", "3:13"),
        ("properties:\n  - name: [x]\n    never: {}", "2:5"),
        ("properties:\n  - name: 5\n    never: {}", "2:5"),
        ("properties:\n  - name: x\n    never: {action: {a: b}}", "3:21"),
        ("properties: {a: b}", "1:13"),
        ("properties:\n  - name: x\n   never: {}", "3:4"),
        ("propertys: []", "1:1"),
    ];
    for (text, place) in cases {
        let error = PropertyFile::parse("checks.yaml", text, &names()).map(|_| ()).unwrap_err();
        assert_eq!(format!("{}:{}", error.line, error.column), place, "{text}: {error}");
        assert!(!error.message.contains("Written") && !error.message.contains('\n'), "{error}");
    }
}

#[test]
fn what_nobody_and_nothing_matches_is_no_pass() {
    let bucket = "action: s3:GetObject, resource: \"arn:aws:s3:::acme-pipeline-artifacts-222222222222/*\"";
    let cases = [
        (format!("never: {{from: role/acme-buld-prod, {bucket}}}"), "3:19 `role/acme-buld-prod`: selector `role/acme-buld-prod` matches nothing in the snapshot"),
        (format!("never: {{from: [role/acme-build-prod, \"stage:Biuld@prod-deploy\"], {bucket}}}"), "3:42 `\"stage:Biuld@prod-deploy\"`: selector `stage:Biuld@prod-deploy` matches nothing in the snapshot"),
        ("never: {from: role/acme-build-prod, action: s3:GetObject, resource: \"arn:aws:s3:::acme-pipline-artifacts-222222222222/*\"}".to_owned(), "3:73 `\"arn:aws:s3:::acme-pipline-artifacts-222222222222/*\"`: resource `arn:aws:s3:::acme-pipline-artifacts-222222222222/*` matches nothing of its kind in the snapshot (`allow_empty: true` if it need not)"),
        ("never: {from: role/acme-build-prod, action: s3:GetObject, resource: \"arn:aws:codebuild:us-east-1:222222222222:project/prod-build\"}".to_owned(), "3:73 `\"arn:aws:codebuild:us-east-1:222222222222:project/prod-build\"`: nobody could make such a request, whatever policies allow: do the actions and the resources go together? (`allow_empty: true` if not)"),
        ("never: {from: role/acme-build-prod, action: s3:GetObject, in: env:production}".to_owned(), "3:67 `env:production`: selector `env:production` matches nothing in the snapshot"),
        ("only: {action: sts:AssumeRole, resource: \"arn:aws:iam::444444444444:role/acme-deploy\", are: [role/nobody]}".to_owned(), "3:98 `role/nobody`: selector `role/nobody` matches nothing in the snapshot"),
        ("subset: {of: user/erin.walsh, within: {policy: \"arn:aws:iam::222222222222:policy/nothing\"}}".to_owned(), "3:43 `{`: policy `arn:aws:iam::222222222222:policy/nothing` is neither of the snapshot nor one that AWS manages"),
        ("subset: {of: user/erin.walsh, within: {pipeline: nothing}}".to_owned(), "3:43 `{`: pipeline `nothing` is not of the snapshot"),
        ("equal: {of: user/erin.walsh, to: {principal: \"role/acme-*\"}}".to_owned(), "3:50 `\"role/acme-*\"`: selector `role/acme-*` cannot be used here: expected one user or role of the snapshot"),
        ("always: {from: user/erin.walsh, action: \"s3:*\", resource: [\"arn:aws:s3:::acme-*\", \"arn:aws:s3:::a*\", \"arn:aws:s3:::*a*\", \"arn:aws:s3:::*c*\", \"arn:aws:s3:::*m*\", \"arn:aws:s3:::*e*\"], each: true}".to_owned(), "pairs of actions and resources, limit 1000"),
    ];
    for (says, expected) in cases {
        let file = one(&says);
        let property = &file.properties[0];
        let error = decide(property, acme(), &settings()).map(|_| ()).unwrap_err();
        let shown = short(&file.locate(property, &error).to_string());
        assert!(shown.ends_with(expected), "{says}\n{shown}\n{expected}");
        if expected.contains("matches nothing") && says.starts_with("never") && !says.contains("env:") {
            let file = one(&format!("{says}\nallow_empty: true"));
            assert!(decide(&file.properties[0], acme(), &settings()).is_ok());
        }
    }
}

#[test]
fn parameters_are_filled_in_and_can_be_set() {
    let text = "parameters: {who: alice.nguyen, account: 444444444444}\nproperties:\n  - name: ${who} can\n    always: {from: \"user/${who}\", action: s3:GetObject, in: \"account:${account}\"}\n";
    let named = |set: &[(&str, &str)]| {
        let set: BTreeMap<String, String> =
            set.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        PropertyFile::parse("checks.yaml", text, &Names { set, ..names() }).unwrap().properties[0]
            .name
            .clone()
    };
    assert_eq!(named(&[]), "alice.nguyen can");
    assert_eq!(named(&[("who", "erin.walsh")]), "erin.walsh can");
}
