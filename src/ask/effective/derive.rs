//! The derivation of the documents: the layers put together.

use super::action_set::ActionSet;
use super::compare::{Compared, Splitters, patterns_of, patterns_of_spots, sets_of_lines};
use super::conditions::{Joined, Test, join};
use super::document::{Line, RowEffect, in_account, lines};
use super::grant::{Grant, merged};
use super::reader::Reader;
use super::spot::Spot;
use crate::ask::caller::CallerEntity;
use crate::ask::estate::Estate;
use crate::ask::piece::flat;
use crate::ask::target::{Place, Target};
use crate::question::{Constraint, Undecided};
use gateproof_encodings::authorize::ROOT_SESSION;
use gateproof_encodings::scope::{Caller, ResourceRule, is_assume_action};
use gateproof_model::pattern::Pattern;
use gateproof_model::policy::{Document, PatternClause};
use gateproof_model::request::PrincipalKind;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was derived.
pub struct Derived<'e> {
    /// What the caller has in its own account by its own policies.
    own: Vec<Grant>,
    /// The places with policies of their own.
    spots: Vec<Spot<'e>>,
    /// The Denies of the caller's side, and of the RCPs of its account.
    denies: Vec<Grant>,
    /// The actions asked about, but for those that are always allowed.
    within: ActionSet,
    accounts: Option<BTreeSet<String>>,
    /// Whether the policies can't be compared with, because some of them are not known.
    pub hopeless: bool,
    /// Actions that no policy can deny.
    pub always: Vec<&'static str>,
    /// Remarks.
    pub notes: Vec<String>,
    /// What could not be told.
    pub undecided: Vec<Undecided>,
}

impl Estate {
    /// Puts the layers together.
    pub(super) fn derive<'e>(
        &'e self,
        caller: &'e CallerEntity,
        within: &ActionSet,
        when: &'e [Constraint],
        accounts: Option<&BTreeSet<String>>,
    ) -> Derived<'e> {
        let mut reader = Reader::of(self, caller, when);
        let (within, always) = self.without_always(caller, within);
        let mut derived = Derived {
            own: Vec::new(),
            spots: Vec::new(),
            denies: Vec::new(),
            within,
            accounts: accounts.cloned(),
            hopeless: false,
            always,
            notes: Vec::new(),
            undecided: Vec::new(),
        };
        derived.read_own(&mut reader);
        derived.read_root_sessions(&mut reader);
        derived.read_resources(&mut reader);
        derived.read_roles(&mut reader);
        derived.finish(&mut reader);
        derived
    }

    /// `sts:GetCallerIdentity` and, for users and root users, `sts:GetSessionToken` need no permission.
    ///
    /// AWS STS API Reference. CONFORMANCE 1.8, 3.4.
    fn without_always(&self, caller: &CallerEntity, within: &ActionSet) -> (ActionSet, Vec<&'static str>) {
        let long_term = matches!(&caller.caller, Caller::Known(p)
            if matches!(p.kind, PrincipalKind::User(_) | PrincipalKind::Root));
        let mut names = vec!["sts:GetCallerIdentity"];
        if long_term {
            names.push("sts:GetSessionToken");
        }
        let free: Vec<_> = names.iter().filter_map(|n| self.catalogue.find_action(n)).collect();
        let asked = free.iter().any(|a| within.contains(*a));
        let left = within.minus(&ActionSet::of(self.catalogue, free));
        (left, if asked { names } else { Vec::new() })
    }
}

impl<'e> Derived<'e> {
    fn in_accounts(&self, account: Option<&str>) -> bool {
        self.accounts.as_ref().is_none_or(|wanted| account.is_some_and(|a| wanted.contains(a)))
    }

    fn own_target(estate: &'e Estate, caller: &CallerEntity) -> Target<'e> {
        estate.target(Place::Other, caller.account.clone(), ResourceRule::Ordinary)
    }

    fn assume(&self, reader: &Reader<'e>) -> ActionSet {
        let catalogue = reader.estate.catalogue;
        let actions = self.within.actions(catalogue).filter(|a| {
            let name = fold_text(a.name());
            is_assume_action(&name) && !(reader.is_root() && name == "sts:assumerole")
        });
        ActionSet::of(catalogue, actions)
    }

    /// The actions that no trust policy governs, and that are about the caller's own account.
    fn ordinary(&self, catalogue: &gateproof_model::catalogue::Catalogue) -> ActionSet {
        let governed = |name: &str| is_assume_action(name) || name == ROOT_SESSION;
        let actions = self.within.actions(catalogue).filter(|a| !governed(&fold_text(a.name())));
        ActionSet::of(catalogue, actions)
    }

    /// Sessions of member accounts' root users, which the caller's own account alone gives.
    fn read_root_sessions(&mut self, reader: &mut Reader<'e>) {
        let estate = reader.estate;
        let opening = self.within.actions(estate.catalogue).filter(|a| fold_text(a.name()) == ROOT_SESSION);
        let opening = ActionSet::of(estate.catalogue, opening);
        let account = reader.caller.account.as_deref().filter(|a| estate.covers(a));
        let Some(account) = account.filter(|_| !opening.is_empty() && !reader.is_root()) else { return };
        for member in estate.snapshot.organization().root_sessions_from(account) {
            if !self.in_accounts(Some(member)) {
                continue;
            }
            let target = estate.target(Place::Other, Some(member.clone()), ResourceRule::Ordinary);
            match reader.own(&reader.case(&target), &opening) {
                Ok(grants) => self.own.extend(in_account(merged(grants), member)),
                Err(_) => self.too_many(&reader.caller.id),
            }
        }
    }

    fn too_many(&mut self, place: &str) {
        let reason = format!("more than {} combinations of statements", super::grant::MOST_GRANTS);
        self.undecided.push(Undecided { reason, place: place.to_owned() });
        self.hopeless = true;
    }

    fn read_own(&mut self, reader: &mut Reader<'e>) {
        let caller = reader.caller;
        let ordinary = self.ordinary(reader.estate.catalogue);
        let Some(account) = caller.account.as_deref().filter(|a| reader.estate.covers(a)) else { return };
        if !self.in_accounts(Some(account)) {
            return;
        }
        let target = Self::own_target(reader.estate, caller);
        let case = reader.case(&target);
        match reader.own(&case, &ordinary) {
            Ok(grants) => self.own = in_account(merged(grants), account),
            Err(_) => self.too_many(&caller.id),
        }
        let here = Test::new("StringEquals", "aws:ResourceAccount", account);
        for mut deny in reader.rcp_denies(&case, account, &ordinary, None) {
            if let Joined::Tests(tests) = join(&deny.tests, std::slice::from_ref(&here)) {
                deny.tests = tests;
                self.denies.push(deny);
            }
        }
        let anywhere = reader.estate.target(Place::Other, None, ResourceRule::Ordinary);
        let case = reader.case(&anywhere);
        let denies = reader.own_denies(&case, &self.within);
        self.denies.extend(denies);
    }

    fn read_resources(&mut self, reader: &mut Reader<'e>) {
        let ordinary = self.ordinary(reader.estate.catalogue);
        for resource in reader.estate.snapshot.resources() {
            if !self.in_accounts(Some(&resource.account)) {
                continue;
            }
            match reader.resource_spot(resource, &ordinary) {
                Ok(spot) => self.spots.extend(spot),
                Err(_) => self.too_many(&resource.arn),
            }
        }
    }

    fn read_roles(&mut self, reader: &mut Reader<'e>) {
        let assume = self.assume(reader);
        if assume.is_empty() {
            return;
        }
        for target in reader.estate.trust_targets(&crate::ask::target::Resources::default()) {
            if !self.in_accounts(target.account.as_deref()) {
                continue;
            }
            let Place::Roles(roles) = &target.place else { continue };
            let Some(trust) = roles.first().and_then(|r| r.trust.as_ref()) else { continue };
            let place = roles.first().map_or_else(String::new, |r| r.arn.to_string());
            match reader.role_spot(&target, trust, &assume) {
                Ok(spot) => self.spots.extend(spot),
                Err(_) => self.too_many(&place),
            }
        }
    }

    fn finish(&mut self, reader: &mut Reader<'e>) {
        let unread = std::mem::take(&mut reader.unread);
        let names: BTreeSet<&str> = unread.iter().map(|name| unread_name(name)).collect();
        for name in names {
            let place = reader.caller.id.to_string();
            self.undecided.push(Undecided { reason: format!("not known: {name}"), place });
            self.hopeless = true;
        }
        for spot in &mut self.spots {
            self.denies.append(&mut spot.denies);
            self.denies.append(&mut spot.closed);
        }
        let everywhere = |g: &Grant| g.tests.is_empty() && g.resources.is_everything();
        let barred: Vec<ActionSet> =
            self.denies.iter().filter(|g| everywhere(g)).map(|g| g.actions.clone()).collect();
        for set in barred {
            self.drop_actions(&set);
            for spot in &mut self.spots {
                if spot.actions.is_within(&set) {
                    spot.unread.clear();
                }
            }
        }
        for spot in &self.spots {
            let names: BTreeSet<&str> = spot.unread.iter().map(|name| unread_name(name)).collect();
            let place = place_of(&spot.target);
            self.undecided.extend(
                names
                    .into_iter()
                    .map(|name| Undecided { reason: format!("not known: {name}"), place: place.clone() }),
            );
        }
        self.denies.retain(|g| !everywhere(g));
        if reader.caller.policies.identity.iter().any(|d| d.statements.iter().any(|s| is_open(&s.action))) {
            self.notes.push(
                "wildcards of the policies also cover action names that the catalogue doesn't know; the documents \
                 are about the catalogue's"
                    .to_owned(),
            );
        }
    }

    /// Leaves actions out of all that is allowed.
    pub fn drop_actions(&mut self, dropped: &ActionSet) {
        let lists = self.spots.iter_mut().flat_map(|s| [&mut s.delegated, &mut s.beyond]);
        for list in std::iter::once(&mut self.own).chain(lists) {
            for grant in list.iter_mut() {
                grant.actions = grant.actions.minus(dropped);
            }
            list.retain(|g| !g.actions.is_empty());
        }
    }

    fn allows(&self) -> impl Iterator<Item = &Grant> {
        self.own.iter().chain(self.spots.iter().flat_map(|s| s.delegated.iter().chain(&s.beyond)))
    }

    /// The actions that something allows.
    pub fn reach(&self) -> ActionSet {
        let nothing = self.within.minus(&self.within);
        self.allows().fold(nothing, |set, g| set.or(&g.actions))
    }

    /// The statements of both documents: what is allowed, beyond that, and the Denies that touch it.
    pub fn lines(&self) -> Vec<Line> {
        let delegated = self.spots.iter().flat_map(|s| &s.delegated);
        let own = merged(self.own.iter().chain(delegated).cloned().collect());
        let beyond = merged(self.spots.iter().flat_map(|s| &s.beyond).cloned().collect());
        let touches = |d: &&Grant| {
            let meets = |g: &Grant| g.actions.meets(&d.actions) && g.resources.may_meet(&d.resources);
            own.iter().chain(&beyond).any(meets)
        };
        let reach = self.reach();
        let denies = self.denies.iter().filter(touches).cloned().map(|mut d| {
            d.actions = d.actions.and(&reach);
            d
        });
        let denies = merged(denies.collect());
        let mut all = lines(own, RowEffect::Allow);
        all.extend(lines(denies, RowEffect::Deny));
        all.extend(lines(beyond, RowEffect::Beyond));
        all
    }

    /// The actions that can be about a place whose policy is not known.
    pub fn unsettled(&self) -> ActionSet {
        if self.hopeless {
            return self.within.clone();
        }
        let unread = self.spots.iter().filter(|s| !s.unread.is_empty());
        unread.fold(self.within.minus(&self.within), |set, s| set.or(&s.actions))
    }

    /// The resources of places that are cases of their own.
    pub fn spot_arns(&self) -> BTreeSet<Arc<str>> {
        let known = |s: &Spot<'e>| match &s.target.place {
            Place::Known(resource) => Some(resource.arn.clone()),
            _ => None,
        };
        self.spots.iter().filter_map(known).collect()
    }

    /// The cases that documents and policies are compared in.
    pub fn cases(&self, estate: &'e Estate, caller: &'e CallerEntity) -> Vec<Compared<'e>> {
        let splitters = self.splitters(estate, caller);
        let mut cases = Vec::new();
        let outside = patterns_of_spots(&self.spots);
        let ordinary = self.ordinary(estate.catalogue);
        let covered = caller.account.as_deref().is_some_and(|a| estate.covers(a));
        if covered && self.in_accounts(caller.account.as_deref()) {
            self.own_cases(estate, caller, &splitters, &ordinary, &outside, &mut cases);
        }
        for spot in self.spots.iter().filter(|s| s.unread.is_empty()) {
            let rcps = spot
                .target
                .account
                .as_deref()
                .map_or(&[][..], |a| estate.snapshot.organization().rcp_levels(a));
            let policy = spot.target.policy(estate).into_iter().map(|p| &p.document);
            let documents = policy.chain(rcps.iter().flatten());
            let blocks = splitters.blocks(&spot.actions, sets_of(estate, documents));
            let inside = Some(patterns_of(&spot.target));
            cases.push(Compared { target: spot.target.clone(), inside, outside: Vec::new(), blocks });
        }
        self.foreign_cases(estate, caller, &splitters, &ordinary, &mut cases);
        self.other_roles(estate, &splitters, &mut cases);
        cases
    }

    /// The caller's own account, but for the places that are cases of their own.
    fn own_cases(
        &self,
        estate: &'e Estate,
        caller: &'e CallerEntity,
        splitters: &Splitters,
        ordinary: &ActionSet,
        outside: &[Pattern],
        cases: &mut Vec<Compared<'e>>,
    ) {
        let target = Self::own_target(estate, caller);
        let kms = ActionSet::of(estate.catalogue, estate.catalogue.service_actions("kms"));
        let keys = flat("arn:*:kms:*:*:key/*");
        let owner = caller.account.as_deref().unwrap_or_default();
        let rcps = estate.snapshot.organization().rcp_levels(owner);
        let of_case = || sets_of(estate, rcps.iter().flatten());
        let case = |whole: &ActionSet, inside, outside, rule| Compared {
            target: estate.target(Place::Other, target.account.clone(), rule),
            inside,
            outside,
            blocks: splitters.blocks(whole, of_case()),
        };
        let (rest, kms) = (ordinary.minus(&kms), ordinary.and(&kms));
        cases.push(case(&rest, None, outside.to_vec(), ResourceRule::Ordinary));
        let beside_keys = outside.iter().cloned().chain([keys]).collect();
        cases.push(case(&kms, None, beside_keys, ResourceRule::Ordinary));
        let account = caller.account.as_deref().unwrap_or_default();
        let own_keys = flat(&format!("arn:{}:kms:*:{account}:key/*", caller.partition));
        cases.push(case(&kms, Some(vec![own_keys]), outside.to_vec(), ResourceRule::Key));
    }

    /// Known resources of other accounts whose policies don't name the caller: nothing is allowed there.
    fn foreign_cases(
        &self,
        estate: &'e Estate,
        caller: &'e CallerEntity,
        splitters: &Splitters,
        ordinary: &ActionSet,
        cases: &mut Vec<Compared<'e>>,
    ) {
        let spots = self.spot_arns();
        let mut by_account: BTreeMap<Arc<str>, Vec<Pattern>> = BTreeMap::new();
        for resource in estate.snapshot.resources() {
            let foreign = caller.account.as_ref() != Some(&resource.account);
            if foreign && !spots.contains(&resource.arn) && self.in_accounts(Some(&resource.account)) {
                let patterns = crate::ask::piece::family(&resource.arn);
                by_account.entry(resource.account.clone()).or_default().extend(patterns);
            }
        }
        for (account, inside) in by_account {
            let target = estate.target(Place::Other, Some(account), ResourceRule::Ordinary);
            let blocks = splitters.blocks(ordinary, Vec::new());
            cases.push(Compared { target, inside: Some(inside), outside: Vec::new(), blocks });
        }
    }

    /// Roles whose trust policies don't let the caller in.
    fn other_roles(&self, estate: &'e Estate, splitters: &Splitters, cases: &mut Vec<Compared<'e>>) {
        let assume = self.within.minus(&self.ordinary(estate.catalogue));
        if assume.is_empty() {
            return;
        }
        let mut let_in: BTreeSet<Arc<str>> = BTreeSet::new();
        for spot in &self.spots {
            if let Place::Roles(roles) = &spot.target.place {
                let_in.extend(roles.iter().map(|r| r.arn.clone()));
            }
        }
        for target in estate.trust_targets(&crate::ask::target::Resources::default()) {
            let Place::Roles(roles) = &target.place else { continue };
            let known = roles.first().is_some_and(|r| let_in.contains(&r.arn));
            if known || !self.in_accounts(target.account.as_deref()) {
                continue;
            }
            let blocks = splitters.blocks(&assume, Vec::new());
            let inside = Some(patterns_of(&target));
            cases.push(Compared { target, inside, outside: Vec::new(), blocks });
        }
    }

    fn splitters(&self, estate: &'e Estate, caller: &'e CallerEntity) -> Splitters {
        let catalogue = estate.catalogue;
        let policies = &caller.policies;
        let documents = policies.identity.iter().chain(policies.boundary.iter().flatten());
        let mut everywhere = sets_of(estate, documents.chain(policies.scps.iter().flatten()));
        everywhere.extend(sets_of_lines(&self.lines()));
        let rcp = catalogue.actions().filter(|a| catalogue.rcp_supported(a.service()));
        everywhere.push(ActionSet::of(catalogue, rcp));
        everywhere.push(ActionSet::of(catalogue, catalogue.service_actions("s3")));
        // Actions with rules of their own: keys and their grants, roles, and what belongs to AWS.
        for service in ["kms", "iam", "sts"] {
            for action in catalogue.service_actions(service).filter(|a| self.within.contains(*a)) {
                everywhere.push(ActionSet::of(catalogue, [action]));
            }
        }
        Splitters { everywhere }
    }
}

/// The sets of actions of all statements of some documents, each once.
fn sets_of<'d>(estate: &Estate, documents: impl Iterator<Item = &'d Arc<Document>>) -> Vec<ActionSet> {
    let mut seen: FxHashMap<usize, ()> = FxHashMap::default();
    let mut sets = BTreeSet::new();
    for document in documents {
        if seen.insert(Arc::as_ptr(document) as usize, ()).is_some() {
            continue;
        }
        for statement in &document.statements {
            sets.insert(ActionSet::of_clause(estate.catalogue, &statement.action));
        }
    }
    sets.into_iter().collect()
}

/// An assumption about a document, without what it assumes of it.
fn unread_name(name: &str) -> &str {
    name.strip_suffix(" allows").or_else(|| name.strip_suffix(" denies")).unwrap_or(name)
}

fn place_of(target: &Target<'_>) -> String {
    match &target.place {
        Place::Known(resource) => resource.arn.to_string(),
        Place::Roles(roles) => roles.first().map_or_else(String::new, |r| r.arn.to_string()),
        Place::Principal(_) | Place::Star | Place::Other => String::new(),
    }
}

/// Whether an element may fit names that no catalogue lists.
fn is_open(clause: &PatternClause) -> bool {
    clause.negated || clause.patterns.iter().any(|p| p.text.contains(['*', '?']))
}
