//! Pieces of policies, put where they go.

use super::super::draft::{Read, change_statements};
use crate::audit::remedy::Paste;
use gateproof_model::arn::Arn;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, FileChange, FileEdit, Given, Holder};
use serde_json::{Value, json};

/// The file that pasted documents are said to come from.
const PASTED: &str = "(remedy)";

/// Files that are new, and changes; `None` for what is no policy, and where a name is no ARN.
pub(super) fn changes(paste: &Paste, read: &Read<'_>) -> Option<(Vec<FileChange>, Vec<Change>)> {
    let whole = |holder: Holder| Some(Change::Document { holder, document: Some(given(&paste.document())?) });
    let added = |holder: Holder| {
        let old = read(&holder).and_then(|json| serde_json::from_str(&json.to_string()).ok());
        let mut document = old.unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}));
        change_statements(&mut document, |all| add(all, paste.statements()));
        Some(Change::Document { holder, document: Some(given(&document)?) })
    };
    let change = match paste {
        Paste::ServiceControlPolicy { account, .. } => return control_policy(paste, account),
        Paste::BucketPolicy { bucket, .. } => added(Holder::Resource(bucket.clone())),
        Paste::KeyPolicy { key, .. } => added(Holder::Resource(key.clone())),
        Paste::TrustPolicy { role, .. } => whole(Holder::Trust(role.clone())),
        Paste::RolePolicy { role, name, .. } => {
            whole(Holder::Inline { principal: role.clone(), name: name.clone() })
        }
        Paste::Boundary { role, name, .. } => return boundary(paste, role, name),
        Paste::Configuration(_) | Paste::Commands(_) => None,
    };
    Some((Vec::new(), vec![change?]))
}

/// Adds statements, each in the place of one with its `Sid`.
fn add(all: &mut Vec<Value>, statements: &[Value]) {
    for statement in statements {
        let sid = statement.get("Sid");
        all.retain(|old| sid.is_none() || old.get("Sid") != sid);
        all.push(statement.clone());
    }
}

/// A new service control policy, attached to an account.
fn control_policy(paste: &Paste, account: &str) -> Option<(Vec<FileChange>, Vec<Change>)> {
    let id = format!("p-remedy{account}");
    let summary = json!({"Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false});
    let file = json!({"Policy": {"PolicySummary": summary, "Content": paste.document().to_string()}});
    let path = format!("organization/describe-policy/{id}.json");
    let new = FileChange { path, edit: FileEdit::Whole(given(&file)?) };
    let attached = Change::ControlTarget { policy: id, target: account.to_owned(), attached: true };
    Some((vec![new], vec![attached]))
}

/// A new managed policy, which is a principal's boundary.
fn boundary(paste: &Paste, role: &str, name: &str) -> Option<(Vec<FileChange>, Vec<Change>)> {
    let arn = Arn::parse(role)?;
    let policy = format!("arn:{}:iam::{}:policy/{name}", arn.partition, arn.account);
    let version = json!({"Document": paste.document(), "VersionId": "v1", "IsDefaultVersion": true});
    let entity = json!({
        "PolicyName": name, "Arn": policy, "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 1, "IsAttachable": true, "PolicyVersionList": [version],
    });
    let entity = Change::Entity { json: Json::parse(&entity.to_string()).ok()? };
    let set = Change::Boundary { principal: role.to_owned(), policy: Some(policy) };
    Some((Vec::new(), vec![entity, set]))
}

fn given(value: &Value) -> Option<Given> {
    Some(Given { json: Json::parse(&value.to_string()).ok()?, file: PASTED.into() })
}
