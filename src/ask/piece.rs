//! One piece of a question as one formula.

use super::axioms::{Axioms, axioms};
use super::caller::CallerEntity;
use super::effort::Effort;
use super::estate::Estate;
use super::facts::Facts;
use super::plan::Plan;
use super::target::{Place, Resources, Target};
use crate::question::constraint::Demand;
use crate::question::{Constraint, Quantifier};
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::layers::Layers;
use gateproof_encodings::scope::{KeyFact, KeyFacts, ResourceRule, Scope};
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::catalogue::ResourceTypeId;
use gateproof_model::pattern::{Pattern, PatternText, Token, Wildcards};
use gateproof_model::policy::Version;
use gateproof_model::policy_set::{BlockPublicAccess, PolicySet};
use gateproof_model::request::Request;
use gateproof_model::resource::separator_below;
use gateproof_model::text::fold_text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a piece asks: an action (or an open one matching globs) of a caller on a resource case.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// Who asks.
    pub caller: &'a CallerEntity,
    /// The action.
    pub plan: &'a Plan<'a>,
    /// On what.
    pub target: &'a Target<'a>,
    /// The question's resources.
    pub resources: &'a Resources,
    /// The question's constraints.
    pub when: &'a [Constraint],
    /// Whether all requests must be allowed: then the formula looks for one that is not.
    pub quantifier: Quantifier,
    /// Whether another encoding and solver must second the answer.
    pub second: bool,
    /// Whether, once refuted, it is asked about every request too, whatever resource and keys it carries.
    pub for_all: bool,
    /// What the question may cost.
    pub effort: &'a Effort,
    /// The resource type, where the piece is one of several authorizations of a call: then the request
    /// carries the keys of that type.
    pub only: Option<ResourceTypeId>,
}

/// The formula of a piece.
pub struct Formula {
    /// A request of the piece is allowed (or, for [`Quantifier::Every`], is not).
    pub root: Term,
    /// What holds of most such requests: tried first.
    pub as_a_rule: Term,
    /// Keys of policy variables left open: then a model is only a hint.
    pub open_variables: BTreeSet<Arc<str>>,
    /// Whether the policies alone make it false, whatever resource and constraints are asked about.
    pub goal_is_false: bool,
}

impl Estate {
    /// The documents that apply to a request of a piece, for the evaluator.
    pub(crate) fn policies(&self, piece: &Piece<'_>, request: &Request) -> PolicySet {
        let target = piece.target;
        let owner = target.account.as_deref();
        let mut policies = piece.caller.policies.clone();
        policies.resource = self.policy_of(&target.place, owner, target.rule).cloned();
        match &target.place {
            Place::Known(resource) => {
                policies.grants = resource.grants.clone();
                policies.block_public_access = resource.block_public_access;
            }
            // The roles' policies say the same; the evidence is the one of the role asked for.
            Place::Roles(roles) => {
                let role = roles.iter().find(|r| *r.arn == request.resource);
                policies.resource = role.or(roles.first()).and_then(|r| r.trust.clone());
            }
            Place::Principal(_) | Place::Star | Place::Other => {}
        }
        if let Some(owner) = owner.filter(|_| !is_managed_key(target)) {
            policies.rcps = self.snapshot.organization().rcp_levels(owner).to_vec();
        }
        policies
    }

    /// The same policies, prepared.
    fn layers<'p>(&'p self, piece: &Piece<'p>) -> Layers<'p> {
        self.layers_in(piece.caller, piece.target)
    }

    /// The policies that apply to a caller in a resource case, prepared.
    pub(crate) fn layers_in<'p>(&'p self, caller: &'p CallerEntity, target: &'p Target<'_>) -> Layers<'p> {
        let caller = caller.prepared(&self.compiler);
        let owner = target.account.as_deref().filter(|_| !is_managed_key(target));
        let block_public_access = match &target.place {
            Place::Known(resource) => resource.block_public_access,
            _ => BlockPublicAccess::default(),
        };
        Layers {
            identity: &caller.identity,
            boundary: caller.boundary.as_deref(),
            session: caller.session.as_deref(),
            resource: target.policy(self),
            scps: &caller.scps,
            rcps: owner.and_then(|o| self.rcps.get(o)).map_or(&[], Vec::as_slice),
            endpoint: None,
            block_public_access,
            grants: target.grants(),
        }
    }

    /// Encodes a piece, for requests that AWS could receive.
    pub(crate) fn encode(&self, terms: &mut Terms, piece: &Piece<'_>, facts: &Facts<'_>) -> Formula {
        self.encode_piece(terms, piece, facts, &self.layers(piece), true)
    }

    /// The same under other policies than those that apply.
    pub(crate) fn encode_under(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        facts: &Facts<'_>,
        layers: &Layers<'_>,
    ) -> Formula {
        self.encode_piece(terms, piece, facts, layers, true)
    }

    /// Encodes a piece, for requests on any resource text of the case.
    pub(crate) fn encode_unrealistic(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        facts: &Facts<'_>,
    ) -> Formula {
        self.encode_piece(terms, piece, facts, &self.layers(piece), false)
    }

    /// The symbolic request of a piece.
    pub(crate) fn scope(&self, piece: &Piece<'_>) -> Scope {
        Scope {
            caller: piece.caller.caller.clone(),
            action: piece.plan.lower.clone(),
            action_beginning: piece.plan.open.as_ref().and_then(|open| open.beginning.clone()),
            action_id: piece.plan.action.map(|a| a.id()),
            among: piece.plan.open.as_ref().and_then(|open| open.among.clone()),
            resource: known_resource(piece.target),
            resource_beginning: piece.target.beginning(self).or(piece.plan.beginning.as_ref()).cloned(),
            resource_account: piece.target.account.clone(),
            rule: piece.target.rule,
            rcp_support: piece.plan.rcp_support.clone(),
        }
    }

    fn encode_piece(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        facts: &Facts<'_>,
        layers: &Layers<'_>,
        realistic: bool,
    ) -> Formula {
        let scope = self.scope(piece);
        let mut encoder = Encoder {
            terms,
            compiler: &self.compiler,
            scope: &scope,
            keys: facts,
            rules: self.rules,
            open_variables: BTreeSet::new(),
        };
        let authorization = encoder.authorize(layers);
        let allowed = authorization.allowed(encoder.terms);
        let goal = match piece.quantifier {
            Quantifier::Some => allowed,
            Quantifier::Every => encoder.terms.not(allowed),
        };
        if goal == Terms::FALSE {
            return Formula {
                root: goal,
                as_a_rule: Terms::TRUE,
                open_variables: BTreeSet::new(),
                goal_is_false: true,
            };
        }
        let mut parts = vec![
            goal,
            self.universe(&mut encoder, piece, realistic),
            constraints(&mut encoder, facts, piece.when),
        ];
        let so_far = encoder.terms.and(parts.iter().copied());
        if so_far == Terms::FALSE {
            return Formula {
                root: so_far,
                as_a_rule: Terms::TRUE,
                open_variables: BTreeSet::new(),
                goal_is_false: false,
            };
        }
        let Axioms { always, as_a_rule } = axioms(&mut encoder, facts, piece.caller, self.catalogue);
        parts.push(always);
        let root = encoder.terms.and(parts);
        let open_variables = encoder.open_variables;
        Formula { root, as_a_rule, open_variables, goal_is_false: false }
    }

    /// What a request of the piece must fulfil whatever is asked about it, that AWS could receive.
    pub(crate) fn surroundings(
        &self,
        encoder: &mut Encoder<'_>,
        piece: &Piece<'_>,
        facts: &Facts<'_>,
    ) -> Term {
        let parts = [
            self.universe(encoder, piece, true),
            constraints(encoder, facts, piece.when),
            axioms(encoder, facts, piece.caller, self.catalogue).always,
        ];
        encoder.terms.and(parts)
    }

    /// The resource is one of the case, one that the question asks about, and (where `realistic`) one that
    /// AWS could check the action against.
    fn universe(&self, encoder: &mut Encoder<'_>, piece: &Piece<'_>, realistic: bool) -> Term {
        let asked = match (&piece.plan.asked, &encoder.scope.resource) {
            (None, _) => Terms::TRUE,
            (Some(set), Some(resource)) => encoder.in_set(&Subject::Known(resource.clone()), &set.clone()),
            // Where the question gives the beginning, an atom: it is what says so.
            (Some(set), None) if piece.target.beginning(self).is_none() => {
                encoder.terms.atom_term(Atom::Text(Field::Resource, set.clone()))
            }
            (Some(set), None) => encoder.in_set(&Subject::Open(Field::Resource), set),
        };
        let mut parts = vec![asked];
        if let Some(open) = &piece.plan.open {
            let subject = Subject::Open(Field::Action);
            // An atom even where the beginning would settle it: it is what says so.
            parts.push(encoder.terms.atom_term(Atom::Text(Field::Action, open.asked.clone())));
            if let Some(known) = &open.known {
                let known = encoder.in_set(&subject, known);
                parts.push(encoder.terms.not(known));
            }
            if let Place::Known(resource) = piece.target.place
                && resource.is_kms_key()
            {
                let kms = of_kms(encoder);
                let governed = piece.target.rule == ResourceRule::Key;
                parts.push(if governed { kms } else { encoder.terms.not(kms) });
            }
        }
        if encoder.scope.resource.is_none() {
            parts.push(self.of_case(encoder, piece));
            let known_to_fit = matches!(piece.target.place, Place::Roles(_));
            if realistic && piece.plan.action.is_some() && !known_to_fit {
                parts.push(fitting(encoder, piece));
            }
        }
        encoder.terms.and(parts)
    }

    /// The resource belongs to the case: a known one and what lies under it; or none of the known ones.
    fn of_case(&self, encoder: &mut Encoder<'_>, piece: &Piece<'_>) -> Term {
        let subject = Subject::Open(Field::Resource);
        match (&piece.target.place, piece.target.texts(self)) {
            // An atom even where the beginning would settle it: it is what says so.
            (_, Some(texts)) => encoder.terms.atom_term(Atom::Text(Field::Resource, texts.clone())),
            (Place::Other, None) if piece.target.any => Terms::TRUE,
            (Place::Other, None) => {
                let known = encoder.in_set(&subject, piece.plan.known.set(self));
                let mut other = encoder.terms.not(known);
                if let Some(apart) = &piece.target.apart {
                    let apart = encoder.in_set(&subject, apart);
                    let rest = encoder.terms.not(apart);
                    other = encoder.terms.and([other, rest]);
                }
                if piece.plan.action.is_some() {
                    return other;
                }
                // Actions that the catalogue doesn't know may be of AWS KMS, whose keys have a rule of their own.
                let key =
                    PatternText::parse("arn:*:kms:*:*:key/*", Version::V2008, Wildcards::Segments, false);
                let key = encoder.compiler.languages.set(key.ground().into_iter().collect(), false);
                let key = encoder.in_set(&subject, &key);
                let kms = of_kms(encoder);
                let key = encoder.terms.and([key, kms]);
                let of_rule = match piece.target.rule {
                    ResourceRule::Key => key,
                    _ => encoder.terms.not(key),
                };
                // An ARN that names another account is of another account's resource.
                let account = piece.target.account.as_deref().unwrap_or_default();
                let own = in_accounts(encoder, self.single_partition(), &[account, ""]);
                encoder.terms.and([other, of_rule, own])
            }
            _ => Terms::TRUE,
        }
    }
}

/// The open action is one of AWS KMS, as `is_kms_action` says.
fn of_kms(encoder: &mut Encoder<'_>) -> Term {
    let set = encoder.compiler.languages.set(vec![flat("kms:*")], true);
    encoder.in_set(&Subject::Open(Field::Action), &set)
}

/// RCPs don't bind requests for keys that AWS manages (CONFORMANCE 1.3).
pub(super) fn is_managed_key(target: &Target<'_>) -> bool {
    matches!(&target.place, Place::Known(r) if r.aws_managed)
}

/// The resource is of a kind that the action can be checked against, and of the case's account.
fn fitting(encoder: &mut Encoder<'_>, piece: &Piece<'_>) -> Term {
    let subject = Subject::Open(Field::Resource);
    let kms = piece.plan.lower.as_deref().is_some_and(|a| a.starts_with("kms:"));
    let mut kinds = Vec::new();
    for kind in piece.plan.kinds.iter().filter(|k| piece.only.is_none_or(|only| only == k.resource_type)) {
        if kms && kind.key != (piece.target.rule == ResourceRule::Key) || kind.root && !piece.caller.is_root()
        {
            continue;
        }
        let fits = encoder.in_set(&subject, &kind.fits);
        let barred = encoder.in_set(&subject, &kind.barred);
        let mut parts = vec![fits, encoder.terms.not(barred)];
        if piece.only.is_some() {
            let odd = encoder.in_set(&subject, &kind.odd);
            parts.push(encoder.terms.not(odd));
        }
        if kind.with_account
            && let Some(account) = &piece.target.account
        {
            let of_aws = kind.of_aws.then_some("");
            let accounts: Vec<&str> = std::iter::once(&**account).chain(of_aws).collect();
            parts.push(in_accounts(encoder, None, &accounts));
        }
        kinds.push(encoder.terms.and(parts));
    }
    encoder.terms.or(kinds)
}

/// The resource of cases that leave nothing open.
pub(crate) fn known_resource(target: &Target<'_>) -> Option<Arc<str>> {
    match &target.place {
        Place::Star => Some("*".into()),
        Place::Principal(principal) => Some(principal.arn.clone()),
        Place::Roles(roles) => match roles.as_ref() {
            [single] => Some(single.arn.clone()),
            _ => None,
        },
        Place::Known(_) | Place::Other => None,
    }
}

pub(crate) fn flat(glob: &str) -> Pattern {
    PatternText::parse(glob, Version::V2008, Wildcards::Flat, false).ground().unwrap_or_default()
}

/// A glob over ARNs: up to the fifth colon, which the glob itself must have, a wildcard stands for a part of one segment, as in
/// `arn:aws:ec2:*::image/*`; after it for anything.
pub(crate) fn over_arns(glob: &str) -> Pattern {
    let flat = flat(glob);
    let is_colon = |token: &&Token| matches!(token, Token::Char(':'));
    if !glob.starts_with("arn:") || flat.iter().filter(is_colon).count() < 5 {
        return flat;
    }
    let mut colons = 0;
    let bounded = flat.iter().map(|token| {
        colons += usize::from(is_colon(&token));
        match token {
            Token::AnyRun if colons < 5 => Token::AnyRunInSegment,
            Token::AnyOne if colons < 5 => Token::AnyOneInSegment,
            other => *other,
        }
    });
    bounded.collect()
}

/// A resource and what goes by its policy.
pub(crate) fn family(arn: &str) -> Vec<Pattern> {
    let literal = |text: &str| text.chars().map(Token::Char).collect::<Vec<_>>();
    // Amazon CloudWatch Logs User Guide, "Resource-based policies": one is for log groups of any name.
    if let Some(all) = arn.strip_suffix(":log-group:*") {
        let mut groups = literal(&format!("{all}:log-group:"));
        groups.push(Token::AnyRun);
        return vec![groups.into()];
    }
    let mut family = vec![literal(arn).into()];
    if let Some(separator) = separator_below(arn) {
        let mut below = literal(&format!("{arn}{separator}"));
        below.push(Token::AnyRun);
        family.push(below.into());
    }
    family
}

/// The resource's ARN is of the partition, where one is given, and names one of the accounts (or none, where that is listed).
fn in_accounts(encoder: &mut Encoder<'_>, partition: Option<&str>, accounts: &[&str]) -> Term {
    let partition = partition.unwrap_or("*");
    let texts = accounts.iter().map(|account| format!("arn:{partition}:*:*:{account}:*"));
    let patterns = texts
        .filter_map(|t| PatternText::parse(&t, Version::V2008, Wildcards::Segments, false).ground())
        .collect();
    let set = encoder.compiler.languages.set(patterns, false);
    encoder.in_set(&Subject::Open(Field::Resource), &set)
}

/// The question's constraints on the context.
pub(crate) fn constraints(encoder: &mut Encoder<'_>, facts: &Facts<'_>, when: &[Constraint]) -> Term {
    let mut parts = Vec::new();
    for constraint in when {
        let key: Arc<str> = fold_text(&constraint.key).into();
        let part = demanded(encoder, facts, &key, &constraint.demand);
        parts.push(part);
    }
    encoder.terms.and(parts)
}

fn demanded(encoder: &mut Encoder<'_>, facts: &Facts<'_>, key: &Arc<str>, demand: &Demand) -> Term {
    if let Demand::OneOf(demands) = demand {
        let parts: Vec<Term> = demands.iter().map(|one| demanded(encoder, facts, key, one)).collect();
        return encoder.terms.or(parts);
    }
    let literal = |text: &str| -> Pattern { text.chars().map(Token::Char).collect() };
    let flag = |v: &str| ["true", "false"].iter().any(|b| v.eq_ignore_ascii_case(b));
    let (patterns, fold_case) = match demand {
        Demand::Equals(v) | Demand::Differs(v) => (vec![literal(v)], flag(v)),
        Demand::Matches(glob) | Demand::Avoids(glob) => (vec![flat(glob)], false),
        Demand::Members(vs) => (vs.iter().map(|v| literal(v)).collect(), false),
        Demand::Absent | Demand::Present | Demand::OneOf(_) => (Vec::new(), false),
    };
    let set = encoder.compiler.languages.set(patterns, fold_case);
    let field = Field::Key(key.clone());
    let (present, inside) = match facts.fact(key) {
        KeyFact::Absent => (Terms::FALSE, Terms::FALSE),
        KeyFact::Fixed(value) => {
            let within = match demand {
                Demand::Members(vs) => {
                    let have: BTreeSet<&String> = value.values().iter().collect();
                    have == vs.iter().collect()
                }
                _ => value.values().iter().any(|v| set.contains(v)),
            };
            (Terms::TRUE, Terms::constant(within))
        }
        KeyFact::Open { multivalued: false } => {
            let present = encoder.terms.atom_term(Atom::Present(field.clone()));
            (present, encoder.in_set(&Subject::Open(field), &set))
        }
        KeyFact::Open { multivalued: true } => {
            let present = encoder.terms.atom_term(Atom::Present(field.clone()));
            (present, encoder.terms.atom_term(Atom::Member { field, set, inside: true }))
        }
    };
    match demand {
        Demand::Equals(_) | Demand::Matches(_) | Demand::Members(_) => inside,
        Demand::Differs(_) | Demand::Avoids(_) => encoder.terms.not(inside),
        Demand::Absent => encoder.terms.not(present),
        Demand::Present | Demand::OneOf(_) => present,
    }
}
