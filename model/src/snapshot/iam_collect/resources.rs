//! Everything but principals: any folder with a `metadata.json`.

use super::principals::tag_list;
use super::{METADATA, POLICY, TAGS, TRANSLATED, add, children, folders, object, output, read, string};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::collected::{Output, Translated};
use crate::snapshot::files::{Files, problem};
use crate::snapshot::index::Child;
use crate::snapshot::notes::Notes;

/// How deep resources lie under a service: region, type, name, and a step to spare.
const DEPTH: usize = 4;

/// Translates the resources of one account.
pub(super) fn translate(
    files: &Files,
    account: &Child,
    partition: &str,
    translated: &mut Translated,
    notes: &mut Notes,
) {
    let mut one = Account { files, id: &account.name, partition, translated, notes };
    for service in folders(files, &account.path, one.notes) {
        match service.name.as_str() {
            "iam" => one.providers(&service.path),
            "ram" => {}
            _ => one.walk(&service.path, DEPTH),
        }
    }
    if let Some(json) = read(files, &account.path, "s3-bpa.json", one.notes) {
        let file = format!("{}/s3-bpa.json", account.path);
        let json = json.map(|j| object([("PublicAccessBlockConfiguration", j)]));
        one.add("s3control", "get-public-access-block", output("global", None, &file, json));
    }
}

struct Account<'a> {
    files: &'a Files,
    id: &'a str,
    partition: &'a str,
    translated: &'a mut Translated,
    notes: &'a mut Notes,
}

impl Account<'_> {
    fn add(&mut self, service: &str, operation: &str, output: Output) {
        add(self.translated, self.id, service, operation, output);
    }

    fn walk(&mut self, folder: &str, depth: usize) {
        let children = children(self.files, folder, self.notes);
        if children.iter().any(|c| !c.is_folder && c.name == "metadata.json") {
            self.resource(folder);
            return;
        }
        for child in children.into_iter().filter(|c| c.is_folder && depth > 0) {
            self.walk(&child.path, depth - 1);
        }
    }

    fn resource(&mut self, folder: &str) {
        let file = format!("{folder}/metadata.json");
        let metadata = read(self.files, folder, "metadata.json", self.notes).flatten();
        let arn = metadata.as_ref().and_then(|m| m.get("arn")).and_then(Json::as_str);
        let Some((arn, parsed)) = arn.and_then(|a| Some((a, Arn::parse(a)?))) else {
            if metadata.is_some() {
                self.notes.problem(*problem(&file, "/arn", "no ARN", "the resource's ARN"));
            }
            self.notes.blind(Some(self.id), &[], "a resource whose ARN cannot be read", &file);
            return;
        };
        let region = parsed.region;
        if parsed.service == "ec2" && parsed.resource.starts_with("vpc-endpoint/") {
            self.endpoint(folder, region, metadata.as_ref());
            return;
        }
        self.add(TRANSLATED, METADATA, output(region, Some(arn), &file, Some(Json::Null)));
        if let Some(tags) = read(self.files, folder, "tags.json", self.notes) {
            let file = format!("{folder}/tags.json");
            self.add(TRANSLATED, TAGS, output(region, Some(arn), &file, tags));
        }
        let policy = read(self.files, folder, "policy.json", self.notes);
        let is_key = parsed.service == "kms" && parsed.resource.starts_with("key/");
        // Every key has a policy: without the file, the collector was refused it.
        if policy.is_some() || is_key {
            let file = format!("{folder}/policy.json");
            self.add(TRANSLATED, POLICY, output(region, Some(arn), &file, policy.flatten()));
        }
        if parsed.service == "s3"
            && let Some(settings) = read(self.files, folder, "bpa.json", self.notes)
        {
            let settings = settings.map(|j| object([("PublicAccessBlockConfiguration", j)]));
            let file = format!("{folder}/bpa.json");
            let one = output(region, Some(parsed.resource), &file, settings);
            self.add("s3api", "get-public-access-block", one);
        }
    }

    fn endpoint(&mut self, folder: &str, region: &str, metadata: Option<&Json>) {
        let mut members = Vec::new();
        for (key, member) in [("id", "VpcEndpointId"), ("vpc", "VpcId")] {
            if let Some(value) = metadata.and_then(|m| m.get(key)) {
                members.push((member.to_owned(), value.clone()));
            }
        }
        if let Some(Some(tags)) = read(self.files, folder, "tags.json", self.notes) {
            members.push(("Tags".to_owned(), tag_list(tags)));
        }
        match read(self.files, folder, "policy.json", self.notes) {
            None => {}
            Some(policy) => {
                // What can't be read must not look like an endpoint without a policy.
                members.push(("PolicyDocument".to_owned(), policy.unwrap_or(Json::Bool(false))));
            }
        }
        let list = Json::Array(vec![Json::Object(members)]);
        let file = format!("{folder}/policy.json");
        let mut one = output(region, None, &file, Some(object([("VpcEndpoints", list)])));
        one.whole_file = true;
        self.add("ec2", "describe-vpc-endpoints", one);
    }

    fn providers(&mut self, iam: &str) {
        for provider in folders(self.files, &format!("{iam}/oidc-provider"), self.notes) {
            let file = format!("{}/metadata.json", provider.path);
            let Some(json) = read(self.files, &provider.path, "metadata.json", self.notes).flatten() else {
                self.notes.blind(Some(self.id), &["sts"], "identity providers", &file);
                continue;
            };
            let url = json.get("url").and_then(Json::as_str).unwrap_or_default();
            let issuer = url.strip_prefix("https://").unwrap_or(url);
            let arn = match json.get("arn").and_then(Json::as_str) {
                Some(arn) => arn.to_owned(),
                None => format!("arn:{}:iam::{}:oidc-provider/{issuer}", self.partition, self.id),
            };
            let audiences = json.get("audiences").cloned().unwrap_or(Json::Array(Vec::new()));
            let listed = object([("Arn", string(&arn))]);
            let list = object([("OpenIDConnectProviderList", Json::Array(vec![listed]))]);
            self.add("iam", "list-open-id-connect-providers", output("global", None, &file, Some(list)));
            let details = object([("ClientIDList", audiences)]);
            let one = output("global", Some(&arn), &file, Some(details));
            self.add("iam", "get-open-id-connect-provider", one);
        }
    }
}
