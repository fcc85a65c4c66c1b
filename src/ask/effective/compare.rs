//! Whether the derived documents allow what the real policies allow, and nothing else.
//!
//! Two formulas a block of actions and resource case: *the documents allow a request that the policies refuse*, and
//! the reverse. Both are decided by the engine; refuted, each with a proof that the checker accepted, documents
//! and policies agree. Actions are one block where no statement tells them apart. A block that isn't refuted at
//! once is looked at action by action, for requests that AWS could receive ([`super::apart`]).

use super::action_set::{ActionSet, partition};
use super::document::Line;
use super::spot::Spot;
use crate::ask::axioms::axioms;
use crate::ask::caller::CallerEntity;
use crate::ask::effort::Effort;
use crate::ask::estate::Estate;
use crate::ask::facts::Facts;
use crate::ask::piece::{constraints, family};
use crate::ask::target::{Place, Target};
use crate::engine::{Answer, solve};
use crate::question::Constraint;
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::layers::{Documents, Layers, compile_documents};
use gateproof_encodings::scope::{Caller, ResourceRule, Scope};
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::policy::Document;
use gateproof_model::request::{Principal, PrincipalKind};
use gateproof_model::text::fold_text;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which of the two allows more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Differs {
    /// The documents allow a request that the policies refuse.
    Wider,
    /// The policies allow a request that the documents refuse.
    Narrower,
}

/// The documents, beside the policies that they were derived from.
pub struct Comparison<'e> {
    /// All that is asked about.
    pub estate: &'e Estate,
    /// The caller.
    pub caller: &'e CallerEntity,
    /// The question's constraints.
    pub when: &'e [Constraint],
    /// The documents, as the only identity policies.
    pub documents: Vec<Arc<Document>>,
    /// The same, prepared.
    compiled: Documents,
    /// What the question may cost.
    pub effort: &'e Effort,
    /// Who has them: the caller, or a user in its place where it could have no identity policies.
    pub holder: Caller,
    /// The account of the holder.
    pub account: Arc<str>,
}

/// A resource case with the blocks of actions that it is compared for.
pub struct Compared<'e> {
    /// The case.
    pub target: Target<'e>,
    /// The resources; all where `None`.
    pub inside: Option<Vec<Pattern>>,
    /// Resources that belong to other cases.
    pub outside: Vec<Pattern>,
    /// The blocks of actions.
    pub blocks: Vec<ActionSet>,
}

/// The formulas of a comparison. Documents and policies agree exactly if every one that was asked is refuted or
/// taken apart, and every part is refuted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proofs {
    /// Formulas asked: two a block of actions and case, one each way.
    pub asked: usize,
    /// How many were refuted, with proofs that the checker accepted.
    pub refuted: usize,
    /// How many of them were false as they stood.
    pub folded: usize,
    /// How many were not, and were taken apart action by action.
    pub taken_apart: usize,
    /// Comparisons of single actions that this made.
    pub parts: usize,
    /// How many of these were refuted likewise, for requests that AWS could receive.
    pub parts_refuted: usize,
}

/// What was proved, and what is left to look at.
#[derive(Default)]
pub struct Outcome<'e> {
    /// The formulas.
    pub proofs: Proofs,
    /// Blocks for which one direction is open.
    pub open: Vec<(Target<'e>, ActionSet, Differs)>,
}

/// One side of a comparison: a request, the policies, and what is known.
pub struct Side<'s, 'e> {
    /// The case.
    pub target: &'s Target<'e>,
    /// The action.
    pub action: ActionInfo<'e>,
    /// The resource, where it is one.
    pub resource: Option<Arc<str>>,
    /// What is known of the keys.
    pub facts: &'s Facts<'s>,
}

impl<'e> Comparison<'e> {
    /// A comparison; a caller that can have no identity policies is replaced by a user of its account.
    pub fn of(
        estate: &'e Estate,
        caller: &'e CallerEntity,
        when: &'e [Constraint],
        documents: Vec<Arc<Document>>,
        effort: &'e Effort,
    ) -> Self {
        let account: Arc<str> = caller.account.clone().unwrap_or_else(|| "000000000000".into());
        let itself = match &caller.caller {
            Caller::RoleSession { .. } => true,
            Caller::Known(p) => matches!(p.kind, PrincipalKind::User(_)),
            Caller::Outsider { .. } => false,
        };
        let user = || Principal {
            kind: PrincipalKind::User(
                format!("arn:{}:iam::{account}:user/gateproof", caller.partition).into(),
            ),
            account: Some(account.clone()),
        };
        let holder = if itself { caller.caller.clone() } else { Caller::Known(user()) };
        let compiled = compile_documents(&documents, &estate.compiler);
        Self { estate, caller, when, documents, compiled, effort, holder, account }
    }

    /// One allows and the other doesn't; with the keys of open policy variables.
    pub fn encode_difference(
        &self,
        terms: &mut Terms,
        side: &Side<'_, 'e>,
        differs: Differs,
        surroundings: impl FnOnce(&mut Encoder<'_>) -> Term,
    ) -> (Term, BTreeSet<Arc<str>>) {
        let scope = Scope {
            action_beginning: None,
            among: None,
            caller: self.caller.caller.clone(),
            action: Some(fold_text(side.action.name()).into()),
            action_id: Some(side.action.id()),
            resource: side.resource.clone(),
            resource_beginning: None,
            resource_account: side.target.account.clone(),
            rule: side.target.rule,
            rcp_support: self.estate.catalogue.rcp_supported(side.action.service()).into(),
        };
        // The documents alone decide, as where the resource's side leaves everything to identity policies.
        let holder = Scope {
            action_beginning: None,
            among: None,
            caller: self.holder.clone(),
            resource_account: Some(self.account.clone()),
            rule: ResourceRule::Ordinary,
            ..scope.clone()
        };
        let documents = Layers { identity: &self.compiled, ..Layers::default() };
        let policies = self.estate.layers_in(self.caller, side.target);
        let mut open = BTreeSet::new();
        let mut allowed = |terms: &mut Terms, scope: &Scope, policies: &Layers<'_>| {
            let mut encoder = self.encoder(terms, scope, side.facts);
            let authorization = encoder.authorize(policies);
            let allowed = authorization.allowed(encoder.terms);
            open.append(&mut encoder.open_variables);
            allowed
        };
        let truth = allowed(terms, &scope, &policies);
        let derived = allowed(terms, &holder, &documents);
        let goal = match differs {
            Differs::Wider => [derived, terms.not(truth)],
            Differs::Narrower => [truth, terms.not(derived)],
        };
        let goal = terms.and(goal);
        if goal == Terms::FALSE {
            return (goal, open);
        }
        let around = surroundings(&mut self.encoder(terms, &scope, side.facts));
        (terms.and([goal, around]), open)
    }

    fn encoder<'t>(&'t self, terms: &'t mut Terms, scope: &'t Scope, facts: &'t Facts<'_>) -> Encoder<'t> {
        Encoder {
            terms,
            compiler: &self.estate.compiler,
            scope,
            keys: facts,
            rules: self.estate.rules,
            open_variables: BTreeSet::new(),
        }
    }

    /// Compares all cases, block by block.
    pub fn check(&self, cases: &[Compared<'e>]) -> Outcome<'e> {
        let blocks: Vec<(&Compared<'e>, &ActionSet)> =
            cases.iter().flat_map(|c| c.blocks.iter().map(move |b| (c, b))).collect();
        let found: Vec<Outcome<'e>> = blocks
            .par_iter()
            .map_init(Terms::default, |terms, (case, block)| self.check_block(terms, case, block))
            .collect();
        let mut all = Outcome::default();
        for one in found {
            all.proofs.asked += one.proofs.asked;
            all.proofs.refuted += one.proofs.refuted;
            all.proofs.folded += one.proofs.folded;
            all.proofs.taken_apart += one.proofs.taken_apart;
            all.open.extend(one.open);
        }
        all
    }

    fn check_block(&self, terms: &mut Terms, case: &Compared<'e>, block: &ActionSet) -> Outcome<'e> {
        let mut outcome = Outcome::default();
        let Some(first) = block.first(self.estate.catalogue) else { return outcome };
        let facts = Facts::under(self.estate, self.caller, None, &case.target, self.when, false);
        let side = Side { target: &case.target, action: first, resource: None, facts: &facts };
        for differs in [Differs::Wider, Differs::Narrower] {
            terms.clear();
            outcome.proofs.asked += 1;
            let (root, _) = self.encode_difference(terms, &side, differs, |encoder| {
                let parts = [
                    region(encoder, case),
                    constraints(encoder, &facts, self.when),
                    axioms(encoder, &facts, self.caller, self.estate.catalogue).always,
                ];
                encoder.terms.and(parts)
            });
            let answer = solve(terms, root, &self.estate.memory, &self.effort.limits, |_, _| Ok(()));
            match answer {
                Answer::Unsatisfiable(_) => {
                    outcome.proofs.refuted += 1;
                    outcome.proofs.folded += usize::from(root == Terms::FALSE);
                }
                Answer::Satisfiable(_) | Answer::Unknown(_) => {
                    outcome.proofs.taken_apart += 1;
                    outcome.open.push((case.target.clone(), block.clone(), differs));
                }
            }
        }
        outcome
    }
}

/// The resource is one of the case.
fn region(encoder: &mut Encoder<'_>, case: &Compared<'_>) -> Term {
    let subject = Subject::Open(Field::Resource);
    let mut parts = Vec::new();
    if let Some(inside) = &case.inside {
        let set = encoder.compiler.languages.set(inside.clone(), false);
        parts.push(encoder.in_set(&subject, &set));
    }
    if !case.outside.is_empty() {
        let set = encoder.compiler.languages.set(case.outside.clone(), false);
        let elsewhere = encoder.in_set(&subject, &set);
        parts.push(encoder.terms.not(elsewhere));
    }
    encoder.terms.and(parts)
}

/// The patterns of a case's own resources.
pub fn patterns_of(target: &Target<'_>) -> Vec<Pattern> {
    match &target.place {
        Place::Known(resource) => family(&resource.arn),
        Place::Roles(roles) => {
            roles.iter().map(|r| r.arn.chars().map(Token::Char).collect::<Pattern>()).collect()
        }
        Place::Principal(_) | Place::Star | Place::Other => Vec::new(),
    }
}

/// What tells actions apart: the statements of the policies and of the documents, and the services with rules of
/// their own.
pub struct Splitters {
    /// Those of every case.
    pub everywhere: Vec<ActionSet>,
}

impl Splitters {
    /// The blocks of a case: `documents` are those of its own policies.
    pub fn blocks(&self, whole: &ActionSet, of_case: Vec<ActionSet>) -> Vec<ActionSet> {
        let blocks = partition(whole, &self.everywhere);
        blocks.iter().flat_map(|b| partition(b, &of_case)).collect()
    }
}

/// The sets of actions of derived lines.
pub fn sets_of_lines(lines: &[Line]) -> Vec<ActionSet> {
    let mut sets: Vec<ActionSet> = lines.iter().map(|l| l.grant.actions.clone()).collect();
    sets.sort();
    sets.dedup();
    sets
}

/// The resources of spots: other cases leave them out.
pub fn patterns_of_spots(spots: &[Spot<'_>]) -> Vec<Pattern> {
    spots.iter().flat_map(|s| patterns_of(&s.target)).collect()
}
