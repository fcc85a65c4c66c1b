//! The JSON Schemas of `docs/schema` and `tests/standards`: every document that the tests get fits its own, and none that is
//! spoilt does.
//!
//! The validator knows the keywords that our schemas use and fails on any other, so that a schema can't
//! demand something which nobody checks.

use crate::compare::Policies;
use crate::program::{ask, gateproof, run};
use crate::snapshots::{OneUser, statement};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// All schemas of outputs, by file name.
fn schemas() -> &'static BTreeMap<String, Value> {
    static SCHEMAS: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files
            .map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), file))
            // The others are of what is read, not of what is printed.
            .filter(|(name, _)| name.ends_with(".schema.json"))
            .map(|(name, file)| {
                (name, serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap())
            })
            .collect()
    })
}

/// The schema of SARIF, as OASIS publishes it.
const SARIF: &str = "sarif-2.1.0.schema.json";

/// The schema of files of properties.
const PROPERTIES: &str = "checks-file.json";

fn schema_of(file: &str) -> &'static Value {
    static READ: OnceLock<Value> = OnceLock::new();
    static STANDARD: OnceLock<Value> = OnceLock::new();
    match file {
        SARIF => STANDARD.get_or_init(|| {
            let place = format!("{}/tests/standards/{SARIF}", env!("CARGO_MANIFEST_DIR"));
            serde_json::from_str(&std::fs::read_to_string(place).unwrap()).unwrap()
        }),
        PROPERTIES => READ.get_or_init(|| {
            let place = format!("{}/docs/schema/{PROPERTIES}", env!("CARGO_MANIFEST_DIR"));
            serde_json::from_str(&std::fs::read_to_string(place).unwrap()).unwrap()
        }),
        own => &schemas()[own],
    }
}

/// Why a document is not SARIF 2.1.0.
pub fn check_sarif(document: &Value) -> Result<(), String> {
    fits(document, schema_of(SARIF), SARIF)
}

/// Why a document is no file of properties.
pub fn check_properties(document: &Value) -> Result<(), String> {
    fits(document, schema_of(PROPERTIES), PROPERTIES)
}

/// Why a document does not fit the schema that its `format` names.
pub fn check(document: &Value) -> Result<(), String> {
    let format = document["format"].as_str().ok_or("no format")?;
    let name =
        format.strip_prefix("gateproof-").and_then(|f| f.strip_suffix("/1")).ok_or("no such format")?;
    let file = format!("{name}.schema.json");
    let schema = schemas().get(&file).ok_or(format!("no schema {file}"))?;
    fits(document, schema, &file)
}

fn fits(value: &Value, schema: &Value, file: &str) -> Result<(), String> {
    if schema == &json!(true) {
        return Ok(());
    }
    for (keyword, demand) in schema.as_object().unwrap() {
        keyword_fits(value, schema, keyword, demand, file).map_err(|e| format!("{keyword}: {e}"))?;
    }
    Ok(())
}

fn keyword_fits(
    value: &Value,
    schema: &Value,
    keyword: &str,
    demand: &Value,
    file: &str,
) -> Result<(), String> {
    let holds = |fine: bool| if fine { Ok(()) } else { Err(format!("{value} against {demand}")) };
    match keyword {
        "$schema" | "$id" | "$defs" | "definitions" | "title" | "description" | "default" => Ok(()),
        "$ref" => {
            let (target, pointer) =
                demand.as_str().unwrap().split_once('#').unwrap_or((demand.as_str().unwrap(), ""));
            let target = if target.is_empty() { file } else { target };
            fits(value, schema_of(target).pointer(pointer).unwrap(), target)
        }
        "type" => match demand {
            Value::Array(types) => holds(types.iter().any(|t| is_of_type(value, t))),
            one => holds(is_of_type(value, one)),
        },
        "const" => holds(value == demand),
        "enum" => holds(demand.as_array().unwrap().contains(value)),
        "minimum" => holds(value.as_f64().is_none_or(|number| number >= demand.as_f64().unwrap())),
        "maximum" => holds(value.as_f64().is_none_or(|number| number <= demand.as_f64().unwrap())),
        "minItems" => {
            holds(value.as_array().is_none_or(|items| items.len() as u64 >= demand.as_u64().unwrap()))
        }
        "uniqueItems" => {
            let all = value.as_array().into_iter().flatten().enumerate();
            let twice = |(n, item): (usize, &Value)| value.as_array().unwrap()[..n].contains(item);
            holds(demand != &json!(true) || !all.into_iter().any(twice))
        }
        "oneOf" => {
            let fitting = demand.as_array().unwrap().iter().filter(|s| fits(value, s, file).is_ok());
            holds(fitting.count() == 1)
        }
        "format" => holds(value.as_str().is_none_or(|text| is_of_format(text, demand.as_str().unwrap()))),
        "pattern" if value.is_string() => panic!("{value} is to match {demand}, which is not checked"),
        "pattern" => Ok(()),
        "anyOf" => holds(demand.as_array().unwrap().iter().any(|s| fits(value, s, file).is_ok())),
        "items" => value.as_array().into_iter().flatten().try_for_each(|item| fits(item, demand, file)),
        "required" => {
            let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
            holds(!value.is_object() || demand.as_array().unwrap().iter().all(has))
        }
        "properties" => demand.as_object().unwrap().iter().try_for_each(|(name, schema)| {
            let member = value.get(name).map_or(Ok(()), |member| fits(member, schema, file));
            member.map_err(|e| format!("{name}: {e}"))
        }),
        "additionalProperties" => {
            let listed = schema.get("properties").and_then(Value::as_object);
            let others = value.as_object().into_iter().flatten();
            let mut others = others.filter(|(name, _)| listed.is_none_or(|l| !l.contains_key(*name)));
            match demand {
                Value::Bool(false) => holds(others.next().is_none()),
                other => others.try_for_each(|(_, member)| fits(member, other, file)),
            }
        }
        unknown => panic!("{file} uses the keyword `{unknown}`, which is not checked"),
    }
}

/// RFC 3986: the letters of a URI, with a scheme or not.
fn is_of_format(text: &str, format: &str) -> bool {
    let letters = |text: &str| {
        let mut parts = text.split('%');
        let plain = |part: &str| {
            part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&b))
        };
        let escaped = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        parts.next().is_some_and(plain) && parts.all(|part| escaped(part) && plain(part))
    };
    match format {
        "uri-reference" => letters(text),
        "uri" => letters(text) && text.contains("://"),
        other => panic!("`{text}` is to be a {other}, which is not checked"),
    }
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "string" => value.is_string(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

/// The document with the first items only of its long lists: the others are of the same kind.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().take(3).map(shortened).collect(),
        Value::Object(members) => members.iter().map(|(name, v)| (name.clone(), shortened(v))).collect(),
        other => other.clone(),
    }
}

/// The document with one value of it changed: every object lacking each of its members, or with one more;
/// every other value replaced by one of a type that occurs nowhere.
pub fn mutants(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    spoil(document, String::new(), &mut |place, mutant| {
        let mut whole = document.clone();
        *whole.pointer_mut(&place).unwrap() = mutant;
        found.push((place, whole));
    });
    found
}

fn spoil(value: &Value, place: String, found: &mut dyn FnMut(String, Value)) {
    // The id of a line is whatever was given, and so is a policy before and after a fix; a free map may lack any of its members.
    let of_fix =
        place.contains("/documents/") && ["/before", "/after"].iter().any(|part| place.ends_with(part));
    if place.ends_with("/id") || of_fix {
        return;
    }
    match value {
        Value::Object(members) => {
            let conditions = ["/Condition", "/conditions"].iter().any(|map| place.contains(map));
            let free = conditions || ["/session", "/context"].iter().any(|map| place.ends_with(map));
            let mut more = members.clone();
            more.insert("unexpected".to_owned(), json!(7.5));
            found(place.clone(), Value::Object(more));
            for name in members.keys().filter(|name| !free && !OPTIONAL.contains(&name.as_str())) {
                let rest = members.iter().filter(|(n, _)| *n != name).map(|(n, v)| (n.clone(), v.clone()));
                found(place.clone(), Value::Object(rest.collect::<Map<_, _>>()));
            }
            for (name, member) in members {
                spoil(member, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            found(place.clone(), json!(7.5));
            let mut more = items.clone();
            more.push(json!(7.5));
            found(place.clone(), Value::Array(more));
            for (i, item) in items.iter().enumerate() {
                spoil(item, format!("{place}/{i}"), found);
            }
        }
        _ => found(place, json!(7.5)),
    }
}

/// Members of a line of `decide`, or of a policy's statement, that may be missing.
const OPTIONAL: [&str; 8] =
    ["warnings", "level", "policy", "file", "pointer", "sid", "Condition", "statementId"];

/// One document or more of every format. A command whose format is new joins here.
fn documents() -> Vec<Value> {
    let acme = "corpus/snapshots/acme";
    let artifacts = "arn:aws:s3:::acme-pipeline-artifacts-222222222222/*";
    let read = ["--action", "s3:GetObject", "--resource", artifacts];
    let build = "arn:aws:iam::222222222222:role/acme-build-prod";
    let snapshot = OneUser::with(&[statement("Allow", "s3:GetObject", json!("arn:aws:s3:::reports/*"))]);
    let path = snapshot.path();
    let own = json!("arn:aws:iam::111122223333:user/ana");
    let escalating = OneUser::with(&[statement("Allow", "iam:PutUserPolicy", own)]);
    let fewer = OneUser::with(&[statement("Allow", "s3:*", json!("arn:aws:s3:::reports/*"))]);
    let policies = Policies::written();
    let mut documents: Vec<Value> = [
        &[&["can", acme, "--principal", "anyone"][..], &read].concat()[..],
        &[&["can", "corpus/snapshots/acme-fixed", "--principal", "anyone"][..], &read].concat(),
        &["can", &path, "--principal", "user/ana", "--action", "s3:GetObject", "--strict"],
        &["can", &path, "--principal", "account:111122223333", "--action", "s3:PutObject", "--every"],
        &[&["who-can", acme][..], &read].concat(),
        &["who-can", acme, "--action", "sts:AssumeRole"],
        &["explain", acme, "--principal", build, "--action", "iam:PassRole", "--resource", "*"],
        &["what-can", acme, "--principal", "user/erin.walsh", "--service", "s3,kms"],
        &["reach", &escalating.path(), "--from", "user/ana", "--action", "s3:GetObject", "--cut"],
        &["reach", &path, "--from", "user/ana", "--controls", "user/ana", "--cut"],
        &["reach", &path, "--from", "user/ana", "--action", "iam:CreateUser"],
        &[
            "reach",
            &escalating.path(),
            "--from",
            "user/ana",
            "--together",
            "--administrator",
            "account:111122223333",
        ],
        &[
            "reach",
            &path,
            "--from",
            "user/ana",
            "--reads",
            "arn:aws:s3:::reports/*",
            "--controls",
            "user/ana",
        ],
        &["edges", &escalating.path()],
        &["map", acme],
        &["audit", acme, "--pipeline", "prod-deploy"],
        &["audit", acme, "--control", "CP-A1", "--config", "tests/cli/waived.toml"],
        &["audit", "corpus/snapshots/acme-fixed", "--pipeline", "prod-deploy"],
        &["check", acme, "docs/checks/example.yaml"],
        &["check", "corpus/snapshots/acme-fixed", "docs/checks/example.yaml"],
        &["compare", &path, &fewer.path()],
        &["compare", &path, &path, "--principal", "user/ana"],
        &["compare", &policies.read, &policies.more],
        &["compare", &policies.shared, &policies.open, "--type", "resource"],
        &[
            "check-no-new-access",
            "--policy-type",
            "IDENTITY_POLICY",
            "--existing-policy-document",
            &policies.url(&policies.read),
            "--new-policy-document",
            &policies.url(&policies.more),
        ],
        &[
            "check-access-not-granted",
            "--policy-type",
            "IDENTITY_POLICY",
            "--access",
            "actions=iam:*",
            "--policy-document",
            &policies.url(&policies.more),
        ],
        &[
            "check-no-public-access",
            "--resource-type",
            "AWS::S3::Bucket",
            "--policy-document",
            &policies.url(&policies.open),
        ],
        &["version"],
        &["demo"],
    ]
    .into_iter()
    .map(|arguments| ask(arguments).1)
    .collect();
    let (fixed, folder) = ("corpus/snapshots/acme-fixed", tempfile::tempdir().unwrap());
    let drawing = folder.path().join("ways.json").to_str().unwrap().to_owned();
    let keys = OneUser::with(&[statement("Allow", "iam:CreateAccessKey", json!("*"))]);
    ask(&["reach", &keys.path(), "--from", "user/ana", "--controls", "user/ana", "--graph", &drawing]);
    documents.push(serde_json::from_str(&std::fs::read_to_string(drawing).unwrap()).unwrap());
    let certificate = folder.path().join("certificate.json").to_str().unwrap().to_owned();
    ask(&[&["can", fixed, "--principal", "anyone", "--certificate", &certificate][..], &read].concat());
    for (snapshot, code) in [(fixed, 0), (acme, 2)] {
        let (exit, document) = ask(&["verify-certificate", &certificate, snapshot]);
        assert_eq!(exit, code);
        documents.push(document);
    }
    let invariant = folder.path().join("invariant.json").to_str().unwrap().to_owned();
    ask(&["reach", &path, "--from", "user/ana", "--action", "iam:CreateUser", "--certificate", &invariant]);
    for (snapshot, code) in [(path.as_str(), 0), (acme, 2)] {
        let (exit, document) = ask(&["verify-certificate", &invariant, snapshot]);
        assert_eq!(exit, code);
        documents.push(document);
    }
    documents.extend(changes(&folder));
    for cases in ["boundary", "scp", "kms", "block-public-access"] {
        let text = std::fs::read_to_string(format!("corpus/cases/{cases}.json")).unwrap();
        let lines: Vec<Value> = serde_json::from_str(&text).unwrap();
        let input: Vec<String> = lines.iter().map(Value::to_string).chain(["[]".to_owned()]).collect();
        let output = gateproof(&["decide"]).write_stdin(input.join("\n")).output().unwrap();
        let answers = String::from_utf8(output.stdout).unwrap();
        documents.extend(answers.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    documents
}

/// Changes that are proved and not, and proposals.
fn changes(folder: &tempfile::TempDir) -> Vec<Value> {
    let acme = "corpus/snapshots/acme";
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let deny = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "codecommit:GitPush", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
        {"Sid": "Idle", "Effect": "Deny", "Action": "codecommit:GitPsh", "Resource": "*"}]}"#;
    let bob = format!("user/bob.ferreira/x={}", write("deny.json", deny));
    let push = "can --principal user/bob.ferreira --action codecommit:GitPush";
    let read = "can --principal user/erin.walsh --action s3:GetObject";
    let keep = write(
        "keep.yaml",
        "properties: [{name: pulls, always: {from: user/bob.ferreira, action: 'codecommit:GitPull'}}]",
    );
    let none = write(
        "same.yaml",
        "properties: [{name: reads, always: {from: user/erin.walsh, action: 's3:GetObject'}}]",
    );
    let gone = "arn:aws:iam::222222222222:user/service/ci-legacy";
    [
        &["prove", acme, "--gap", push, "--keep", &keep, "--with-inline", &bob][..],
        &["prove", acme, "--gap", "can --principal user/ci-legacy --action *:*", "--remove", gone],
        &["fix", acme, read],
        &["fix", acme, read, "--keep", &none],
    ]
    .into_iter()
    .map(|arguments| ask(arguments).1)
    .collect()
}

#[test]
fn every_document_fits_its_schema_and_no_mutant_does() {
    let documents = documents();
    let mut formats: Vec<&str> = documents.iter().map(|d| d["format"].as_str().unwrap()).collect();
    formats.sort_unstable();
    formats.dedup();
    let named: Vec<String> =
        schemas().keys().map(|file| format!("gateproof-{}/1", file.split('.').next().unwrap())).collect();
    assert_eq!(formats, named, "a schema for every format, a document for every schema");
    let mut tried = 0;
    for document in &documents {
        assert_eq!(check(document), Ok(()), "{document}");
        for (place, mutant) in mutants(&shortened(document)) {
            assert!(check(&mutant).is_err(), "spoilt at `{place}`, it still fits: {mutant}");
            tried += 1;
        }
    }
    assert!(tried > 1_000, "only {tried} mutants");
}

#[test]
fn what_is_impossible_names_what_is_in_the_way() {
    let snapshot = OneUser::with(&[
        statement("Allow", "s3:GetObject", json!("arn:aws:s3:::reports/*")),
        statement("Deny", "s3:*", json!("arn:aws:s3:::reports/secret/*")),
    ]);
    let path = snapshot.path();
    let blocked = |action: &str, more: &[&str]| {
        let question = ["can", &path, "--principal", "user/ana", "--action", action];
        let (code, verdict) = ask(&[&question[..], more].concat());
        assert_eq!(code, 0, "{verdict}");
        let listed: Vec<String> = serde_json::from_value(verdict["proof"]["blocked_by"].clone()).unwrap();
        listed
    };
    let denied = blocked("s3:GetObject", &["--resource", "arn:aws:s3:::reports/secret/*"]);
    assert!(denied.len() == 1 && denied[0].starts_with("identity: inline policy inline-1"), "{denied:?}");
    assert!(denied[0].contains(" denies, at gaad.json#"), "{denied:?}");
    assert_eq!(blocked("s3:PutObject", &[]), ["identity: nothing allows", "resource: nothing allows"]);
    let contradictory = ["--when", "aws:SecureTransport=absent"];
    assert_eq!(
        blocked("s3:GetObject", &contradictory),
        ["no request that was tried fits the question's resources and conditions"]
    );
    let elsewhere = ["--in", "account:999999999999"];
    assert_eq!(
        blocked("s3:GetObject", &elsewhere),
        ["no resource of the question is of the caller's account, or known to have a policy"]
    );
    assert!(run(&["can", &path, "--principal", "user/ana", "--action", "s3:PutObject"]).status.success());
}
