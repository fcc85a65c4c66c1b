//! Which policies decide a request, put together from what was drawn and not by the product.

use super::organization::{Organization, Person, Thing, path};
use super::vocabulary::ORGANIZATION;
use gateproof_model::arn::Arn;
use gateproof_model::decide::parse_line;
use gateproof_model::policy_set::PolicySet;
use serde_json::{Value, json};

/// Who calls, by the id that answers give.
#[derive(Debug, Clone)]
pub enum Who<'a> {
    Inside(&'a Person),
    Root(String),
    /// Some principal of an account that the snapshot doesn't cover.
    Outsider(String),
    /// This principal of such an account: account, ARN.
    Foreigner(String, String),
    Service(String),
    Anonymous,
}

impl Who<'_> {
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Inside(person) => Some(&person.account),
            Self::Root(account) | Self::Outsider(account) | Self::Foreigner(account, _) => Some(account),
            Self::Service(_) | Self::Anonymous => None,
        }
    }
}

const ASSUMES: [&str; 5] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
];

impl Organization {
    pub fn who(&self, id: &str) -> Who<'_> {
        if id == "*" {
            return Who::Anonymous;
        }
        if let Some(person) = self.people.iter().find(|p| p.arn == id) {
            return Who::Inside(person);
        }
        match Arn::parse(id).and_then(|a| a.account_id()) {
            Some(account) if self.covers(account) => Who::Root(account.to_owned()),
            Some(account) if !id.ends_with(":root") => Who::Foreigner(account.to_owned(), id.to_owned()),
            Some(account) => Who::Outsider(account.to_owned()),
            None => Who::Service(id.to_owned()),
        }
    }

    /// The thing that an ARN names, or whose objects it names.
    pub fn thing(&self, resource: &str) -> Option<&Thing> {
        self.things.iter().find(|t| {
            let bucket = t.arn.starts_with("arn:aws:s3:::");
            t.arn == resource
                || bucket && resource.strip_prefix(&*t.arn).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Whose the resource is: as known, as its ARN says, or the caller's own.
    pub fn owner(&self, who: &Who<'_>, resource: &str) -> Option<String> {
        let known = self.thing(resource).map(|t| t.account.clone());
        let named = || Arn::parse(resource).and_then(|a| a.account_id()).map(str::to_owned);
        known.or_else(named).or_else(|| who.account().map(str::to_owned))
    }

    /// All policies that decide the caller's requests for the resource.
    pub fn policies(&self, who: &Who<'_>, action: &str, resource: &str) -> PolicySet {
        let full = json!([super::policy::full_access()]);
        let scps = who.account().map(|a| self.scp_levels(a)).unwrap_or_default();
        let (identity, boundary) = match who {
            Who::Inside(person) => {
                let mut identity = person.inline.clone();
                let group = self.accounts.iter().find(|a| a.id == person.account).map(|a| a.group.clone());
                identity.extend(group.filter(|_| person.in_group));
                (json!(identity), person.boundary.as_ref().map_or(Value::Null, |b| json!([b])))
            }
            Who::Outsider(_) | Who::Foreigner(..) => (full, Value::Null),
            Who::Root(_) | Who::Service(_) | Who::Anonymous => (json!([]), Value::Null),
        };
        let thing = self.thing(resource);
        let owner = self.owner(who, resource);
        let assumed = ASSUMES.contains(&action.to_ascii_lowercase().as_str());
        let role = self.people.iter().find(|p| assumed && p.arn == resource);
        let policy = match (role, thing) {
            (Some(role), _) => role.trust.clone(),
            (None, Some(thing)) => thing.policy.clone(),
            (None, None) => {
                owner.as_deref().filter(|a| self.covers(a)).and_then(|a| default_key_policy(a, resource))
            }
        };
        let rcps = owner.map(|a| self.rcp_levels(&a)).unwrap_or_default();
        let grants = thing.map(|t| t.grants.clone()).unwrap_or_default();
        let line = json!({
            "request": {"principal": {"type": "Anonymous", "id": "*"}, "principal_account": null, "action": "a:B",
                "resource": "*", "resource_account": null, "context": {}},
            "policies": {"identity": identity, "boundary": boundary, "session": null, "resource": policy,
                "scps": scps, "rcps": rcps, "endpoint": null, "grants": grants},
        });
        parse_line(&line.to_string()).unwrap_or_else(|e| panic!("{}: {line}", e.error)).policies
    }

    /// `aws:PrincipalOrgPaths` of an account.
    pub fn organization_path(&self, account: &str) -> Option<String> {
        let mut nodes = path(account);
        nodes.pop();
        self.is_member(account).then(|| format!("{ORGANIZATION}/{}/", nodes.join("/")))
    }
}

/// A key whose policy was not collected has the default one.
fn default_key_policy(account: &str, resource: &str) -> Option<Value> {
    let key = Arn::parse(resource).is_some_and(|a| a.service == "kms" && a.resource.starts_with("key/"));
    key.then(|| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}}]})
    })
}
