//! The ways in which a proposal blocks what a witness shows.

use super::against::{both, condition_against, condition_of};
use super::draft::{Draft, Read, change_statements};
use super::editable::{Editable, editable};
use crate::ask::{Estate, glob_matches};
use crate::question::{Constraint, Requests, Step};
use gateproof_model::arn::Arn;
use gateproof_model::overlay::{Change, Holder};
use gateproof_model::policy::{Document, Statement};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// A way to block a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// The statement that allows it asks for what the gap's requests lack.
    Condition,
    /// Its action is taken out of the statement that allows it.
    Narrow,
    /// The statement that allows it is taken away, or the policy of AWS's that it stands in.
    Remove,
    /// An inline policy denies it to the caller.
    Deny,
    /// The policy of the resource denies it to the caller.
    DenyAtResource,
    /// A service control policy denies it to the caller.
    DenyByScp,
    /// What a control finds fault with is configured as it should be.
    Remedy,
}

impl Style {
    /// All, from the one that takes least away to the one that takes most.
    pub(super) const ALL: [Self; 6] =
        [Self::Condition, Self::Narrow, Self::Deny, Self::Remove, Self::DenyAtResource, Self::DenyByScp];
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Condition => "a condition on the statement that allows it",
            Self::Narrow => "the action out of the statement that allows it",
            Self::Remove => "without the statement that allows it",
            Self::Deny => "a Deny in the caller's policies",
            Self::DenyAtResource => "a Deny in the resource's policy",
            Self::DenyByScp => "a Deny in a service control policy",
            Self::Remedy => "another configuration",
        })
    }
}

/// A request that must no longer be allowed.
pub(super) struct Wound<'w> {
    pub step: &'w Step,
    /// Who makes it, by the ARN of the user or role; not known for services and strangers.
    pub principal: String,
    /// The gap's own requests, where the step is one of them.
    pub gap: Option<&'w Requests>,
    /// The resources that the gap is about, as globs.
    pub about: &'w [String],
    /// The actions by which the caller could do the same step.
    pub alternatives: BTreeSet<String>,
}

/// What blocking is done with.
pub(super) struct Hand<'h> {
    pub estate: &'h Estate,
    pub read: &'h Read<'h>,
    pub draft: &'h mut Draft,
}

/// The name of policies that a proposal adds.
const ADDED: &str = "gateproof-fix";

impl Hand<'_> {
    /// Blocks the request; whether anything could be done.
    pub(super) fn block(&mut self, style: Style, wound: &Wound<'_>) -> bool {
        match style {
            Style::Condition => {
                self.each_statement(wound, |hand, holder, index| hand.add_condition(wound, holder, index))
            }
            Style::Narrow => {
                self.each_statement(wound, |hand, holder, index| hand.narrow(wound, holder, index))
            }
            Style::Remove => self.remove(wound),
            Style::Deny => self.deny(wound),
            Style::DenyAtResource => self.deny_at_resource(wound),
            Style::DenyByScp => self.deny_by_scp(wound),
            Style::Remedy => false,
        }
    }

    fn editables(&self, wound: &Wound<'_>) -> Vec<Editable> {
        let evidence = wound.step.allowed_by.iter();
        let granting =
            evidence.filter(|e| ["identity", "resource"].iter().any(|layer| e.layer.starts_with(layer)));
        granting.filter_map(|e| editable(&self.estate.snapshot, e, &wound.principal)).collect()
    }

    /// Does something to each statement that allows the request; whether to every one of them something could be done.
    fn each_statement(
        &mut self,
        wound: &Wound<'_>,
        mut act: impl FnMut(&mut Self, &Holder, usize) -> bool,
    ) -> bool {
        let found = self.editables(wound);
        !found.is_empty()
            && found.iter().all(|one| match one {
                Editable::Statement { holder, index } => act(self, holder, *index),
                Editable::Attached { .. } => false,
            })
    }

    fn add_condition(&mut self, wound: &Wound<'_>, holder: &Holder, index: usize) -> bool {
        let when: &[Constraint] = wound.gap.map(|gap| gap.when.as_slice()).unwrap_or_default();
        let added = when.iter().find_map(|one| condition_against(one, self.estate.catalogue));
        let Some(added) = added else { return false };
        let mut done = false;
        self.draft.edit(holder, self.read, |document| {
            change_statements(document, |statements| {
                let Some(statement) = statements.get_mut(index) else { return };
                let old = statement.get("Condition").cloned().unwrap_or_else(|| json!({}));
                if let Some(new) = both(&old, &added).filter(|new| *new != old) {
                    put(statement, "Condition", new);
                    done = true;
                }
            });
        });
        if done {
            self.draft.say(format!("{} asks for {added}", named(holder, index)));
        }
        done
    }

    /// Takes the actions out that are the gap's; a statement of no other is taken away.
    fn narrow(&mut self, wound: &Wound<'_>, holder: &Holder, index: usize) -> bool {
        let is_meant = |pattern: &str| match wound.gap {
            Some(gap) => gap.actions.iter().any(|glob| is_within(pattern, glob)),
            None => pattern.eq_ignore_ascii_case(&wound.step.action),
        };
        let mut taken = Vec::new();
        self.draft.edit(holder, self.read, |document| {
            change_statements(document, |statements| {
                let Some(statement) = statements.get_mut(index) else { return };
                let texts = texts_of(statement.get("Action"));
                let (out, left): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| is_meant(text));
                if out.is_empty() {
                    return;
                }
                taken = out;
                if left.is_empty() {
                    statements.remove(index);
                } else {
                    put(statement, "Action", json!(left));
                }
            });
        });
        if !taken.is_empty() {
            self.draft.say(format!("{} without {}", named(holder, index), taken.join(", ")));
        }
        !taken.is_empty()
    }

    fn remove(&mut self, wound: &Wound<'_>) -> bool {
        let found = self.editables(wound);
        for one in &found {
            match one {
                Editable::Statement { holder, index } => {
                    self.draft.edit(holder, self.read, |document| {
                        change_statements(document, |statements| {
                            if *index < statements.len() {
                                statements.remove(*index);
                            }
                        });
                    });
                    self.draft.say(format!("{} is taken away", named(holder, *index)));
                }
                Editable::Attached { principal, policy } => {
                    let (principal, policy) = (principal.to_string(), policy.to_string());
                    self.draft.say(format!("{policy} is detached from {principal}"));
                    self.draft.change(Change::Attached { principal, policy, attached: false });
                }
            }
        }
        !found.is_empty()
    }

    fn deny(&mut self, wound: &Wound<'_>) -> bool {
        let lives = self.estate.snapshot.principal(&wound.principal).is_some();
        let is_root = wound.principal.ends_with(":root");
        let (true, Some(statement)) = (lives && !is_root, self.denial(wound)) else { return false };
        let holder = Holder::Inline { principal: wound.principal.clone(), name: ADDED.to_owned() };
        self.draft.say(format!("{} is denied {}", wound.principal, spoken(&statement)));
        self.add(&holder, statement)
    }

    fn deny_at_resource(&mut self, wound: &Wound<'_>) -> bool {
        let resource = gateproof_model::resource::governing_arn(&wound.step.resource).to_owned();
        let known = self.estate.snapshot.resource(&resource);
        let (Some(_), Some(mut statement)) = (known, self.denial(wound)) else { return false };
        let everybody = self.estate.snapshot.principal(&wound.principal).is_none();
        let whom = if everybody { json!("*") } else { json!({"AWS": [wound.principal.clone()]}) };
        put(&mut statement, "Principal", whom);
        put(&mut statement, "Resource", json!([resource.clone(), format!("{resource}/*")]));
        self.draft.say(format!("{resource} denies {} {}", wound.principal, spoken(&statement)));
        self.add(&Holder::Resource(resource), statement)
    }

    /// A service control policy of the caller's account that is there already, with one more statement.
    fn deny_by_scp(&mut self, wound: &Wound<'_>) -> bool {
        let Some(caller) = self.estate.snapshot.principal(&wound.principal) else { return false };
        let levels = self.estate.snapshot.organization().scp_levels(&caller.account);
        let own =
            levels.iter().rev().flatten().find(|document| !document.source.policy.contains("FullAWSAccess"));
        let Some(policy) = own.map(|document| id_of(&document.source.policy).to_owned()) else {
            return false;
        };
        let Some(mut statement) = self.denial(wound) else { return false };
        let to = json!({"ArnEquals": {"aws:PrincipalArn": [wound.principal.clone()]}});
        let condition = statement.get("Condition").cloned().unwrap_or_else(|| json!({}));
        let Some(condition) = both(&condition, &to) else { return false };
        put(&mut statement, "Condition", condition);
        self.draft.say(format!("{policy} denies {} {}", wound.principal, spoken(&statement)));
        self.add(&Holder::Control(policy), statement)
    }

    /// A statement that denies the gap's requests, or the one of a step on the way.
    fn denial(&self, wound: &Wound<'_>) -> Option<Value> {
        let Some(gap) = wound.gap else {
            let resources = self.granted_on(wound);
            return Some(json!({"Effect": "Deny", "Action": wound.alternatives, "Resource": resources}));
        };
        let resources = if gap.resources.is_empty() { vec!["*".to_owned()] } else { gap.resources.clone() };
        let mut statement =
            json!({"Effect": "Deny", "Action": self.actions_of(gap, wound.step), "Resource": resources});
        if !gap.when.is_empty() {
            put(&mut statement, "Condition", condition_of(&gap.when, self.estate.catalogue)?);
        }
        Some(statement)
    }

    /// On what the statements that allow the request allow it: one resource less would leave the next one.
    fn granted_on(&self, wound: &Wound<'_>) -> BTreeSet<String> {
        let caller = self.estate.callers().find(|caller| *caller.id == *wound.principal);
        let documents = caller.iter().flat_map(|caller| &caller.policies.identity);
        let stands = |document: &Document, statement: &Statement| {
            wound.step.allowed_by.iter().any(|evidence| {
                *document.source.file == *evidence.file
                    && evidence.pointer.strip_prefix(&*document.source.pointer) == Some(&*statement.pointer)
            })
        };
        let granting = documents.flat_map(|document| {
            document.statements.iter().filter(move |statement| stands(document, statement))
        });
        let mut resources = BTreeSet::new();
        for clause in granting.filter_map(|statement| statement.resource.as_ref()) {
            match clause.negated {
                true => drop(resources.insert("*".to_owned())),
                false => resources.extend(clause.patterns.iter().map(|pattern| pattern.text.to_string())),
            }
        }
        if !resources.is_empty() {
            return resources;
        }
        // A resource's policy allows it: on what the gap is about, or on this one.
        let of_gap = wound.about.iter().filter(|glob| glob_matches(glob, &wound.step.resource));
        resources.extend(of_gap.cloned());
        if resources.is_empty() {
            resources.insert(wound.step.resource.clone());
        }
        resources
    }

    /// The gap's actions: as its globs say, or those of its access levels, by name.
    fn actions_of(&self, gap: &Requests, step: &Step) -> BTreeSet<String> {
        if gap.access.is_empty() {
            return gap.actions.iter().cloned().collect();
        }
        let matching = gap.actions.iter().flat_map(|glob| self.estate.catalogue.actions_matching(glob));
        let of_level = matching.filter(|action| gap.access.contains(&action.access_level()));
        of_level.map(|action| action.name().to_owned()).chain([step.action.clone()]).collect()
    }

    /// Adds a statement; whether the document lacked it.
    fn add(&mut self, holder: &Holder, statement: Value) -> bool {
        let mut lacked = false;
        self.draft.edit(holder, self.read, |document| {
            change_statements(document, |statements| {
                lacked = !statements.contains(&statement);
                if lacked {
                    statements.push(statement);
                }
            });
        });
        lacked
    }
}

/// Sets a member of a statement.
fn put(statement: &mut Value, key: &str, value: Value) {
    if let Some(members) = statement.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
}

/// The id of a control policy, which evidence calls `NAME (ID)`.
fn id_of(policy: &str) -> &str {
    let id = policy.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    id.unwrap_or(policy)
}

/// Whether all that a pattern matches is matched by a glob.
fn is_within(pattern: &str, glob: &str) -> bool {
    let (pattern, glob) = (pattern.to_ascii_lowercase(), glob.to_ascii_lowercase());
    // Wildcards of the pattern are letters that only wildcards of the glob can match.
    glob_matches(&glob, &pattern.replace('?', "*"))
}

fn texts_of(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// What a denial is of, in words.
fn spoken(statement: &Value) -> String {
    let actions = texts_of(statement.get("Action"));
    let more = actions.len().saturating_sub(3);
    let shown: Vec<&str> = actions.iter().take(3).map(String::as_str).collect();
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{others} on {}", shown.join(", "), texts_of(statement.get("Resource")).join(", "))
}

fn named(holder: &Holder, index: usize) -> String {
    let what = match holder {
        Holder::Managed(arn) => arn.clone(),
        Holder::Inline { principal, name } => format!("{name} of {principal}"),
        Holder::Trust(arn) => format!("the trust policy of {arn}"),
        Holder::Resource(arn) | Holder::NewResource { arn, .. } => format!("the policy of {arn}"),
        Holder::Control(id) => id.clone(),
    };
    format!("statement {} of {what}", index + 1)
}

/// The user or role that a session is of.
pub(super) fn principal_of_session(caller: &str, estate: &Estate) -> String {
    let session = Arn::parse(caller).and_then(|arn| {
        let role = arn.resource.strip_prefix("assumed-role/")?.split('/').next()?;
        let account = arn.account_id()?;
        let mut all = estate.snapshot.principals().iter();
        all.find(|p| &*p.name == role && &*p.account == account && p.arn.contains(":role/"))
    });
    session.map_or_else(|| caller.to_owned(), |entity| entity.arn.to_string())
}
