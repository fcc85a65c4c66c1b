//! `reach` as users' scripts see it: targets, attackers, steps of one's own, and commands to try.

use crate::program::{ask, run, stderr, stdout};
use crate::snapshots::{OneUser, statement};
use serde_json::{Value, json};

const ANA: &str = "arn:aws:iam::111122223333:user/ana";
const ACCOUNT: &str = "account:111122223333";

/// Of several targets, any is enough, and the answer says which one is reached.
#[test]
fn the_target_that_is_reached_is_named() {
    let snapshot = OneUser::with(&[statement("Allow", "s3:GetObject", json!("arn:aws:s3:::reports/*"))]);
    let path = snapshot.path();
    let both = ["reach", &path, "--from", "user/ana", "--administrator", ACCOUNT, "--reads"];
    let (code, found) = ask(&[&both[..], &["arn:aws:s3:::reports/a"]].concat());
    assert_eq!((code, &found["reached"]), (2, &json!(["--reads arn:aws:s3:::reports/a"])));
    assert_eq!(found["witness"]["steps"][0]["gains"], "the content of arn:aws:s3:::reports/a");
    let (code, none) = ask(&[&both[..], &["arn:aws:s3:::others/a"]].concat());
    assert_eq!((code, &none["reached"]), (0, &json!([])));
}

/// A step that needs a right which no step of the program is about.
const OWN: &str = "
id: own.read-the-vault
version: 1
title: Read what the reports tell of the vault
needs:
  - {action: sqs:ReceiveMessage}
bind:
  u: {kind: iam.user}
effects:
  - control: {principal: $u, via: key}
witness:
  - {api: sqs:ReceiveMessage, params: {QueueUrl: $payload}}
";

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn steps_of_ones_own_are_followed_and_certified() {
    let snapshot = OneUser::with(&[statement("Allow", "sqs:ReceiveMessage", json!("*"))]);
    let path = snapshot.path();
    let steps = folder_with(&[("own.read-the-vault.yaml", OWN)]);
    let beside = steps.path().join("gateproof.toml");
    std::fs::write(&beside, "primitives = \".\"\n").unwrap();
    let (folder, config) = (steps.path().to_str().unwrap(), beside.to_str().unwrap());
    let edges = |more: &[&str]| stdout(&run(&[&["edges", &path][..], more].concat()));
    assert!(!edges(&[]).contains("own.read-the-vault"));
    for more in [["--primitives", folder], ["--config", config]] {
        assert!(edges(&more).contains("own.read-the-vault"), "{more:?}");
    }
    // A certificate is about the steps that it was made for.
    let certificate = steps.path().join("certificate.json").to_str().unwrap().to_owned();
    let question =
        ["reach", &path, "--from", "user/ana", "--action", "s3:GetObject", "--certificate", &certificate];
    assert_eq!(ask(&[&question[..], &["--primitives", folder]].concat()).0, 0);
    let verify = ["verify-certificate", &certificate, &path];
    assert_eq!(ask(&verify).0, 2);
    assert_eq!(ask(&[&verify[..], &["--primitives", folder]].concat()).0, 0);
}

#[test]
fn a_bad_step_is_refused_by_place_and_reason() {
    let snapshot = OneUser::with(&[]);
    let path = snapshot.path();
    let known = "id: sts.assume-role\nversion: 1\ntitle: x\nneeds: [{action: sqs:ReceiveMessage}]\nbind: {u: {kind: iam.user}}\neffects: [{control: {principal: $u, via: key}}]\n";
    let misspelt = OWN.replace("sqs:ReceiveMessage}", "sqs:RecieveMessage}");
    let table = [
        (folder_with(&[]), "found no .yaml files"),
        (folder_with(&[("sts.assume-role.yaml", known)]), "found the id `sts.assume-role` of another step"),
        (folder_with(&[("own.read-the-vault.yaml", &misspelt)]), "line 6"),
        (folder_with(&[("another.yaml", OWN)]), "another.yaml: "),
        (folder_with(&[("own.read-the-vault.yaml", "id: [")]), "own.read-the-vault.yaml: "),
    ];
    for (folder, expected) in table {
        let folder = folder.path().to_str().unwrap();
        let output = run(&["edges", &path, "--primitives", folder]);
        let said = stderr(&output);
        assert!(output.status.code() == Some(1) && said.contains(expected), "{expected}: {said}");
    }
}

/// What stands behind a flag of a command, without the shell's quotes.
fn document(command: &str, flag: &str) -> Value {
    let (_, behind) =
        command.split_once(&format!("--{flag} '")).unwrap_or_else(|| panic!("{flag}: {command}"));
    let (text, _) = behind.split_once('\'').unwrap();
    serde_json::from_str(text).unwrap()
}

fn commands(statements: &[Value], more: &[&str]) -> Vec<String> {
    let snapshot = OneUser::with(statements);
    let path = snapshot.path();
    let (code, answer) = ask(&[&["reach", &path, "--from", "user/ana"][..], more].concat());
    assert_eq!(code, 2, "{answer}");
    serde_json::from_value(answer["witness"]["aws_cli"].clone()).unwrap()
}

#[test]
fn commands_name_what_they_are_about_and_hold_the_attackers_documents() {
    let own = [statement("Allow", "iam:PutUserPolicy", json!(ANA))];
    let listed = commands(&own, &["--action", "s3:GetObject", "--resource", "arn:aws:s3:::vault/a"]);
    let [step, put, target, get] = &listed[..] else { panic!("{listed:?}") };
    assert!(step.starts_with("# Write an inline policy of a user") && step.contains(ANA), "{step}");
    assert!(put.starts_with("aws iam put-user-policy --user-name ana --policy-name "), "{put}");
    assert_eq!(document(put, "policy-document")["Statement"][0]["Action"], "*");
    assert!(target.starts_with("# The target"), "{target}");
    assert_eq!(get, "aws s3api get-object --bucket vault --key a /dev/stdout");
}

/// What is made must be there for the next call: names are those of the requests that were decided.
#[test]
fn credentials_are_taken_over_by_the_shell() {
    let rights = [
        statement("Allow", "iam:CreateRole", json!("arn:aws:iam::111122223333:role/mine")),
        statement("Allow", "iam:PutRolePolicy", json!("arn:aws:iam::111122223333:role/mine")),
    ];
    let listed = commands(&rights, &["--administrator", ACCOUNT]);
    let made = listed.iter().find(|line| line.starts_with("aws iam create-role")).unwrap();
    assert!(made.contains("--role-name mine"), "{made}");
    let trusted = &document(made, "assume-role-policy-document")["Statement"][0]["Principal"];
    assert_eq!(*trusted, json!({"AWS": [ANA]}));
    let assumed = listed.iter().find(|line| line.contains("aws sts assume-role ")).unwrap();
    assert!(assumed.starts_with("export $(printf 'AWS_ACCESS_KEY_ID=%s "), "{assumed}");
    assert!(assumed.contains("--role-arn arn:aws:iam::111122223333:role/mine "), "{assumed}");
}

/// Nobody is public by it, and the document is one that S3 takes.
#[test]
fn a_written_resource_policy_is_about_its_resource() {
    let folder = tempfile::tempdir().unwrap();
    let account = folder.path().join("accounts/111122223333/global");
    for (file, text) in [
        (
            "iam/get-account-authorization-details.json",
            json!({"UserDetailList": [{
            "Path": "/", "UserName": "ana", "UserId": "AIDAEXAMPLEANA", "Arn": ANA, "CreateDate": "2026-01-01T00:00:00Z",
            "GroupList": [], "AttachedManagedPolicies": [], "UserPolicyList": [{"PolicyName": "own",
            "PolicyDocument": statement("Allow", "s3:PutBucketPolicy", json!("arn:aws:s3:::vault"))}],
        }], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}),
        ),
        (
            "s3api/list-buckets.json",
            json!({"Buckets": [{"Name": "vault", "CreationDate": "2026-01-01T00:00:00Z"}]}),
        ),
    ] {
        let path = account.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.to_string()).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let (code, answer) = ask(&["reach", path, "--from", "user/ana", "--reads", "arn:aws:s3:::vault/*"]);
    assert_eq!(code, 2, "{answer}");
    let listed: Vec<String> = serde_json::from_value(answer["witness"]["aws_cli"].clone()).unwrap();
    let put =
        listed.iter().find(|line| line.starts_with("aws s3api put-bucket-policy --bucket vault ")).unwrap();
    let written = &document(put, "policy")["Statement"][0];
    assert_eq!(written["Principal"], json!({"AWS": [ANA]}));
    assert_eq!(written["Resource"], json!(["arn:aws:s3:::vault", "arn:aws:s3:::vault/*"]));
}

/// One writes the other's policy, and is nobody but itself; the other may do nothing.
#[test]
fn two_principals_at_once_may_do_what_neither_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gaad.json");
    let user = |name: &str, policies: Value| {
        json!({
            "Path": "/", "UserName": name, "UserId": format!("AIDAEXAMPLE{}", name.to_uppercase()),
            "Arn": format!("arn:aws:iam::111122223333:user/{name}"), "CreateDate": "2026-01-01T00:00:00Z",
            "GroupList": [], "AttachedManagedPolicies": [], "UserPolicyList": policies,
        })
    };
    let write = statement("Allow", "iam:PutUserPolicy", json!("arn:aws:iam::111122223333:user/bob"));
    let users = json!([
        user("ana", json!([{"PolicyName": "write", "PolicyDocument": write}])),
        user("bob", json!([])),
    ]);
    let mut details = json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": []});
    let boundary = "arn:aws:iam::111122223333:policy/readers";
    let bounded = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary});
    details["UserDetailList"][1]["PermissionsBoundary"] = bounded;
    details["Policies"] = json!([{
        "PolicyName": "readers", "PolicyId": "ANPAEXAMPLEREADERS", "Arn": boundary, "Path": "/", "DefaultVersionId": "v1",
        "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 1, "IsAttachable": true,
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2026-01-01T00:00:00Z",
            "Document": statement("Allow", "s3:GetObject", json!("*"))}],
    }]);
    std::fs::write(&file, details.to_string()).unwrap();
    let path = file.to_str().unwrap();
    let certificate = folder.path().join("certificate.json").to_str().unwrap().to_owned();
    let question =
        ["reach", path, "--from", "user/*", "--action", "s3:GetObject", "--certificate", &certificate];
    let (code, each) = ask(&question);
    assert_eq!((code, each["principals"].as_array().unwrap().len()), (0, 2));
    let (code, both) = ask(&[&question[..], &["--together"]].concat());
    assert_eq!((code, both["principals"].as_array().unwrap().len()), (2, 1));
    assert_eq!(both["witness"]["steps"][1]["as"], "arn:aws:iam::111122223333:user/bob");
    // What one attacker with both can't do is certified as such.
    let other =
        ["reach", path, "--from", "user/*", "--controls", "arn:aws:iam::111122223333:root", "--together"];
    assert_eq!(ask(&[&other[..], &["--certificate", &certificate]].concat()).0, 0);
    let (code, verified) = ask(&["verify-certificate", &certificate, path]);
    assert_eq!((code, &verified["question"]["together"]), (0, &json!(true)));
}
