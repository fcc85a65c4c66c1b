//! Names for principals of the attacker's making, by sorts: names of one sort are told apart by no policy that may have a say in
//! what the new principal does.
//!
//! What a new user or role is called matters in three ways, and in no other.
//!
//! - **Who calls.** What looks at its name are control policies, endpoint and resource policies, trust policies, its boundary, and its
//!   own policies, where they are not of the attacker's wording and allow everything. They compare `aws:PrincipalArn` and
//!   `aws:username` with patterns, and name principals. Two names that the same ones of these texts match
//!   are of one sort, and whoever has them can do the same. So one principal is made of each sort ([`super::naming`]); that the
//!   maker can give no name of another sort is a formula like any other, and proved.
//! - **Who may make it.** That is part of that formula.
//! - **What others can do with it** once it is there ([`super::unnamed`]).
//!
//! `aws:userid` is an id that AWS chooses: it is open for every new principal. A text that holds the caller's name itself
//! (`${aws:username}`) makes as many sorts as there are names; then nothing is claimed ([`Kind::told`]).

use super::fact::Fact;
use super::unnamed::{of_one, principal_of};
use crate::ask::Unlike;
use crate::question::constraint::Demand;
use gateproof_encodings::language::matches;
use gateproof_model::arn::Arn;
use gateproof_model::operator::Comparison;
use gateproof_model::pattern::{Pattern, PatternText, Token};
use gateproof_model::policy::{Document, Operand, PrincipalEntry, Statement};
use gateproof_model::snapshot::Snapshot;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ARN: &str = "aws:principalarn";
const USER: &str = "aws:username";

/// The names of one character and of three, neither of which any policy writes: what matches both matches any name.
const NAMES: [&str; 2] = ["\u{10FFFD}", "\u{10FFFD}\u{10FFFD}\u{10FFFD}"];

/// New principals of one account that are all users or all roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// What their ARNs begin with, up to the path.
    pub base: Arc<str>,
    /// What tells names apart.
    tests: BTreeSet<Pattern>,
    /// What makes too many sorts, where something does.
    pub told: Option<String>,
    /// Those that were made.
    made: Vec<Made>,
}

/// One that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    arn: Arc<str>,
    /// What there is about it.
    facts: BTreeSet<Fact>,
}

/// The kinds of principal that were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sorts(BTreeMap<Arc<str>, Kind>);

impl Sorts {
    /// Those of a set of facts; `after` is the snapshot as the facts leave it.
    pub fn of(snapshot: &Snapshot, after: &Snapshot, facts: &BTreeSet<Fact>) -> Self {
        let made = facts.iter().filter_map(Fact::made);
        let mut kinds: BTreeMap<Arc<str>, Kind> = BTreeMap::new();
        for arn in made {
            let Some(base) = base_of(arn) else { continue };
            let kind = kinds.entry(base.clone()).or_insert_with(|| Kind::new(base));
            kind.made.push(Made::of(arn, facts));
        }
        for kind in kinds.values_mut() {
            kind.read(snapshot, after);
        }
        Self(kinds)
    }

    /// With what was added since. What else the policies of new ones may tell apart is read in the next round.
    pub fn with(&self, added: &BTreeSet<Fact>) -> Self {
        let mut sorts = self.clone();
        let kinds = &mut sorts.0;
        for arn in added.iter().filter_map(Fact::made) {
            if let Some(kind) = base_of(arn).and_then(|base| kinds.get_mut(&base)) {
                kind.made.push(Made { arn: arn.clone(), facts: BTreeSet::new() });
            }
        }
        for fact in added {
            let Some(arn) = principal_of(fact) else { continue };
            let kind = base_of(arn).and_then(|base| kinds.get_mut(&base));
            if let Some(made) = kind.and_then(|kind| kind.made.iter_mut().find(|made| made.arn == *arn)) {
                made.facts.insert(fact.clone());
            }
        }
        sorts
    }

    /// The kind of a new principal, by its ARN or the glob that it fits.
    pub fn kind_of(&self, arn: &str) -> Option<&Kind> {
        self.0.get(&*base_of(arn)?)
    }

    /// All kinds.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.0.values()
    }

    /// Whether all that tells names apart here did so in an earlier state.
    pub fn are_within(&self, earlier: &Self) -> bool {
        let known = |kind: &Kind| earlier.0.get(&kind.base).is_some_and(|e| kind.tests.is_subset(&e.tests));
        self.0.values().all(known)
    }
}

impl Made {
    fn of(arn: &Arc<str>, facts: &BTreeSet<Fact>) -> Self {
        let about = facts.iter().filter(|fact| principal_of(fact) == Some(arn));
        Self { arn: arn.clone(), facts: about.cloned().collect() }
    }

    /// Whether it is allowed everything, and bound by nothing.
    fn is_free(&self) -> bool {
        let arn = || self.arn.clone();
        [Fact::Unbounded(arn()), Fact::WritesIdentity(arn())].iter().all(|fact| self.facts.contains(fact))
    }

    /// Whether it has what a step gives one of whatever name, but for being made.
    fn has(&self, given: &[Fact]) -> bool {
        let mut same =
            given.iter().filter(|f| principal_of(f).is_some()).filter_map(|f| of_one(f, &self.arn));
        same.all(|fact| self.facts.contains(&fact))
    }
}

impl Kind {
    fn new(base: Arc<str>) -> Self {
        Self { base, tests: BTreeSet::new(), told: None, made: Vec::new() }
    }

    /// Those beside which a principal of whom a step gives these facts is needless, if its name is of their sort. `named`:
    /// conditions name boundaries, and it matters which one it is.
    pub fn as_good_as(&self, given: &[Fact], named: bool) -> Vec<Arc<str>> {
        let good = |made: &&Made| made.is_free() && !named || made.has(given);
        self.made.iter().filter(good).map(|made| made.arn.clone()).collect()
    }

    /// Names of a sort that none of these has; `None` where there is one sort only.
    pub fn unlike(&self, names: &[Arc<str>]) -> Option<Unlike> {
        let tests = self.tests.iter().cloned().collect();
        (!self.tests.is_empty()).then(|| Unlike { tests, names: names.to_vec() })
    }

    /// What boundary all of them have at all times; `None`: not always the same, or none is known. It changes only where what
    /// is told of one of them does, so that whatever depends on it is asked about anew.
    pub fn boundary(&self) -> Option<Demand> {
        let facts = self.made.iter().flat_map(|made| &made.facts);
        let each = facts.flat_map(|fact| match fact {
            Fact::Unbounded(_) => vec![None],
            Fact::Bounded { policies, .. } => policies.iter().map(Some).collect(),
            _ => Vec::new(),
        });
        let each: BTreeSet<Option<&Arc<str>>> = each.collect();
        match (each.first()?, each.len()) {
            (Some(policy), 1) => Some(Demand::Equals(policy.to_string())),
            (None, 1) => Some(Demand::Absent),
            _ => None,
        }
    }

    /// Whether two names are of one sort.
    pub fn alike(&self, one: &str, other: &str) -> bool {
        let sees = |test: &Pattern, fold| matches(test, one, fold) == matches(test, other, fold);
        self.tests.iter().all(|test| sees(test, false) && sees(test, true))
    }

    fn read(&mut self, snapshot: &Snapshot, after: &Snapshot) {
        let members = after.organization().members.values();
        let controls = members.flat_map(|m| m.scps.iter().chain(&m.rcps)).flatten();
        let endpoints = after.endpoints().iter().filter_map(|e| e.policy.as_ref());
        let resources = after.resources().iter().filter_map(|r| r.policy.as_ref());
        let trusts = after.principals().iter().filter_map(|p| p.trust.as_ref());
        let made = self.made.iter().filter_map(|made| after.principal(&made.arn));
        let own: Vec<&Arc<Document>> =
            made.flat_map(|p| p.identity.iter().chain(p.boundary.iter().flatten())).collect();
        let mut read: FxHashSet<*const Document> = FxHashSet::default();
        for document in controls.chain(endpoints).chain(resources).chain(trusts).chain(own) {
            if read.insert(Arc::as_ptr(document)) {
                for statement in &document.statements {
                    if let Some(told) = self.told_by(snapshot, statement) {
                        self.told.get_or_insert(format!("{told}, in {}", document.source.policy));
                    }
                }
            }
        }
        // Grants name their grantees.
        let grantees = after.resources().iter().flat_map(|r| &r.grants).map(|grant| grant.grantee.clone());
        grantees.for_each(|grantee| self.note_named(snapshot, &grantee));
    }

    /// Notes what a statement says of some names only; what it says of each, if it does.
    fn told_by(&mut self, snapshot: &Snapshot, statement: &Statement) -> Option<String> {
        for entry in statement.principal.iter().flat_map(|p| &p.entries) {
            if let PrincipalEntry::Arn(arn) = entry {
                self.note_named(snapshot, arn);
            }
        }
        let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
        let mut told = resources.filter(|text| self.holds_name(text)).map(|t| t.text.to_string()).next();
        for condition in statement.conditions.iter().filter(|c| c.operator.comparison != Comparison::Null) {
            for operand in &condition.operands {
                let say = || format!("{} {}", condition.key, text_of(operand));
                let too_many = match operand {
                    Operand::Text(text) if self.holds_name(text) => true,
                    Operand::Text(text) if *condition.key == *ARN => !self.note_arn(snapshot, text),
                    Operand::Text(text) if *condition.key == *USER => !self.note_user(text),
                    Operand::Text(_) => false,
                    _ => *condition.key == *ARN || self.is_of_users() && *condition.key == *USER,
                };
                if too_many {
                    told.get_or_insert_with(say);
                }
            }
        }
        told
    }

    /// A principal that a policy names, which is no known one, may be a new one; a session may be one of a new role.
    fn note_named(&mut self, snapshot: &Snapshot, arn: &str) {
        if arn.starts_with(&*self.base) {
            if snapshot.principal(arn).is_none() {
                self.tests.insert(literal(arn));
            }
            return;
        }
        let session = Arn::parse(arn).and_then(|parsed| {
            let (name, _) = parsed.resource.strip_prefix("assumed-role/")?.split_once('/')?;
            Some((parsed.account.to_owned(), name.to_owned()))
        });
        let own = Arn::parse(&self.base).map(|base| base.account.to_owned());
        if let Some((account, name)) = session
            && Some(account) == own
            && !self.is_of_users()
        {
            self.tests.insert(self.of_name(&name));
        }
    }

    /// Notes what is compared with ARNs of callers; whether that makes a few sorts only.
    fn note_arn(&mut self, snapshot: &Snapshot, text: &PatternText) -> bool {
        // A known principal's name is nobody else's.
        if snapshot.principal(&text.text).is_some() || !self.may_match(text) {
            return true;
        }
        let Some(pattern) = text.ground() else { return false };
        if !NAMES.iter().all(|name| matches(&pattern, &format!("{}{name}", self.base), false)) {
            self.tests.insert(pattern);
        }
        true
    }

    /// The same of users' names. A pattern with wildcards says something of names and ARNs alike only where no path comes
    /// between.
    fn note_user(&mut self, text: &PatternText) -> bool {
        if !self.is_of_users() {
            return true;
        }
        let Some(pattern) = text.ground() else { return false };
        let plain = |token: &Token| if let Token::Char(c) = token { Some(*c) } else { None };
        if let Some(name) = pattern.iter().map(plain).collect::<Option<String>>() {
            self.tests.insert(self.of_name(&name));
            return true;
        }
        NAMES.iter().all(|name| matches(&pattern, name, false))
    }

    /// The ARNs of whoever has a name, on whatever path.
    fn of_name(&self, name: &str) -> Pattern {
        let kind = self.base.strip_suffix('/').unwrap_or(&self.base);
        let before = kind.chars().map(Token::Char).chain([Token::AnyRun]);
        before.chain(format!("/{name}").chars().map(Token::Char)).collect::<Vec<Token>>().into()
    }

    /// Whether the pattern may match ARNs that begin so.
    fn may_match(&self, text: &PatternText) -> bool {
        let (head, base) = (text.literal_head().to_lowercase(), self.base.to_lowercase());
        head.starts_with(&base) || base.starts_with(&head)
    }

    /// Whether the text holds the caller's name. Roles' sessions have no user's name.
    fn holds_name(&self, text: &PatternText) -> bool {
        text.variables().any(|v| *v.key == *ARN || self.is_of_users() && *v.key == *USER)
    }

    fn is_of_users(&self) -> bool {
        self.base.ends_with(":user/")
    }
}

/// What the ARNs of such principals begin with: `arn:aws:iam::ACCOUNT:role/`.
fn base_of(arn: &str) -> Option<Arc<str>> {
    let parsed = Arn::parse(arn)?;
    let (kind, _) = parsed.resource.split_once('/')?;
    let before = arn.strip_suffix(parsed.resource)?;
    Some(format!("{before}{kind}/").into())
}

fn literal(text: &str) -> Pattern {
    text.chars().map(Token::Char).collect::<Vec<Token>>().into()
}

fn text_of(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => text.text.to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_since_counts_as_what_was_there() {
        let role = |name: &str| Arc::<str>::from(format!("arn:aws:iam::111122223333:role/{name}"));
        let facts = BTreeSet::from([Fact::NewPrincipal(role("example"))]);
        let sorts = Sorts::of(&Snapshot::default(), &Snapshot::default(), &facts);
        let given = [Fact::WritesIdentity(role("*"))];
        let as_good = |sorts: &Sorts| sorts.kind_of(&role("*")).map(|kind| kind.as_good_as(&given, true));
        assert_eq!(as_good(&sorts), Some(Vec::new()));
        let added = BTreeSet::from([Fact::WritesIdentity(role("example"))]);
        assert_eq!(as_good(&sorts.with(&added)), Some(vec![role("example")]));
        let added = BTreeSet::from([Fact::NewPrincipal(role("other")), Fact::WritesIdentity(role("other"))]);
        assert_eq!(as_good(&sorts.with(&added)), Some(vec![role("other")]));
    }
}
