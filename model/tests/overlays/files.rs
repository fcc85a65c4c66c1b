//! Files of the snapshot that are given anew, or patched.

use crate::{Copy, PIPELINES, document, element, example, given, load, put, told};
use gateproof_model::overlay::{Change, FileChange, FileEdit, Holder, Overlay};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const PROJECTS: &str = "accounts/222222222222/us-east-1/codebuild/batch-get-projects.json";
const PIPELINE: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/images.json";

fn whole(path: &str, value: &Value) -> FileChange {
    FileChange { path: path.to_owned(), edit: FileEdit::Whole(given(value)) }
}

fn patch(path: &str, operations: &Value) -> FileChange {
    FileChange { path: path.to_owned(), edit: FileEdit::Patch(given(operations)) }
}

fn with(base: &Path, files: Vec<FileChange>, changes: Vec<Change>) -> Result<Snapshot, String> {
    let overlay = Overlay { files, changes, ..Overlay::default() };
    Snapshot::load_with(base, &overlay, &LoadOptions::default()).map_err(|error| error.to_string())
}

/// Everything that is told of the example with the changes made, and of a copy that was edited by hand, is the same.
fn same(files: Vec<FileChange>, changes: Vec<Change>, by_hand: impl FnOnce(&Copy)) {
    let copy = Copy::of(&example());
    by_hand(&copy);
    let edited = told(&Snapshot::load(copy.path(), &LoadOptions::default()).unwrap());
    let changed = told(&with(&example(), files, changes).unwrap());
    for ((part, edited), (_, changed)) in edited.iter().zip(&changed) {
        assert!(edited == changed, "{part} differ");
    }
    assert!(told(&load(&example(), &[])) != changed, "nothing changed");
}

#[test]
fn a_patched_file_is_the_one_edited_by_hand() {
    let role = "arn:aws:iam::222222222222:role/acme-build-staging";
    let operations = json!([
        {"op": "test", "path": "/projects/0/name", "value": "prod-build"},
        {"op": "replace", "path": "/projects/0/serviceRole", "value": role},
        {"op": "remove", "path": "/projects/2"},
    ]);
    same(vec![patch(PROJECTS, &operations)], Vec::new(), |copy| {
        copy.edit(PROJECTS, |file| {
            file["projects"][0]["serviceRole"] = json!(role);
            file["projects"].as_array_mut().unwrap().remove(2);
        });
    });
}

#[test]
fn a_file_is_given_anew_and_patched_then() {
    let output = json!({"pipeline": {"name": "x"}});
    let operations = json!([{"op": "add", "path": "/pipeline/version", "value": 2}]);
    let path = "accounts/222222222222/us-east-1/codecommit/list-repositories.json";
    let repositories = json!({"repositories": [{"repositoryName": "new", "repositoryId": "1"}]});
    let more = json!([{"op": "copy", "from": "/repositories/0", "path": "/repositories/-"},
        {"op": "replace", "path": "/repositories/1/repositoryName", "value": "newer"}]);
    let files = vec![
        whole(path, &repositories),
        patch(path, &more),
        whole(PIPELINE, &output),
        patch(PIPELINE, &operations),
    ];
    same(files, Vec::new(), |copy| {
        let of = |name: &str| json!({"repositoryName": name, "repositoryId": "1"});
        copy.write(path, &json!({"repositories": [of("new"), of("newer")]}));
        copy.write(PIPELINE, &json!({"pipeline": {"name": "x", "version": 2}}));
    });
}

#[test]
fn a_new_file_is_read_as_if_it_had_been_collected() {
    let bucket = "acme-portal-source-222222222222";
    let path = format!("accounts/222222222222/us-east-1/s3api/get-bucket-policy/{bucket}.json");
    let policy = json!({"Policy": document(true).to_string()});
    same(vec![whole(&path, &policy)], Vec::new(), |copy| copy.write(&path, &policy));
}

/// Names and places of other changes are those of the files as they are then.
#[test]
fn other_changes_come_after() {
    let arn = "arn:aws:iam::222222222222:role/acme-build-prod";
    let files = || {
        let copy = Copy::of(&example()).read(PIPELINES);
        let roles = copy["RoleDetailList"].as_array().unwrap();
        let place = roles.iter().position(|role| role["Arn"] == arn).unwrap();
        // What is listed before the role is gone, and the role's policy is called otherwise.
        vec![patch(
            PIPELINES,
            &json!([
                {"op": "replace", "path": format!("/RoleDetailList/{place}/RolePolicyList/0/PolicyName"), "value": "other"},
                {"op": "remove", "path": format!("/RoleDetailList/{}", place - 1)},
            ]),
        )]
    };
    let by_hand = |file: &mut Value| {
        let roles = file["RoleDetailList"].as_array_mut().unwrap();
        let place = roles.iter().position(|role| role["Arn"] == arn).unwrap();
        roles.remove(place - 1);
        element(file, "RoleDetailList", arn)["RolePolicyList"][0]["PolicyName"] = json!("other");
    };
    let holder = || Holder::Inline { principal: arn.to_owned(), name: "other".to_owned() };
    same(files(), vec![put(holder(), &document(false))], |copy| {
        copy.edit(PIPELINES, |file| {
            by_hand(file);
            element(file, "RoleDetailList", arn)["RolePolicyList"][0]["PolicyDocument"] = document(false);
        });
    });
    let secrets = Change::WithoutStatement { holder: holder(), statement: "Secrets".to_owned() };
    same(files(), vec![secrets], |copy| {
        copy.edit(PIPELINES, |file| {
            by_hand(file);
            let policy = &mut element(file, "RoleDetailList", arn)["RolePolicyList"][0]["PolicyDocument"];
            policy["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != "Secrets");
        });
    });
}

#[test]
fn a_lone_file_can_be_patched() {
    let copy = Copy::of(&example());
    let lone = copy.path().join(PIPELINES);
    let name = "get-account-authorization-details.json";
    let operations = json!([{"op": "remove", "path": "/UserDetailList/0"}]);
    let users =
        |snapshot: &Snapshot| snapshot.principals().iter().filter(|p| p.arn.contains(":user/")).count();
    let before = users(&Snapshot::load(&lone, &LoadOptions::default()).unwrap());
    let after = users(&with(&lone, vec![patch(name, &operations)], Vec::new()).unwrap());
    assert_eq!(before - 1, after);
    let other = with(&lone, vec![whole("other.json", &json!({}))], Vec::new()).unwrap_err();
    assert!(other.starts_with("other.json: found nothing of that name"), "{other}");
}

#[test]
fn what_cannot_be_patched_is_said_with_file_and_operation() {
    let replace = |path: &str| {
        json!([{"op": "test", "path": "/projects/0/name", "value": "prod-build"},
        {"op": "replace", "path": path, "value": "a-value-that-is-nobodys"}])
    };
    let cases = [
        (patch("accounts/none.json", &json!([])), "accounts/none.json: found nothing of that name"),
        (patch("../acme/errors.json", &json!([])), "../acme/errors.json: found no path within the snapshot"),
        (patch("/etc/hosts", &json!([])), "/etc/hosts: found no path within the snapshot"),
        (patch("accounts//errors.json", &json!([])), "found no path within the snapshot"),
        (whole("./errors.json", &json!([])), "found no path within the snapshot"),
        (whole("", &json!([])), "found no path within the snapshot"),
        (patch("accounts", &json!([])), "not a regular file"),
        (whole("accounts", &json!([])), "nothing is read from there"),
        (whole("notes.json", &json!([])), "notes.json: nothing is read from there"),
        (whole("accounts/222222222222/us-east-1/kms.json", &json!([])), "nothing is read from there"),
        (whole("accounts/222222222222/us-east-1/kms/list-keys", &json!([])), "nothing is read from there"),
        (patch(PROJECTS, &json!({"op": "remove"})), "new.json: found an object, expected a JSON Patch"),
        (
            patch(PROJECTS, &json!([{"op": "drop", "path": "/x"}])),
            "new.json: operation /0 is none of a JSON Patch",
        ),
        (patch(PROJECTS, &json!([{"op": "add", "path": "/x"}])), "operation /0 is none of a JSON Patch"),
        (
            patch(PROJECTS, &json!([{"op": "add", "path": "x", "value": 1}])),
            "operation /0 is none of a JSON Patch",
        ),
        (
            patch(PROJECTS, &replace("/projects/9/name")),
            "new.json: operation /1 (replace at `/projects/9/name` of accounts/",
        ),
        (patch(PROJECTS, &replace("/projects/0/nome")), "found nothing there"),
        (patch(PROJECTS, &replace("/projects/-")), "found nothing there"),
        (
            patch(PROJECTS, &json!([{"op": "test", "path": "/projects/0/name", "value": "secret"}])),
            "another value",
        ),
        (
            patch(PROJECTS, &json!([{"op": "move", "from": "/none", "path": "/projects/0"}])),
            "found nothing to take",
        ),
        (
            patch(PROJECTS, &json!([{"op": "move", "from": "/projects", "path": "/projects/0"}])),
            "within what is moved",
        ),
    ];
    for (change, says) in cases {
        let shown = format!("{change:?}");
        let message = with(&example(), vec![change], Vec::new()).map(|_| ()).unwrap_err();
        assert!(message.contains(says), "{shown}: {message}");
        assert!(!message.contains("secret") && !message.contains("nobodys"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_snapshot_is_refused() {
    let copy = Copy::of(&example());
    std::fs::remove_file(copy.path().join("errors.json")).unwrap();
    std::os::unix::fs::symlink(example().join("errors.json"), copy.path().join("errors.json")).unwrap();
    for change in [patch("errors.json", &json!([])), whole("errors.json", &json!([]))] {
        let message = with(copy.path(), vec![change], Vec::new()).map(|_| ()).unwrap_err();
        assert!(message.contains("a symbolic link that leaves the snapshot"), "{message}");
    }
}

#[test]
fn patches_that_double_end() {
    let doubling: Vec<Value> =
        (0..200).map(|n| json!({"op": "copy", "from": "", "path": format!("/x{n}")})).collect();
    let deepening: Vec<Value> =
        (0..200).map(|_| json!({"op": "copy", "from": "", "path": "/projects"})).collect();
    for operations in [doubling, deepening] {
        let message =
            with(&example(), vec![patch(PROJECTS, &json!(operations))], Vec::new()).map(|_| ()).unwrap_err();
        assert!(message.contains("found a file too large"), "{message}");
    }
}

/// Every place in a document, as pointers.
fn places(value: &Value, pointer: &str, into: &mut Vec<String>) {
    into.push(pointer.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{pointer}/{n}"), into));
        }
        Value::Object(members) => members.iter().for_each(|(name, item)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            places(item, &format!("{pointer}/{name}"), into);
        }),
        _ => {}
    }
}

/// One operation of RFC 6902 on a document, at one of its places, with what it leaves, by the RFC's words (sections 4.1 to 4.5).
fn operation(value: &Value, (kind, place, other, small): (u8, usize, usize, u8)) -> Option<(Value, Value)> {
    let mut all = Vec::new();
    places(value, "", &mut all);
    let (place, other) = (all[place % all.len()].clone(), all[other % all.len()].clone());
    let (parent, last) = place.rsplit_once('/')?;
    let member = last.replace("~1", "/").replace("~0", "~");
    let new = [json!(null), json!(true), json!("x"), json!(["*"]), json!({"Effect": "Deny"})]
        [small as usize % 5]
        .clone();
    let mut after = value.clone();
    let insert = |after: &mut Value, new: Value| match after.pointer_mut(parent).unwrap() {
        Value::Array(items) => items.insert(member.parse().unwrap(), new),
        Value::Object(members) => drop(members.insert(member.clone(), new)),
        _ => panic!("a place within what is neither"),
    };
    let operation = match kind % 5 {
        0 => {
            insert(&mut after, new.clone());
            json!({"op": "add", "path": place, "value": new})
        }
        1 => {
            match after.pointer_mut(parent).unwrap() {
                Value::Array(items) => drop(items.remove(member.parse().unwrap())),
                Value::Object(members) => drop(members.remove(&member)),
                _ => panic!("a place within what is neither"),
            }
            json!({"op": "remove", "path": place})
        }
        2 => {
            *after.pointer_mut(&place).unwrap() = new.clone();
            json!({"op": "replace", "path": place, "value": new})
        }
        3 => {
            insert(&mut after, value.pointer(&other).unwrap().clone());
            json!({"op": "copy", "from": other, "path": place})
        }
        _ => json!({"op": "test", "path": place, "value": value.pointer(&place).unwrap()}),
    };
    Some((operation, after))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Operations at random places of random files: what is read is what files hold that the RFC's words were followed on.
    #[test]
    fn random_patches_are_edits_by_hand(
        steps in prop::collection::vec((0..4_usize, any::<(u8, usize, usize, u8)>()), 1..8),
    ) {
        let copy = Copy::of(&example());
        let files = [PROJECTS, PIPELINE, PIPELINES, "errors.json"];
        let mut patches: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (file, step) in steps {
            let path = files[file];
            let before = copy.read(path);
            let Some((operation, after)) = operation(&before, step) else { continue };
            if after.to_string().len() > 200_000 {
                continue;
            }
            copy.write(path, &after);
            patches.entry(path).or_default().push(operation);
        }
        let changes: Vec<FileChange> = patches.iter().map(|(path, operations)| patch(path, &json!(operations))).collect();
        let edited = Snapshot::load(copy.path(), &LoadOptions::default()).map_err(|error| error.to_string());
        let changed = with(&example(), changes, Vec::new());
        match (edited, changed) {
            (Ok(edited), Ok(changed)) => prop_assert_eq!(told(&edited), told(&changed), "{:?}", patches),
            (Err(_), Err(_)) => {}
            (edited, changed) => prop_assert!(false, "{:?}: {:?} {:?}", patches, edited.err(), changed.err()),
        }
    }
}
