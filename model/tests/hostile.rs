//! Hostile snapshots: truncated anywhere, wrong types, duplicate keys, deep nesting, bytes that are
//! not text, links out of the snapshot, huge files. Each ends in under a second with an error or a
//! problem that names the file; none panics.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

use gateproof_model::snapshot::{LoadError, LoadOptions, Snapshot};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ACCOUNT: &str = "111122223333";
const LIMIT: Duration = Duration::from_secs(1);

/// A snapshot with a file of every kind that is read eagerly.
fn whole() -> Vec<(&'static str, Value)> {
    let statement = |principal: bool| {
        let mut s = json!({"Sid": "S", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"],
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-abc"]}}});
        if principal {
            s["Principal"] = json!({"AWS": ["arn:aws:iam::111122223333:root"]});
        }
        json!({"Version": "2012-10-17", "Statement": [s]})
    };
    let text = |principal| json!(statement(principal).to_string());
    let key = "arn:aws:kms:us-east-1:111122223333:key/k";
    vec![
        (
            "accounts/111122223333/global/iam/get-account-authorization-details.json",
            json!({
                "UserDetailList": [{"Path": "/", "UserName": "u", "UserId": "AIDAX", "Arn": "arn:aws:iam::111122223333:user/u", "GroupList": ["g"],
                    "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": statement(false)}],
                    "AttachedManagedPolicies": [{"PolicyName": "M", "PolicyArn": "arn:aws:iam::111122223333:policy/M"}], "Tags": [{"Key": "k", "Value": "v"}]}],
                "GroupDetailList": [{"Path": "/", "GroupName": "g", "GroupId": "AGPAX", "Arn": "arn:aws:iam::111122223333:group/g",
                    "GroupPolicyList": [], "AttachedManagedPolicies": []}],
                "RoleDetailList": [{"Path": "/", "RoleName": "r", "RoleId": "AROAX", "Arn": "arn:aws:iam::111122223333:role/r",
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
                    "InstanceProfileList": [{"Arn": "arn:aws:iam::111122223333:instance-profile/r"}], "RolePolicyList": [],
                    "AttachedManagedPolicies": [], "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/M"}, "Tags": []}],
                "Policies": [{"PolicyName": "M", "Arn": "arn:aws:iam::111122223333:policy/M", "DefaultVersionId": "v1",
                    "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": statement(false)}]}],
                "IsTruncated": false
            }),
        ),
        (
            "accounts/111122223333/global/iam/list-open-id-connect-providers.json",
            json!({"OpenIDConnectProviderList": [{"Arn": "arn:aws:iam::111122223333:oidc-provider/i"}]}),
        ),
        (
            "accounts/111122223333/global/iam/get-open-id-connect-provider/arn%3Aaws%3Aiam%3A%3A111122223333%3Aoidc-provider%2Fi.json",
            json!({"Url": "i", "ClientIDList": ["a"]}),
        ),
        ("accounts/111122223333/global/s3api/list-buckets.json", json!({"Buckets": [{"Name": "b"}]})),
        ("accounts/111122223333/us-east-1/s3api/get-bucket-policy/b.json", json!({"Policy": text(true)})),
        (
            "accounts/111122223333/us-east-1/s3api/get-public-access-block/b.json",
            json!({"Note": "text", "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}}),
        ),
        (
            "accounts/111122223333/us-east-1/s3api/get-bucket-tagging/b.json",
            json!({"TagSet": [{"Key": "k", "Value": "v"}]}),
        ),
        (
            "accounts/111122223333/us-east-1/kms/list-aliases.json",
            json!({"Aliases": [{"AliasName": "alias/a", "AliasArn": "arn:aws:kms:us-east-1:111122223333:alias/a", "TargetKeyId": "k"}]}),
        ),
        ("accounts/111122223333/us-east-1/kms/get-key-policy/k.json", json!({"Policy": text(true)})),
        (
            "accounts/111122223333/us-east-1/kms/list-grants/k.json",
            json!({"Grants": [{"KeyId": key, "GrantId": "g", "GranteePrincipal": "arn:aws:iam::111122223333:role/r", "Operations": ["Decrypt"], "Constraints": {"EncryptionContextEquals": {"a": "b"}}}]}),
        ),
        (
            "accounts/111122223333/us-east-1/sns/get-topic-attributes/t.json",
            json!({"Attributes": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Policy": text(true)}}),
        ),
        (
            "accounts/111122223333/us-east-1/ec2/describe-vpc-endpoints.json",
            json!({"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "PolicyDocument": text(true), "Tags": []}]}),
        ),
        (
            "organization/describe-organization.json",
            json!({"Organization": {"Id": "o-abc", "MasterAccountId": "999999999999"}}),
        ),
        (
            "organization/list-roots.json",
            json!({"Roots": [{"Id": "r-1", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]}),
        ),
        ("organization/list-accounts.json", json!({"Accounts": [{"Id": ACCOUNT, "Name": "a"}]})),
        ("organization/list-parents/111122223333.json", json!({"Parents": [{"Id": "r-1", "Type": "ROOT"}]})),
        (
            "organization/list-policies-for-target/r-1.json",
            json!({"Policies": [{"Id": "p-1", "Name": "n", "Type": "SERVICE_CONTROL_POLICY"}]}),
        ),
        (
            "organization/describe-policy/p-1.json",
            json!({"Policy": {"PolicySummary": {"Id": "p-1", "Name": "n", "Type": "SERVICE_CONTROL_POLICY"}, "Content": text(false)}}),
        ),
        (
            "resource-policies.json",
            json!([{"Resource": "arn:aws:backup:us-east-1:111122223333:backup-vault:v", "Account": ACCOUNT, "Policy": statement(true)}]),
        ),
        (
            "errors.json",
            json!([{"account": ACCOUNT, "region": "us-east-1", "service": "s3api", "operation": "get-bucket-policy", "name": "c", "error": "AccessDenied"}]),
        ),
    ]
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}

fn base() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, value) in whole() {
        write(folder.path(), path, value.to_string().as_bytes());
    }
    folder
}

/// Loads within the time limit; a machine busy with other things gets three tries.
fn load_timed(path: &Path, what: &str) -> Result<Snapshot, LoadError> {
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        let start = Instant::now();
        let result = Snapshot::load(path, &LoadOptions::default());
        slowest = start.elapsed();
        if slowest < LIMIT {
            return result;
        }
    }
    panic!("{what}: {slowest:?}");
}

/// The messages that came of loading, of problems or of the error.
fn messages(result: &Result<Snapshot, LoadError>) -> Vec<String> {
    match result {
        Ok(snapshot) => snapshot.problems().iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Replaces one file of the whole snapshot and expects a message that names it.
fn expect_complaint(root: &Path, path: &str, bytes: &[u8], what: &str) {
    let told = complaints(root, path, bytes, what);
    assert!(told.iter().any(|m| m.contains(path)), "{what} in {path}: {told:?}");
    assert!(!told.iter().any(|m| m.contains("serde") || m.contains("RawValue")), "{told:?}");
}

/// What loading says with one file of the whole snapshot replaced.
fn complaints(root: &Path, path: &str, bytes: &[u8], what: &str) -> Vec<String> {
    let original = std::fs::read(root.join(path)).unwrap();
    write(root, path, bytes);
    let result = load_timed(root, what);
    write(root, path, &original);
    messages(&result)
}

#[test]
fn the_whole_is_sound() {
    let folder = base();
    let s = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
    assert!(s.problems().is_empty(), "{:?}", s.problems());
    assert!(s.blind_spots().is_empty(), "{:?}", s.blind_spots());
}

#[test]
fn every_file_truncated_anywhere() {
    let folder = base();
    let mut count = 0;
    for (path, value) in whole() {
        let text = value.to_string();
        let step = (text.len() / 25).max(1);
        for end in (0..text.len()).step_by(step) {
            expect_complaint(folder.path(), path, &text.as_bytes()[..end], &format!("cut at {end}"));
            count += 1;
        }
    }
    assert!(count >= 500, "{count}");
}

#[test]
fn a_lone_file_truncated_anywhere_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = whole()[0].1.to_string();
    for end in (0..text.len()).step_by(7) {
        write(folder.path(), "gaad.json", &text.as_bytes()[..end]);
        let error = load_timed(&folder.path().join("gaad.json"), "cut").unwrap_err().to_string();
        assert!(error.contains("gaad.json"), "{end}: {error}");
    }
}

/// The pointers of all values within a value.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let here = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                into.push(here.clone());
                pointers(member, &here, into);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let here = format!("{at}/{i}");
                into.push(here.clone());
                pointers(item, &here, into);
            }
        }
        _ => {}
    }
}

/// Members that decide nothing, or that other members and the file's name tell as well, and values
/// of conditions, which may be numbers: a number in them needs no message.
const IDLE: &[&str] = &[
    "/Name",
    "/Url",
    "/IsDefaultVersion",
    "/IsTruncated",
    "/PermissionsBoundaryType",
    "/Path",
    "/UserName",
    "/GroupName",
    "/PolicyName",
    "/RoleName",
    "/Note",
    "/Parents/0/Type",
    "/Policies/0/Type",
    "/PolicySummary/Id",
    "/aws:PrincipalOrgID",
    "/aws:PrincipalOrgID/0",
];

#[test]
fn wrong_types_everywhere() {
    let folder = base();
    let (mut count, mut silent) = (0, Vec::new());
    for (path, value) in whole() {
        let mut all = vec![String::new()];
        pointers(&value, "", &mut all);
        for pointer in all {
            let replacements =
                [json!(17), json!("\u{0}x"), json!([[1]]), json!({"x": {"y": null}}), json!(true)];
            for replacement in replacements {
                let mut changed = value.clone();
                let place = changed.pointer_mut(&pointer).unwrap();
                if std::mem::discriminant(place) == std::mem::discriminant(&replacement) {
                    continue;
                }
                let is_number = replacement == json!(17);
                *place = replacement;
                count += 1;
                let told = complaints(folder.path(), path, changed.to_string().as_bytes(), &pointer);
                if is_number && !told.iter().any(|m| m.contains(path)) {
                    silent.push(format!("{path}#{pointer}"));
                }
            }
        }
    }
    assert!(count >= 500, "{count}");
    silent.retain(|s| !IDLE.iter().any(|idle| s.ends_with(idle)));
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn bytes_and_escapes_that_are_no_text() {
    let folder = base();
    for (path, value) in whole() {
        let text = value.to_string();
        let quote = text.rfind('"').unwrap();
        let with = |insert: &[u8]| [&text.as_bytes()[..quote], insert, &text.as_bytes()[quote..]].concat();
        let cases: [(&str, Vec<u8>); 8] = [
            ("invalid UTF-8", with(b"\xff\xfe")),
            ("an overlong encoding", with(b"\xc0\x80")),
            ("an encoded surrogate", with(b"\xed\xa0\x80")),
            ("NUL", with(b"\x00")),
            ("a byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            ("a bad escape", with(b"\\x41")),
            ("a short \\u escape", with(b"\\u12")),
            ("text after the end", [text.as_bytes(), b" {}"].concat()),
        ];
        for (what, bytes) in cases {
            expect_complaint(folder.path(), path, &bytes, what);
        }
    }
}

#[test]
fn lone_surrogates_and_escaped_nul() {
    let folder = base();
    for (path, value) in whole() {
        let text = value.to_string();
        let place = text.find(":\"").unwrap() + 2;
        for lone in ["\\ud800", "\\udc00", "\\ud800\\u0041"] {
            let changed = format!("{}{lone}{}", &text[..place], &text[place..]);
            expect_complaint(folder.path(), path, changed.as_bytes(), lone);
        }
        for legal in ["\\u0000", "\\ud83d\\ude00", "\\u002a", "\\\\u002a"] {
            let changed = format!("{}{legal}{}", &text[..place], &text[place..]);
            write(folder.path(), path, changed.as_bytes());
            drop(load_timed(folder.path(), legal));
        }
        write(folder.path(), path, text.as_bytes());
    }
}

#[test]
fn duplicate_keys_at_every_object() {
    let folder = base();
    for (path, value) in whole() {
        let text = value.to_string();
        let opens: Vec<usize> = text.match_indices('{').map(|(i, _)| i).collect();
        for open in opens {
            let doubled = format!("{}{{\"x\":1,\"x\":2,{}", &text[..open], &text[open + 1..]);
            // Within policy text that is itself a string the quotes end the string: no JSON either way.
            expect_complaint(folder.path(), path, doubled.as_bytes(), &format!("a duplicate key at {open}"));
        }
    }
}

#[test]
fn nesting_to_ten_thousand() {
    let folder = base();
    for (path, value) in whole() {
        let text = value.to_string();
        let place = text.find(":\"").unwrap() + 1;
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let inside = format!("{}{deep},\"was\":{}", &text[..place], &text[place..]);
            expect_complaint(folder.path(), path, deep.as_bytes(), "deep");
            expect_complaint(folder.path(), path, inside.as_bytes(), "deep inside");
            expect_complaint(folder.path(), path, open.repeat(10_000).as_bytes(), "deep and open");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_snapshot_and_into_themselves() {
    use std::os::unix::fs::symlink;
    let folder = base();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "x.json", b"{}");
    for (path, _) in whole() {
        let file = folder.path().join(path);
        let original = std::fs::read(&file).unwrap();
        for target in [
            outside.path().join("x.json"),
            file.clone(),
            PathBuf::from("/dev/zero"),
            PathBuf::from("gone.json"),
        ] {
            std::fs::remove_file(&file).unwrap();
            symlink(&target, &file).unwrap();
            let told = messages(&load_timed(folder.path(), path));
            assert!(told.iter().any(|m| m.contains(path)), "{path} → {}: {told:?}", target.display());
        }
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, original).unwrap();
    }
    symlink(folder.path(), folder.path().join("accounts/111122223333/global/loop")).unwrap();
    drop(load_timed(folder.path(), "a loop"));
}

#[test]
fn a_hundred_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.json");
    let size = 100 << 20;
    let cases: [(&str, Vec<u8>); 4] = [
        ("zeroes", vec![0; size]),
        ("garbage", (0..size).map(|i| ((i * 2_654_435_761) >> 13) as u8).collect()),
        ("white space", vec![b' '; size]),
        ("brackets", vec![b'['; size]),
    ];
    for (what, bytes) in cases {
        std::fs::write(&path, &bytes).unwrap();
        drop(bytes);
        let error = load_timed(&path, what).unwrap_err().to_string();
        assert!(error.contains("big.json"), "{what}: {error}");
    }
}

const GAAD: &str = "accounts/111122223333/global/iam/get-account-authorization-details.json";

/// Authorization details with these role entries.
fn roles(entries: &str) -> Vec<u8> {
    format!(r#"{{"UserDetailList":[],"GroupDetailList":[],"Policies":[],"RoleDetailList":[{entries}]}}"#)
        .into_bytes()
}

/// A role entry with these inline policies.
fn role(number: usize, inline: &str) -> String {
    format!(
        r#"{{"Arn":"arn:aws:iam::111122223333:role/r{number}","AssumeRolePolicyDocument":{{"Statement":[]}},"RolePolicyList":[{inline}]}}"#
    )
}

fn inline(action: &str) -> String {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    );
    format!(r#"{{"PolicyName":"p","PolicyDocument":{document}}}"#)
}

/// Text that is small for what a careless reader would make of it.
#[test]
fn bombs() {
    let bucket = "accounts/111122223333/us-east-1/s3api/get-bucket-policy/b.json";
    let ones = |n: usize| format!("[{}1]", "1,".repeat(n));
    let many = |n: usize, entry: &dyn Fn(usize) -> String| (0..n).map(entry).collect::<Vec<_>>().join(",");
    let policy = |resource: &str| {
        json!({"Policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": resource}]}})
            .to_string()
            .into_bytes()
    };
    let cases: [(&str, &str, Vec<u8>); 9] = [
        ("a list of numbers for errors", "errors.json", ones(20 << 20).into_bytes()),
        (
            "a list of numbers for roles",
            GAAD,
            roles(&"1,".repeat(20 << 20)).into_iter().chain(*b" ").collect(),
        ),
        ("two hundred thousand empty roles", GAAD, roles(&many(199_999, &|_| "{}".to_owned()))),
        ("an action of forty megabytes", GAAD, roles(&role(1, &inline(&"a".repeat(40 << 20))))),
        ("millions of inline policies", GAAD, roles(&role(1, &many(5_000_000, &|_| "{}".to_owned())))),
        (
            "many roles with many bad policies",
            GAAD,
            roles(&many(300, &|i| role(i, &many(9_000, &|_| "{}".to_owned())))),
        ),
        (
            "a policy of numbers",
            bucket,
            json!({"Policy": format!("{{\"Statement\":{}}}", ones(10 << 20))}).to_string().into_bytes(),
        ),
        ("a policy of escapes", bucket, json!({"Policy": "%5B".repeat(10 << 20)}).to_string().into_bytes()),
        (
            "a member for every number",
            bucket,
            format!("{{{}}}", many(4_000_000, &|i| format!("\"k{i}\":1"))).into_bytes(),
        ),
    ];
    let folder = base();
    for (what, path, bytes) in cases {
        expect_complaint(folder.path(), path, &bytes, what);
    }
    // Legal, and slow only for who reads a text once for each of its braces.
    let told = complaints(
        folder.path(),
        bucket,
        &policy(&format!("arn:aws:s3:::b/{}", "${a".repeat(300_000))),
        "braces",
    );
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn strange_names_and_places() {
    let folder = base();
    for path in [
        "accounts/nonsense/global/iam/x.json",
        "accounts/111122223333/file.json",
        "accounts/111122223333/global/iam/get-role/%zz.json",
        "accounts/111122223333/global/iam/get-role/%ff.json",
        "accounts/111122223333/global/iam/get-role/deep/deeper.json",
        "accounts/111122223333/global/iam/note.txt",
        "accounts/file",
    ] {
        write(folder.path(), path, b"{}");
        let told = messages(&load_timed(folder.path(), path));
        let parent = path.rsplit_once('/').unwrap().0;
        assert!(
            told.iter().any(|m| m.contains(parent) || m.contains("accounts/nonsense")),
            "{path}: {told:?}"
        );
        std::fs::remove_file(folder.path().join(path)).unwrap();
        if path.contains("nonsense") {
            std::fs::remove_dir_all(folder.path().join("accounts/nonsense")).unwrap();
        }
    }
}
