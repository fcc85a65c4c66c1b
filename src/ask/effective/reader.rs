//! Statements read as grants, as they stand for one caller and one resource case: what caller and case fix is
//! put in, so that a condition on it is either gone or rules the statement out.

use super::action_set::ActionSet;
use super::conditions::{Joined, Test, join};
use super::glob::{Glob, parse_glob, pieces_of};
use super::grant::{Grant, Origin, Resources, TooMany, merged, product};
use crate::ask::caller::CallerEntity;
use crate::ask::estate::Estate;
use crate::ask::facts::Facts;
use crate::ask::target::Target;
use crate::question::Constraint;
use gateproof_encodings::compiled::{Body, CompiledCondition};
use gateproof_encodings::encoder::Encoder;
use gateproof_encodings::scope::{Caller, KeyFact, KeyFacts, RcpSupport, Scope};
use gateproof_encodings::term::Terms;
use gateproof_model::account::is_service_linked_role;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::{PatternText, Piece, Token};
use gateproof_model::policy::{Document, Effect, PatternClause, Statement};
use gateproof_model::request::{ContextValue, PrincipalKind};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads the statements that concern one caller.
pub struct Reader<'e> {
    /// All that is asked about.
    pub estate: &'e Estate,
    /// The caller.
    pub caller: &'e CallerEntity,
    /// The question's constraints.
    pub when: &'e [Constraint],
    /// What could not be read as a policy says it: documents that are not known, values of the wrong type.
    pub unread: BTreeSet<String>,
    /// By the address of an `Action` element, which the snapshot keeps alive.
    sets: FxHashMap<usize, ActionSet>,
    by_service: BTreeMap<&'e str, ActionSet>,
    terms: Terms,
}

/// One resource case, with what is known in it.
pub struct Case<'e> {
    /// What is known of the keys.
    pub facts: Facts<'e>,
    /// The request.
    pub scope: Scope,
}

/// How a statement of a resource's policy concerns the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// As itself or as everyone.
    Direct,
    /// By its role.
    Role,
    /// By its account.
    Account,
}

impl<'e> Reader<'e> {
    /// A reader of one caller's statements.
    pub fn of(estate: &'e Estate, caller: &'e CallerEntity, when: &'e [Constraint]) -> Self {
        let (sets, by_service) = (FxHashMap::default(), BTreeMap::new());
        Self { estate, caller, when, unread: BTreeSet::new(), sets, by_service, terms: Terms::default() }
    }

    /// The actions that can be about resources of a service.
    pub fn about(&mut self, service: &'e str) -> ActionSet {
        let catalogue = self.estate.catalogue;
        let find = || {
            let about = |a: &ActionInfo<'_>| a.resource_types().any(|r| r.resource_type.service() == service);
            ActionSet::of(catalogue, catalogue.actions().filter(about))
        };
        self.by_service.entry(service).or_insert_with(find).clone()
    }

    /// A resource case.
    pub fn case<'c>(&self, target: &'c Target<'e>) -> Case<'c>
    where
        'e: 'c,
    {
        let facts = Facts::under(self.estate, self.caller, None, target, self.when, false);
        let scope = Scope {
            action_beginning: None,
            among: None,
            caller: self.caller.caller.clone(),
            action: None,
            action_id: None,
            resource: None,
            resource_beginning: None,
            resource_account: target.account.clone(),
            rule: target.rule,
            rcp_support: RcpSupport::Yes,
        };
        Case { facts, scope }
    }

    /// The actions of an element.
    pub fn actions_of(&mut self, clause: &PatternClause) -> ActionSet {
        let address = std::ptr::from_ref(clause) as usize;
        let catalogue = self.estate.catalogue;
        self.sets.entry(address).or_insert_with(|| ActionSet::of_clause(catalogue, clause)).clone()
    }

    fn encoder<'t>(&'t mut self, case: &'t Case<'_>) -> Encoder<'t> {
        Encoder {
            terms: &mut self.terms,
            compiler: &self.estate.compiler,
            scope: &case.scope,
            keys: &case.facts,
            rules: self.estate.rules,
            open_variables: BTreeSet::new(),
        }
    }

    /// Whether a condition holds whatever the request, or never; `None`: that depends.
    fn settled(&mut self, case: &Case<'_>, condition: &CompiledCondition) -> Option<bool> {
        let term = self.encoder(case).conditions(std::slice::from_ref(condition));
        match term {
            Terms::TRUE => Some(true),
            Terms::FALSE => Some(false),
            _ => None,
        }
    }

    /// A statement as a grant, whoever it names; `None` where it never applies.
    fn grant(
        &mut self,
        case: &Case<'_>,
        document: &Document,
        statement: &Statement,
        compiled: &Body,
        layer: &str,
        within: &ActionSet,
    ) -> Option<Grant> {
        let actions = self.actions_of(&statement.action).and(within);
        if actions.is_empty() {
            return None;
        }
        if let Some(name) = &statement.assumption {
            self.unread.insert(name.to_string());
            return None;
        }
        let resources = match &statement.resource {
            Some(clause) => resources_of(case, clause)?,
            None => Resources::of(vec![parse_glob("*")]),
        };
        let mut tests = Vec::new();
        for (condition, prepared) in statement.conditions.iter().zip(&compiled.conditions) {
            match self.settled(case, prepared) {
                Some(true) => continue,
                Some(false) => return None,
                None => self.unread.extend(prepared.unparsable.iter().map(|n| n.to_string())),
            }
            let test = Test::of(condition, &self.spelled(&condition.key, &condition.key_text));
            tests = match join(&tests, &[test]) {
                Joined::Tests(tests) | Joined::Weaker(tests) => tests,
                Joined::Never => return None,
            };
        }
        let origin = Origin {
            layer: layer.to_owned(),
            policy: document.source.policy.to_string(),
            statement: statement.label().to_owned(),
        };
        Some(Grant { actions, resources, tests, origins: BTreeSet::from([origin]), matters: None })
    }

    fn spelled(&self, key: &str, written: &str) -> String {
        let known = self.estate.catalogue.key_name(key).filter(|n| n.eq_ignore_ascii_case(key));
        known.unwrap_or(written).to_owned()
    }

    /// The statements of documents that name nobody.
    pub fn own_side(
        &mut self,
        case: &Case<'_>,
        documents: &[Arc<Document>],
        effect: Effect,
        layer: &str,
        within: &ActionSet,
    ) -> Vec<Grant> {
        let mut grants = Vec::new();
        for document in documents {
            let compiled = self.estate.compiler.compile(document);
            for (n, statement) in document.statements.iter().enumerate() {
                let Some(prepared) = compiled.body(n, &self.estate.compiler.languages) else { continue };
                if statement.effect == effect {
                    grants.extend(self.grant(case, document, statement, prepared, layer, within));
                }
            }
        }
        merged(grants)
    }

    /// The Allow statements of a resource's policy that name the caller.
    pub fn named(
        &mut self,
        case: &Case<'_>,
        document: &Arc<Document>,
        layer: &str,
        within: &ActionSet,
    ) -> Vec<(Naming, Grant)> {
        let compiled = self.estate.compiler.compile(document);
        let mut found = Vec::new();
        for (n, statement) in document.statements.iter().enumerate() {
            let Some(prepared) = compiled.body(n, &self.estate.compiler.languages) else { continue };
            let Some(clause) = statement.principal.as_ref().filter(|_| statement.effect == Effect::Allow)
            else {
                continue;
            };
            let named = self.encoder(case).named(clause, document, statement);
            let ways = [
                (named.directly.0, Naming::Direct),
                (named.by_role.0, Naming::Role),
                (named.by_account.0, Naming::Account),
            ];
            for (_, naming) in ways.into_iter().filter(|(term, _)| *term == Terms::TRUE) {
                let grant = self.grant(case, document, statement, prepared, layer, within);
                found.extend(grant.map(|g| (naming, g)));
            }
        }
        found
    }

    /// The Deny statements of policies on the resource's side that hit the caller.
    pub fn hits(
        &mut self,
        case: &Case<'_>,
        documents: &[Arc<Document>],
        layer: &str,
        within: &ActionSet,
    ) -> Vec<Grant> {
        let bounded = self.caller.policies.boundary.is_some();
        let mut grants = Vec::new();
        for document in documents {
            let compiled = self.estate.compiler.compile(document);
            for (n, statement) in document.statements.iter().enumerate() {
                let Some(prepared) = compiled.body(n, &self.estate.compiler.languages) else { continue };
                let Some(clause) = statement.principal.as_ref().filter(|_| statement.effect == Effect::Deny)
                else {
                    continue;
                };
                if self.encoder(case).hit(clause, document, statement, bounded) == Terms::TRUE {
                    grants.extend(self.grant(case, document, statement, prepared, layer, within));
                }
            }
        }
        grants
    }

    /// What the caller's own side allows in a case: identity policies within boundary and SCPs.
    pub fn own(&mut self, case: &Case<'_>, within: &ActionSet) -> Result<Vec<Grant>, TooMany> {
        let policies = &self.caller.policies;
        let grants = if self.has_no_identity_side() {
            return Ok(Vec::new());
        } else if self.is_root() {
            let origin =
                Origin { layer: "root user".to_owned(), policy: String::new(), statement: String::new() };
            let resources = Resources::of(vec![parse_glob("*")]);
            let origins = BTreeSet::from([origin]);
            vec![Grant { actions: within.clone(), resources, tests: Vec::new(), origins, matters: None }]
        } else {
            self.own_side(case, &policies.identity, Effect::Allow, "identity", within)
        };
        let capped = self.capped(case, grants, within)?;
        self.within_scps(case, capped, within)
    }

    /// What the permissions boundary leaves of some grants.
    pub fn capped(
        &mut self,
        case: &Case<'_>,
        grants: Vec<Grant>,
        within: &ActionSet,
    ) -> Result<Vec<Grant>, TooMany> {
        let caller = self.caller;
        match &caller.policies.boundary {
            Some(documents) if !self.is_root() => self.limited(case, grants, documents, "boundary", within),
            _ => Ok(grants),
        }
    }

    /// What the levels of SCPs leave of some grants.
    pub fn within_scps(
        &mut self,
        case: &Case<'_>,
        mut grants: Vec<Grant>,
        within: &ActionSet,
    ) -> Result<Vec<Grant>, TooMany> {
        let caller = self.caller;
        if self.scps_bind() {
            for (level, documents) in caller.policies.scps.iter().enumerate() {
                grants = self.limited(case, grants, documents, &format!("SCP level {level}"), within)?;
            }
        }
        Ok(grants)
    }

    fn limited(
        &mut self,
        case: &Case<'_>,
        grants: Vec<Grant>,
        documents: &[Arc<Document>],
        layer: &str,
        within: &ActionSet,
    ) -> Result<Vec<Grant>, TooMany> {
        let limits = self.own_side(case, documents, Effect::Allow, layer, within);
        let full =
            |g: &Grant| g.tests.is_empty() && g.resources.is_everything() && within.is_within(&g.actions);
        if limits.iter().any(full) { Ok(grants) } else { product(&grants, &limits) }
    }

    /// The Denies of the caller's own side.
    pub fn own_denies(&mut self, case: &Case<'_>, within: &ActionSet) -> Vec<Grant> {
        let caller = self.caller;
        let mut denies = Vec::new();
        if !self.has_no_identity_side() && !self.is_root() {
            denies.extend(self.own_side(case, &caller.policies.identity, Effect::Deny, "identity", within));
            if let Some(documents) = &caller.policies.boundary {
                denies.extend(self.own_side(case, documents, Effect::Deny, "boundary", within));
            }
        }
        if self.scps_bind() {
            for (level, documents) in caller.policies.scps.iter().enumerate() {
                let layer = format!("SCP level {level}");
                denies.extend(self.own_side(case, documents, Effect::Deny, &layer, within));
            }
        }
        denies
    }

    /// The principal, where it is told.
    fn kind(&self) -> Option<&PrincipalKind> {
        match &self.caller.caller {
            Caller::Known(p) => Some(&p.kind),
            Caller::RoleSession { .. } | Caller::Outsider { .. } => None,
        }
    }

    /// Whether the caller is a root user.
    pub fn is_root(&self) -> bool {
        self.kind() == Some(&PrincipalKind::Root)
    }

    /// Services, token holders, unsigned callers.
    pub fn has_no_identity_side(&self) -> bool {
        let kind = self.kind();
        kind.is_some_and(|k| {
            matches!(k, PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous)
        })
    }

    /// Whether SCPs and RCPs leave the caller alone.
    pub fn is_service_linked(&self) -> bool {
        matches!(&self.caller.caller, Caller::RoleSession { role, .. } if is_service_linked_role(role))
    }

    fn scps_bind(&self) -> bool {
        !self.has_no_identity_side()
            && !self.is_service_linked()
            && !matches!(self.caller.caller, Caller::Outsider { .. })
    }
}

/// The resources of an element, known variables replaced. A pattern with a variable that has no value matches
/// nothing, and makes a `NotResource` apply to nothing. CONFORMANCE 2.3, 2.6.
fn resources_of(case: &Case<'_>, clause: &PatternClause) -> Option<Resources> {
    let mut globs = Vec::new();
    for pattern in &clause.patterns {
        match substituted(case, pattern) {
            Some(glob) => globs.push(glob),
            None if clause.negated => return None,
            None => {}
        }
    }
    let resources = Resources { negated: clause.negated, ..Resources::of(globs) };
    (resources.negated || !resources.globs.is_empty()).then_some(resources)
}

fn substituted(case: &Case<'_>, pattern: &PatternText) -> Option<Glob> {
    let mut glob = Vec::with_capacity(pattern.text.len());
    for piece in pieces_of(pattern) {
        let Piece::Variable(variable) = &piece else {
            glob.push(piece);
            continue;
        };
        let value = match case.facts.fact(&variable.key) {
            KeyFact::Open { multivalued: false } => {
                glob.push(piece);
                continue;
            }
            KeyFact::Fixed(ContextValue::Single(value)) => Some(value),
            KeyFact::Fixed(ContextValue::List(_)) | KeyFact::Open { .. } | KeyFact::Absent => None,
        };
        let text = value.or_else(|| variable.default.as_deref().map(str::to_owned))?;
        glob.extend(text.chars().map(|c| Piece::Token(Token::Char(c))));
    }
    Some(glob)
}
