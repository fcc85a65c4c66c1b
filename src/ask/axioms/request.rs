//! Keys of the request itself: its time, its region, its tags.

use super::super::caller::CallerEntity;
use super::super::regions::{arns_in, arns_in_any, stays_in_its_region};
use super::Ties;
use gateproof_encodings::encoder::Subject;
use gateproof_encodings::field::Field;
use gateproof_encodings::language::{PatternSet, RangeSet};
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::operand::parse_point;
use gateproof_model::pattern::Token;
use std::collections::BTreeSet;
use std::sync::Arc;

const REGION: &str = "aws:requestedregion";
const TIMES: [&str; 2] = ["aws:currenttime", "aws:epochtime"];
const TAG_KEYS: &str = "aws:tagkeys";

impl Ties<'_, '_> {
    /// The sets of texts that a single-valued key is compared with.
    pub fn sets_compared_with(&self, key: &str) -> Vec<Arc<PatternSet>> {
        let of_key = |atom: &Atom| match atom {
            Atom::Text(Field::Key(k), set) if **k == *key => Some(set.clone()),
            _ => None,
        };
        self.encoder.terms.atoms().iter().filter_map(of_key).collect()
    }

    /// The requested region is the one in the resource's ARN, where the service puts one there. Gives the
    /// tie where it is the rule only; states it where it always holds. CONFORMANCE 3.9.
    ///
    /// Region and ARN agree on every set that the region is compared with: then the ARN's own region is a
    /// value as good as any.
    pub fn region(&mut self) -> Term {
        let Some(action) = self.facts.action() else { return Terms::TRUE };
        let sets = self.sets_of(REGION);
        if sets.is_empty() {
            return Terms::TRUE;
        }
        let somewhere = arns_in(action.service(), &[Token::AnyOne, Token::AnyRun]);
        let somewhere = self.encoder.compiler.languages.set(vec![somewhere], false);
        let placed = self.resource_in(&somewhere);
        let mut ties = Vec::new();
        for set in sets {
            let called = self.in_set(REGION, &set);
            let lifted = arns_in_any(action.service(), &set);
            let lifted = self.encoder.compiler.languages.set(lifted, set.fold_case);
            let there = self.resource_in(&lifted);
            ties.push(self.agree(called, there));
        }
        let all = self.encoder.terms.and(ties);
        let unplaced = self.encoder.terms.not(placed);
        let tie = self.encoder.terms.or([unplaced, all]);
        if stays_in_its_region(action) {
            self.parts.push(tie);
            return Terms::TRUE;
        }
        tie
    }

    /// The ranges that one of two keys is compared with.
    fn ranges_compared_with(&self, keys: [&str; 2]) -> Vec<Arc<RangeSet>> {
        let of_keys = |atom: &Atom| match atom {
            Atom::Range(Field::Key(k), set) if keys.contains(&&**k) => Some(set.clone()),
            _ => None,
        };
        self.encoder.terms.atoms().iter().filter_map(of_keys).collect()
    }

    fn in_range(&mut self, key: &str, set: &Arc<RangeSet>) -> Term {
        match self.facts.fact(key) {
            KeyFact::Fixed(value) => {
                let point = value.values().first().and_then(|text| parse_point(set.scalar, text));
                Terms::constant(point.is_some_and(|point| set.contains(point)))
            }
            KeyFact::Absent => Terms::FALSE,
            KeyFact::Open { .. } => {
                self.encoder.terms.atom_term(Atom::Range(Field::Key(key.into()), set.clone()))
            }
        }
    }

    fn agree(&mut self, one: Term, other: Term) -> Term {
        let (not_one, not_other) = (self.encoder.terms.not(one), self.encoder.terms.not(other));
        let both = self.encoder.terms.and([one, other]);
        let neither = self.encoder.terms.and([not_one, not_other]);
        self.encoder.terms.or([both, neither])
    }

    fn resource_in(&mut self, set: &Arc<PatternSet>) -> Term {
        let subject = match self.encoder.scope.resource.clone() {
            Some(known) => Subject::Known(known),
            None => Subject::Open(Field::Resource),
        };
        self.encoder.in_set(&subject, set)
    }

    /// The two keys of the time tell the same time: they agree on all that either is compared with.
    pub fn clock(&mut self, mentioned: &BTreeSet<Arc<str>>) {
        if !TIMES.iter().all(|k| mentioned.contains(*k)) {
            return;
        }
        for set in self.ranges_compared_with(TIMES) {
            let [one, other] =
                TIMES.map(|k| self.encoder.terms.atom_term(Atom::Range(Field::Key(k.into()), set.clone())));
            self.same(one, other);
        }
    }

    /// A tag in the request has its key among the request's tag keys, where the action has both. A role's
    /// own tag may be overridden in a session, never be taken away.
    ///
    /// IAM User Guide, "Controlling access during AWS requests", `aws:TagKeys`; "Pass session tags in AWS STS".
    pub fn tags(&mut self, caller: &CallerEntity, mentioned: &BTreeSet<Arc<str>>) {
        let lists_keys = self.facts.action().is_some_and(|action| {
            let is_it = |key: &str| key.eq_ignore_ascii_case(TAG_KEYS);
            action.condition_keys().any(is_it)
                || action.resource_types().any(|row| row.condition_keys().any(is_it))
        });
        for key in mentioned {
            if let (Some(name), true) =
                (key.strip_prefix("aws:requesttag/"), lists_keys && mentioned.contains(TAG_KEYS))
            {
                let named = self.encoder.compiler.languages.set(vec![super::literal(name)], true);
                let (tag, listed) = (self.present(key), self.member(TAG_KEYS, named, true));
                self.implies(tag, listed);
            }
            if caller.overridable.contains_key(&**key) {
                let kept = self.present(key);
                self.parts.push(kept);
            }
        }
    }
    /// A new resource has the tags that the call gives it, or shows none of them: where it shows one, the two keys agree
    /// on all that either is compared with.
    pub fn tags_given(&mut self, mentioned: &BTreeSet<Arc<str>>) {
        for (shown, given) in super::tags_given(self.facts, mentioned) {
            let is_there = self.present(&shown);
            let both = self.present(&given);
            self.implies(is_there, both);
            for set in [&shown, &given].iter().flat_map(|key| self.sets_of(key)).collect::<Vec<_>>() {
                let (one, other) = (self.in_set(&shown, &set), self.in_set(&given, &set));
                let agree = self.agree(one, other);
                self.implies(is_there, agree);
            }
            for set in self.ranges_compared_with([&shown, &given]) {
                let (one, other) = (self.in_range(&shown, &set), self.in_range(&given, &set));
                let agree = self.agree(one, other);
                self.implies(is_there, agree);
            }
        }
    }

    /// The sets that a key is compared with, and where it is known its value as one.
    fn sets_of(&self, key: &str) -> Vec<Arc<PatternSet>> {
        let mut sets = self.sets_compared_with(key);
        if let KeyFact::Fixed(value) = self.facts.fact(key) {
            sets.extend(value.values().iter().map(|v| self.encoder.compiler.languages.literal(v)));
        }
        sets
    }
}
