//! `aws iam get-account-authorization-details`: everything IAM knows of an account, in one call.
//!
//! The text is split into slices, one an entity; the slices are parsed in parallel and dropped.

use super::entry::Entry;
use super::files::{Page, not_json, problem};
use super::managed::{ManagedPolicies, ManagedPolicyLookup, read_policy};
use super::notes::{CALLERS, PROBLEMS, touches};
use super::principals::{read_group, read_role, read_user};
use super::raw::{split_array, split_object};
use super::twins::{group_conflict, merge_duplicates, policy_conflict, principal_conflict};
use crate::account::{Group, ManagedPolicy, Place, PrincipalEntity, PrincipalEntityKind, SessionTags};
use crate::arn::Arn;
use crate::assumption::{Assumption, BlindSpot};
use crate::json::{Json, pointer_push};
use crate::problem::Problem;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What came of one entity: perhaps the entity, its problems, and what stays in the dark.
pub(super) struct Found<T> {
    pub(super) value: Option<T>,
    pub(super) problems: Vec<Problem>,
    pub(super) blind: Option<(&'static str, Arc<str>)>,
}

impl<T> Found<T> {
    /// An entity that nobody can name.
    pub(super) fn nameless(entry: Entry, noun: &'static str) -> Self {
        let file = entry.file().clone();
        Self { value: None, problems: entry.problems, blind: Some((noun, file)) }
    }
}

/// Reads an entity unless there were too many faults already; then everything is given up anyway.
fn bounded<T>(faults: &AtomicUsize, read: impl FnOnce() -> Found<T>) -> Found<T> {
    if faults.load(Ordering::Relaxed) > PROBLEMS {
        return Found { value: None, problems: Vec::new(), blind: None };
    }
    let found = read();
    faults.fetch_add(found.problems.iter().filter(|p| !p.warning).count(), Ordering::Relaxed);
    found
}

/// Everything that the pages of one account say.
#[derive(Default)]
pub(super) struct Gaad {
    /// The account, where anything told it.
    pub(super) account: Option<Arc<str>>,
    /// The accounts that the entities are of.
    pub(super) accounts: BTreeSet<Arc<str>>,
    pub(super) partition: Option<Arc<str>>,
    pub(super) principals: Vec<PrincipalEntity>,
    pub(super) groups: Vec<Arc<Group>>,
    pub(super) policies: Vec<Arc<ManagedPolicy>>,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) problems: Vec<Problem>,
    pub(super) blind_spots: Vec<BlindSpot>,
    /// A last page that says there are more.
    pub(super) truncated: Option<Arc<str>>,
    /// Whether any page could be read as what it should be.
    pub(super) usable: bool,
}

const LISTS: [&str; 4] = ["Policies", "GroupDetailList", "UserDetailList", "RoleDetailList"];

/// One element of one of the lists.
struct Item<'a> {
    file: &'a Arc<str>,
    pointer: String,
    raw: &'a RawValue,
}

/// Where entities come from: slices of a page, folders of files.
pub(super) trait EntrySource: Sync {
    /// Reads the entity.
    fn entry(&self) -> Entry;
}

/// The entities of one account by kind.
pub(super) struct Entities<S> {
    pub(super) policies: Vec<S>,
    pub(super) groups: Vec<S>,
    pub(super) users: Vec<S>,
    pub(super) roles: Vec<S>,
}

impl EntrySource for Item<'_> {
    fn entry(&self) -> Entry {
        Entry::from_text(self.file, self.pointer.clone(), self.raw.get())
    }
}

/// Reads the pages of one account; `account` is what the path says.
pub(super) fn read_gaad(pages: &[Page], account: Option<&str>, lookup: ManagedPolicyLookup<'_>) -> Gaad {
    let mut gaad = Gaad { account: account.map(Arc::from), ..Gaad::default() };
    let mut lists: BTreeMap<&str, Vec<Item<'_>>> = LISTS.iter().map(|l| (*l, Vec::new())).collect();
    let mut seen = BTreeSet::new();
    for page in pages {
        match split_object(&page.text) {
            Ok(members) => {
                if more_to_come(&members) && !page.followed {
                    gaad.truncated = Some(page.file.clone());
                }
                seen.extend(members.iter().map(|(key, _)| key.clone()));
                read_page(page, members, &mut lists, &mut gaad);
            }
            Err(error) => {
                gaad.problems.push(*not_json(&page.file, "", &error));
                gaad.blind("users, roles, groups and policies", &page.file);
            }
        }
    }
    let mut take = |name: &str| lists.remove(name).unwrap_or_default();
    let entities = Entities {
        policies: take("Policies"),
        groups: take("GroupDetailList"),
        users: take("UserDetailList"),
        roles: take("RoleDetailList"),
    };
    let file = pages.first().map_or_else(|| Arc::from(""), |p| p.file.clone());
    gaad.read_entities(&entities, account, file, lookup);
    for (list, nouns) in [("UserDetailList", "users"), ("RoleDetailList", "roles")] {
        if gaad.usable && !seen.contains(list) {
            gaad.assume_none(nouns);
        }
    }
    gaad
}

/// Whether a page says that another follows it.
fn more_to_come(members: &[(String, &RawValue)]) -> bool {
    members.iter().any(|(key, raw)| match key.as_str() {
        "IsTruncated" => raw.get() == "true",
        "NextToken" => raw.get() != "null",
        _ => false,
    })
}

fn read_page<'a>(
    page: &'a Page,
    members: Vec<(String, &'a RawValue)>,
    lists: &mut BTreeMap<&str, Vec<Item<'a>>>,
    gaad: &mut Gaad,
) {
    let mut any = false;
    for (key, raw) in members {
        let Some(list) = lists.get_mut(key.as_str()) else { continue };
        any = true;
        let at = pointer_push("", &key);
        match split_array(raw.get()) {
            Ok(items) => list.extend(items.into_iter().enumerate().map(|(i, raw)| Item {
                file: &page.file,
                pointer: format!("{at}/{i}"),
                raw,
            })),
            Err(error) => {
                gaad.problems.push(*problem(&page.file, &at, error.to_string(), "a list"));
                gaad.blind(&key, &page.file);
            }
        }
    }
    if any {
        gaad.usable = true;
    } else {
        let expected = "UserDetailList, GroupDetailList, RoleDetailList and Policies";
        gaad.problems.push(*problem(&page.file, "", "none of the lists", expected));
        gaad.blind("users, roles, groups and policies", &page.file);
    }
}

impl Gaad {
    fn blind(&mut self, what: &str, file: &Arc<str>) {
        let account = self.account.clone();
        let spot = BlindSpot {
            account,
            services: CALLERS.iter().map(|s| Arc::from(*s)).collect(),
            hides_callers: true,
            what: what.into(),
            file: file.clone(),
        };
        if self.blind_spots.last() != Some(&spot) {
            self.blind_spots.push(spot);
        }
    }

    /// A list that was left out of the output holds nothing, as far as anybody knows.
    fn assume_none(&mut self, nouns: &str) {
        let account = self.account.clone().unwrap_or_default();
        self.assumptions.push(Assumption {
            text: format!("account {account} has no {nouns}").into(),
            cli_command: "aws iam get-account-authorization-details".into(),
            touches: touches(&account, "iam", None),
            hides_callers: true,
        });
    }

    /// Keeps what was found, in order, and files what was wrong.
    fn keep<T>(&mut self, found: Vec<Found<T>>) -> Vec<T> {
        let mut kept = Vec::with_capacity(found.len());
        for one in found {
            for problem in one.problems {
                if !problem.warning || self.problems.len() < PROBLEMS {
                    self.problems.push(problem);
                }
            }
            if let Some((noun, file)) = one.blind {
                self.blind(&format!("{noun} whose ARN cannot be read"), &file);
            }
            kept.extend(one.value);
        }
        kept
    }

    /// Reads entities: policies first, then groups, then the users and roles that refer to them.
    pub(super) fn read_entities<S: EntrySource>(
        &mut self,
        entities: &Entities<S>,
        told: Option<&str>,
        file: Arc<str>,
        lookup: ManagedPolicyLookup<'_>,
    ) {
        self.find_account(entities.all());
        let Some(account) = self.account.clone() else {
            for source in entities.all() {
                if self.problems.len() > PROBLEMS {
                    break;
                }
                self.problems.extend(source.entry().problems);
            }
            let expected = "the ARN of a user, role, group or policy of the account";
            self.problems.push(*problem(&file, "", "nothing that tells the account", expected));
            return;
        };
        let faults = AtomicUsize::new(0);
        let read = |s: &S| bounded(&faults, || read_policy(s.entry(), Some(&account)));
        let found = entities.policies.par_iter().map(read).collect();
        self.policies = self.keep(found).into_iter().map(Arc::new).collect();
        merge_duplicates(&mut self.policies, |p| &p.arn, |a, b| policy_conflict(a, b), &mut self.problems);
        let policies = ManagedPolicies::new(account.clone(), file.clone(), &self.policies, lookup);

        let read = |s: &S| bounded(&faults, || read_group(s.entry(), told, &policies));
        let found = entities.groups.par_iter().map(read).collect();
        self.groups = self.keep(found).into_iter().map(Arc::new).collect();
        merge_duplicates(&mut self.groups, |g| &g.arn, |a, b| group_conflict(a, b), &mut self.problems);
        let groups: FxHashMap<_, _> = self.groups.iter().map(|g| (g.name.clone(), g.clone())).collect();

        let read = |s: &S| bounded(&faults, || read_user(s.entry(), told, &policies, &groups));
        let users = entities.users.par_iter().map(read).collect();
        let users = self.keep(users);
        let read = |s: &S| bounded(&faults, || read_role(s.entry(), told, &policies));
        let roles = entities.roles.par_iter().map(read).collect();
        self.principals = self.keep(roles);
        self.principals.extend(users);
        merge_duplicates(&mut self.principals, |p| &p.arn, principal_conflict, &mut self.problems);

        let (absent, assumptions, problems) = policies.into_absent();
        self.policies.extend(absent);
        self.policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.assumptions = assumptions;
        self.problems.extend(problems);
        if faults.into_inner() > PROBLEMS {
            self.give_up(&file);
        }
        self.add_roots(account, file);
    }

    /// So many faults are no account's; what was read of it is not kept.
    fn give_up(&mut self, file: &Arc<str>) {
        let (account, partition) = (self.account.take(), self.partition.take());
        *self = Self { account, partition, ..Self::default() };
        let found = format!("more than {PROBLEMS} faults");
        self.problems.push(*problem(file, "", found, "users, roles, groups and policies"));
        self.blind("users, roles, groups and policies", file);
    }

    /// The account and partition of the first entity that tells them.
    fn find_account<'a, S: EntrySource + 'a>(&mut self, sources: impl Iterator<Item = &'a S>) {
        for source in sources {
            let entry = source.entry();
            let super::entry::Member::Value(Json::String(text)) = entry.member("Arn") else { continue };
            let Some(arn) = Arn::parse(text) else { continue };
            self.partition.get_or_insert_with(|| arn.partition.into());
            if let Some(id) = arn.account_id() {
                self.account.get_or_insert_with(|| id.into());
                return;
            }
        }
    }

    /// Every account has a root user, which no call lists. A lone file may tell of several accounts.
    fn add_roots(&mut self, account: Arc<str>, file: Arc<str>) {
        let partition = self.partition.clone().unwrap_or_else(|| "aws".into());
        self.accounts = self.principals.iter().map(|p| p.account.clone()).chain([account]).collect();
        for account in &self.accounts {
            self.principals.push(root_user(account, &partition, file.clone()));
        }
        self.principals.sort_by(|a, b| a.arn.cmp(&b.arn));
    }
}

impl<S> Entities<S> {
    fn all(&self) -> impl Iterator<Item = &S> {
        self.policies.iter().chain(&self.groups).chain(&self.users).chain(&self.roles)
    }
}

/// The root user of an account.
pub(super) fn root_user(account: &Arc<str>, partition: &str, file: Arc<str>) -> PrincipalEntity {
    PrincipalEntity {
        arn: format!("arn:{partition}:iam::{account}:root").into(),
        kind: PrincipalEntityKind::Root,
        account: account.clone(),
        name: "root".into(),
        path: "/".into(),
        unique_id: Some(account.clone()),
        tags: Some(Vec::new()),
        session_tags: SessionTags::Own,
        identity: Vec::new().into(),
        boundary: None,
        boundary_arn: None,
        boundary_open: false,
        trust: None,
        inline: Vec::new(),
        attached: Vec::new(),
        groups: Vec::new(),
        max_session_seconds: None,
        instance_profiles: Vec::new(),
        place: Place { file, pointer: "".into() },
    }
}
