//! What principal, resource and organization fix of the context, written down again for the test.

use super::oracle::Who;
use super::organization::{Organization, Person};
use super::vocabulary::ORGANIZATION;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::request::ContextValue;
use std::collections::BTreeMap;

/// By lower-case key: the value, or `None` where the key is absent. A key that isn't listed is open; a prefix
/// that ends in `/` rules out what isn't listed below it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    known: BTreeMap<String, Option<ContextValue>>,
    /// Keys that have this value where they are there: tags that the service may not show.
    perhaps: BTreeMap<String, ContextValue>,
}

impl Facts {
    fn is(&mut self, key: &str, value: &str) {
        self.known.insert(key.to_lowercase(), Some(ContextValue::Single(value.to_owned())));
    }

    fn absent(&mut self, key: &str) {
        self.known.insert(key.to_lowercase(), None);
    }

    /// What is known of a key; `None`: it is open.
    pub fn of(&self, lower: &str) -> Option<Option<ContextValue>> {
        if let Some(fact) = self.known.get(lower) {
            return Some(fact.clone());
        }
        if self.perhaps.contains_key(lower) {
            return None;
        }
        let (family, _) = lower.split_once('/')?;
        self.known.contains_key(&format!("{family}/")).then_some(None)
    }

    /// The keys that have a value.
    pub fn values(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.known.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_ref()?)))
    }

    /// The keys that may be there, with the only value that they have then.
    pub fn perhaps(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.perhaps.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Tags of a resource; `action` shows them where its reference lists the key, and not those of buckets.
    fn resource_tags(&mut self, family: &str, tags: &[(String, String)], action: &str, resource: &str) {
        let family = family.to_lowercase();
        let begins = |key: &str| key.to_lowercase().starts_with(&format!("{family}/"));
        let info = Catalogue::embedded().find_action(action);
        let listed = info.is_some_and(|a| {
            a.condition_keys().any(begins)
                || a.resource_types()
                    .any(|r| r.condition_keys().any(begins) || r.resource_type.condition_keys().any(begins))
        });
        self.absent(&format!("{family}/"));
        for (key, value) in tags {
            let name = format!("{family}/{key}").to_lowercase();
            if listed && !resource.starts_with("arn:aws:s3:") {
                self.is(&name, value);
            } else {
                self.perhaps.insert(name, ContextValue::Single(value.clone()));
            }
        }
    }

    fn tags(&mut self, family: &str, tags: &[(String, String)]) {
        self.absent(&format!("{family}/"));
        for (key, value) in tags {
            self.is(&format!("{family}/{key}"), value);
        }
    }
}

/// Whether the trust policy lets session tags be passed, which may then stand for the role's own.
fn takes_session_tags(person: &Person) -> bool {
    let statements = person.trust.iter().flat_map(|t| t["Statement"].as_array().into_iter().flatten());
    statements.filter(|s| s["Effect"] == "Allow").any(|statement| {
        let lists = |element: &str| {
            let mut listed = statement[element].as_array().into_iter().flatten();
            listed.any(|a| a == "sts:TagSession" || a == "sts:*")
        };
        if statement["Action"].is_null() { !lists("NotAction") } else { lists("Action") }
    })
}

impl Organization {
    /// The facts of a caller and a resource.
    pub fn facts(&self, who: &Who<'_>, action: &str, resource: &str) -> Facts {
        let mut facts = Facts::default();
        match who {
            Who::Inside(person) => {
                facts.is("aws:PrincipalArn", &person.arn);
                facts.is("aws:PrincipalType", if person.is_role { "AssumedRole" } else { "User" });
                if person.is_role {
                    facts.absent("aws:username");
                } else {
                    facts.is("aws:username", &person.name);
                    facts.is("aws:userid", &person.unique_id);
                }
                if !takes_session_tags(person) {
                    facts.tags("aws:PrincipalTag", &person.tags);
                }
            }
            Who::Root(account) => {
                facts.is("aws:PrincipalArn", &format!("arn:aws:iam::{account}:root"));
                facts.is("aws:PrincipalType", "Account");
                facts.is("aws:userid", account);
                facts.absent("aws:username");
                facts.tags("aws:PrincipalTag", &[]);
            }
            Who::Outsider(_) => {}
            Who::Foreigner(_, arn) => facts.is("aws:PrincipalArn", arn),
            Who::Service(_) => {
                for key in ["aws:username", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"] {
                    facts.absent(key);
                }
                facts.tags("aws:PrincipalTag", &[]);
            }
            Who::Anonymous => {
                for key in ["aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:username"]
                {
                    facts.absent(key);
                }
                facts.is("aws:PrincipalAccount", "anonymous");
                facts.is("aws:PrincipalType", "Anonymous");
                facts.is("aws:userid", "anonymous");
                facts.tags("aws:PrincipalTag", &[]);
            }
        }
        match who {
            Who::Anonymous => facts.absent("aws:PrincipalIsAWSService"),
            Who::Service(_) => facts.is("aws:PrincipalIsAWSService", "true"),
            Who::Inside(_) | Who::Root(_) | Who::Outsider(_) | Who::Foreigner(..) => {
                facts.is("aws:PrincipalIsAWSService", "false")
            }
        }
        if matches!(who, Who::Service(_) | Who::Anonymous) {
            facts.absent("aws:MultiFactorAuthPresent");
            facts.absent("aws:MultiFactorAuthAge");
        }
        if let Some(account) = who.account() {
            facts.is("aws:PrincipalAccount", account);
            self.standing(&mut facts, "aws:Principal", account);
        }
        self.resource_facts(&mut facts, who, action, resource);
        facts
    }

    fn standing(&self, facts: &mut Facts, side: &str, account: &str) {
        if let Some(path) = self.organization_path(account) {
            facts.is(&format!("{side}OrgID"), ORGANIZATION);
            let key = format!("{side}OrgPaths").to_lowercase();
            facts.known.insert(key, Some(ContextValue::List(vec![path])));
        }
    }

    fn resource_facts(&self, facts: &mut Facts, who: &Who<'_>, action: &str, resource: &str) {
        if let Some(owner) = self.owner(who, resource) {
            facts.is("aws:ResourceAccount", &owner);
            self.standing(facts, "aws:Resource", &owner);
        }
        if let Some(tags) = self.thing(resource).and_then(|t| t.tags.as_ref()) {
            for family in ["aws:ResourceTag", "secretsmanager:ResourceTag"] {
                facts.resource_tags(family, tags, action, resource);
            }
        } else if let Some(person) = self.people.iter().find(|p| p.arn == resource) {
            facts.resource_tags("aws:ResourceTag", &person.tags, action, resource);
        }
    }
}
