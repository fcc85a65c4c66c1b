//! Ties between keys that AWS itself keeps: what no request can break.
//!
//! Only ties between keys that the formula or the question speaks of are stated. CONFORMANCE 3.4, 3.5, 3.7.

use super::caller::{CallerEntity, Sessions};
use super::facts::Facts;
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::language::RangeSet;
use gateproof_encodings::scope::{Caller, KeyFact, KeyFacts};
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::catalogue::{Catalogue, ValueType};
use gateproof_model::operand::{Scalar, parse_point, whole_line};
use gateproof_model::pattern::{Pattern, PatternText, Token, Wildcards};
use gateproof_model::policy::Version;
use std::collections::BTreeSet;
use std::sync::Arc;

const MFA: &str = "aws:multifactorauthpresent";
const MFA_AGE: &str = "aws:multifactorauthage";
const USER_ID: &str = "aws:userid";

/// Keys that every request of a user or role carries.
const ALWAYS: [&str; 5] =
    ["aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:viaawsservice", "aws:requestedregion"];

/// The ties among the keys that occur so far, all of them true of every request of the caller.
pub fn axioms(
    encoder: &mut Encoder<'_>,
    facts: &Facts<'_>,
    caller: &CallerEntity,
    catalogue: &Catalogue,
) -> Term {
    let mut mentioned: BTreeSet<Arc<str>> = encoder
        .terms
        .atoms()
        .iter()
        .filter_map(|a| match a.field() {
            Some(Field::Key(key)) => Some(key.clone()),
            _ => None,
        })
        .collect();
    // What the question demands leaves no atom behind, and is tied all the same.
    mentioned.extend(facts.demanded().map(Arc::from));
    let mut ties = Ties { encoder, facts, parts: Vec::new() };
    if mentioned.contains(MFA) || mentioned.contains(MFA_AGE) {
        ties.device(caller.sessions);
    }
    let network = ["aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"];
    if network.iter().any(|k| mentioned.contains(*k)) {
        ties.network(&mentioned);
    }
    ties.called_via(&mentioned);
    for key in &mentioned {
        let kind = catalogue.key_type(key);
        if kind.is_some_and(|t| t.value == ValueType::Bool && !t.multivalued) {
            ties.boolean(key);
        }
        if ALWAYS.contains(&&**key) {
            let present = ties.present(key);
            ties.parts.push(present);
        }
    }
    ties.typed();
    if mentioned.contains(USER_ID) {
        ties.user_id(&caller.caller);
    }
    if let Caller::Outsider { account } = &caller.caller {
        ties.outsider(account, &caller.partition, &mentioned);
    }
    let parts = ties.parts;
    encoder.terms.and(parts)
}

struct Ties<'e, 't> {
    encoder: &'e mut Encoder<'t>,
    facts: &'e Facts<'e>,
    parts: Vec<Term>,
}

impl Ties<'_, '_> {
    fn present(&mut self, key: &str) -> Term {
        match self.facts.fact(key) {
            KeyFact::Fixed(_) => Terms::TRUE,
            KeyFact::Absent => Terms::FALSE,
            KeyFact::Open { .. } => self.encoder.terms.atom_term(Atom::Present(Field::Key(key.into()))),
        }
    }

    fn equals(&mut self, key: &str, texts: &[&str], fold_case: bool) -> Term {
        let patterns: Vec<Pattern> = texts.iter().map(|t| t.chars().map(Token::Char).collect()).collect();
        self.within(key, patterns, fold_case)
    }

    fn within(&mut self, key: &str, patterns: Vec<Pattern>, fold_case: bool) -> Term {
        let set = self.encoder.compiler.languages.set(patterns, fold_case);
        match self.facts.fact(key) {
            KeyFact::Fixed(value) => match value.values() {
                [single] => Terms::constant(set.contains(single)),
                _ => Terms::FALSE,
            },
            KeyFact::Absent => Terms::FALSE,
            KeyFact::Open { .. } => self.encoder.in_set(&Subject::Open(Field::Key(key.into())), &set),
        }
    }

    fn implies(&mut self, if_so: Term, then: Term) {
        let not = self.encoder.terms.not(if_so);
        let tie = self.encoder.terms.or([not, then]);
        self.parts.push(tie);
    }

    /// The age is there iff a device was used; long-term keys carry neither, role sessions always say
    /// whether.
    fn device(&mut self, sessions: Sessions) {
        let present = self.present(MFA);
        let used = self.equals(MFA, &["true"], true);
        let age = self.present(MFA_AGE);
        self.implies(age, used);
        self.implies(used, age);
        if age != Terms::FALSE {
            let not_negative = whole_line(Scalar::Number).first().and_then(|(_, last)| {
                let zero = parse_point(Scalar::Number, "0")?;
                Some(Arc::new(RangeSet::new(Scalar::Number, vec![(zero, *last)])))
            });
            if let (Some(set), KeyFact::Open { .. }) = (not_negative, self.facts.fact(MFA_AGE)) {
                let counted = self.encoder.terms.atom_term(Atom::Range(Field::Key(MFA_AGE.into()), set));
                self.implies(age, counted);
            }
        }
        if let Sessions::Role { device } = sessions {
            self.parts.push(present);
            if !device {
                let unused = self.encoder.terms.not(used);
                self.parts.push(unused);
            }
        }
    }

    /// Through a VPC endpoint the source address is absent; otherwise, and where no service calls on the
    /// caller's behalf, it is there.
    fn network(&mut self, mentioned: &BTreeSet<Arc<str>>) {
        let ip = self.present("aws:sourceip");
        let vpc = self.present("aws:sourcevpc");
        let endpoint = self.present("aws:sourcevpce");
        let inside = self.present("aws:vpcsourceip");
        self.implies(vpc, endpoint);
        self.implies(endpoint, vpc);
        self.implies(endpoint, inside);
        self.implies(inside, endpoint);
        if mentioned.contains("aws:sourceip") {
            let outside = self.encoder.terms.not(endpoint);
            self.implies(ip, outside);
            let via = self.equals("aws:viaawsservice", &["true"], true);
            let excused = self.encoder.terms.or([endpoint, via]);
            let no_ip = self.encoder.terms.not(ip);
            self.implies(no_ip, excused);
        }
    }

    /// Some service is named in the chain of calls iff a service calls on the caller's behalf.
    fn called_via(&mut self, mentioned: &BTreeSet<Arc<str>>) {
        let chain = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];
        if !chain.iter().chain(&["kms:grantisforawsresource"]).any(|k| mentioned.contains(*k)) {
            return;
        }
        let via = self.equals("aws:viaawsservice", &["true"], true);
        for key in ["kms:grantisforawsresource"].into_iter().filter(|k| mentioned.contains(*k)) {
            let present = self.present(key);
            self.implies(present, via);
        }
        for key in chain.into_iter().filter(|k| mentioned.contains(*k)) {
            let present = self.present(key);
            self.implies(present, via);
            self.implies(via, present);
        }
    }

    fn boolean(&mut self, key: &str) {
        let present = self.present(key);
        let value = self.equals(key, &["true", "false"], true);
        self.implies(present, value);
    }

    /// A key that is compared as number, date or address, and has a value, has one of that kind.
    fn typed(&mut self) {
        let mut compared: BTreeSet<(Field, Scalar)> = BTreeSet::new();
        for atom in self.encoder.terms.atoms() {
            if let Atom::Range(field, set) = atom {
                compared.insert((field.clone(), set.scalar));
            }
        }
        for (field, scalar) in compared {
            let line = Arc::new(RangeSet::new(scalar, whole_line(scalar)));
            let present = self.encoder.terms.atom_term(Atom::Present(field.clone()));
            let point = self.encoder.terms.atom_term(Atom::Range(field, line));
            self.implies(present, point);
        }
    }

    /// A role session's id is the role's unique id, a colon and the session name.
    fn user_id(&mut self, caller: &Caller) {
        if let Caller::RoleSession { unique_id, .. } = caller {
            // Of a role whose id is not known, it may be any.
            let mut pattern: Vec<Token> = match &**unique_id {
                super::caller::UNKNOWN_ID => vec![Token::AnyOne, Token::AnyRun, Token::Char(':')],
                known => known.chars().chain([':']).map(Token::Char).collect(),
            };
            pattern.extend([Token::AnyOne, Token::AnyOne, Token::AnyRun]);
            let id = self.within(USER_ID, vec![pattern.into()], false);
            self.parts.push(id);
        }
    }

    /// A principal elsewhere is a user or role of its account, and not of our organization unless the
    /// account may be.
    fn outsider(&mut self, account: &str, partition: &str, mentioned: &BTreeSet<Arc<str>>) {
        let forms = ["user/?*", "role/?*", "root"];
        let patterns = forms
            .iter()
            .filter_map(|form| {
                let text = format!("arn:{partition}:iam::{account}:{form}");
                PatternText::parse(&text, Version::V2008, Wildcards::Segments, false).ground()
            })
            .collect();
        let arn = self.within("aws:principalarn", patterns, false);
        self.parts.push(arn);
        // Of an account that is not known to be outside nothing more can be said.
        let Some(ours) = self.facts.organization_without(account) else { return };
        if mentioned.contains("aws:principalorgid") {
            let same = self.equals("aws:principalorgid", &[&ours], false);
            let other = self.encoder.terms.not(same);
            self.parts.push(other);
        }
        if mentioned.contains("aws:principalorgpaths") {
            let mut pattern: Vec<Token> = ours.chars().chain(['/']).map(Token::Char).collect();
            pattern.push(Token::AnyRun);
            let set = self.encoder.compiler.languages.set(vec![pattern.into()], false);
            let field = Field::Key("aws:principalorgpaths".into());
            let inside = self.encoder.terms.atom_term(Atom::Member { field, set, inside: true });
            let other = self.encoder.terms.not(inside);
            self.parts.push(other);
        }
    }
}
