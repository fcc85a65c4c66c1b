//! Conditions as formulas.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued
//! context keys". CONFORMANCE 3.0 to 3.3. The formula is equivalent to the condition but where a policy
//! variable's value is open (see [`Encoder::open_variables`]).

use crate::compiled::{CompiledCondition, Test};
use crate::encoder::{Encoder, Subject, render_template};
use crate::field::Field;
use crate::language::PatternSet;
use crate::scope::KeyFact;
use crate::term::{Atom, Term, Terms};
use gateproof_model::operand::parse_point;
use gateproof_model::operator::SetOperator;
use gateproof_model::pattern::PatternText;
use gateproof_model::request::ContextValue;
use std::sync::Arc;

/// What is known of the values of a key.
enum Values {
    Absent,
    /// A single-valued key in the request, with this value.
    Single(Arc<str>),
    /// A multivalued key in the request, with these values.
    Many(Vec<Arc<str>>),
    OpenSingle(Field),
    OpenMany(Field),
}

impl Encoder<'_> {
    /// All conditions of a statement.
    pub fn conditions(&mut self, conditions: &[CompiledCondition]) -> Term {
        let mut parts = Vec::with_capacity(conditions.len());
        for condition in conditions {
            let part = self.condition(condition);
            if part == Terms::FALSE {
                return part;
            }
            parts.push(part);
        }
        self.terms.and(parts)
    }

    fn condition(&mut self, condition: &CompiledCondition) -> Term {
        let field = Field::Key(condition.key.clone());
        let values = match self.keys.fact(&condition.key) {
            KeyFact::Absent => Values::Absent,
            KeyFact::Fixed(ContextValue::Single(v)) => Values::Single(v.into()),
            KeyFact::Fixed(ContextValue::List(vs)) => Values::Many(vs.into_iter().map(Into::into).collect()),
            KeyFact::Open { multivalued: false } => Values::OpenSingle(field),
            KeyFact::Open { multivalued: true } => Values::OpenMany(field),
        };
        if let Test::Null(demands) = &condition.test {
            return self.null(&values, demands, &condition.unparsable);
        }
        let present = match &values {
            Values::Absent => Terms::FALSE,
            Values::Single(_) | Values::Many(_) => Terms::TRUE,
            Values::OpenSingle(f) | Values::OpenMany(f) => self.terms.atom_term(Atom::Present(f.clone())),
        };
        let absent = self.terms.not(present);
        let satisfied = match (&values, condition.operator.set) {
            (Values::Many(_) | Values::OpenMany(_), Some(set)) => self.over_members(&values, condition, set),
            (Values::Many(_) | Values::OpenMany(_), None) => {
                self.plain_over_members(&values, condition, absent)
            }
            (_, Some(SetOperator::ForAllValues)) => {
                let matched = self.single(&values, condition);
                let good = if condition.operator.negated { self.terms.not(matched) } else { matched };
                self.terms.or([absent, good])
            }
            (_, Some(SetOperator::ForAnyValue)) => {
                let matched = self.single(&values, condition);
                let good = if condition.operator.negated { self.terms.not(matched) } else { matched };
                self.terms.and([present, good])
            }
            (_, None) => {
                let matched = self.single(&values, condition);
                if condition.operator.negated { self.terms.not(matched) } else { matched }
            }
        };
        if condition.operator.if_exists { self.terms.or([absent, satisfied]) } else { satisfied }
    }

    /// `Null`: "true" demands absence; a key with no value at all counts as absent.
    fn null(&mut self, values: &Values, demands: &[bool], unparsable: &[Arc<str>]) -> Term {
        let there = match values {
            Values::Absent => Terms::FALSE,
            Values::Single(_) => Terms::TRUE,
            Values::Many(vs) => Terms::constant(!vs.is_empty()),
            Values::OpenSingle(f) => self.terms.atom_term(Atom::Present(f.clone())),
            Values::OpenMany(f) => self.some_member(f),
        };
        let missing = self.terms.not(there);
        let mut parts: Vec<Term> =
            demands.iter().map(|&demand| if demand { missing } else { there }).collect();
        parts.extend(unparsable.iter().map(|name| self.terms.atom_term(Atom::Free(name.clone()))));
        self.terms.or(parts)
    }

    fn some_member(&mut self, field: &Field) -> Term {
        let everything =
            self.compiler.languages.set(vec![Box::new([gateproof_model::pattern::Token::AnyRun])], false);
        self.terms.atom_term(Atom::Member { field: field.clone(), set: everything, inside: true })
    }

    /// A single value is there and some operand matches it.
    fn single(&mut self, values: &Values, condition: &CompiledCondition) -> Term {
        let subject = match values {
            Values::Absent | Values::Many(_) | Values::OpenMany(_) => return Terms::FALSE,
            Values::Single(value) => Subject::Known(value.clone()),
            Values::OpenSingle(field) => Subject::Open(field.clone()),
        };
        self.value_matches(&subject, condition)
    }

    fn value_matches(&mut self, subject: &Subject, condition: &CompiledCondition) -> Term {
        let typed = match &condition.test {
            Test::Null(_) => Terms::FALSE,
            Test::Text { ground, templates } => self.in_patterns(subject, ground, templates),
            Test::Range(set) => match subject {
                Subject::Known(text) => {
                    Terms::constant(parse_point(set.scalar, text).is_some_and(|p| set.contains(p)))
                }
                Subject::Open(field) => self.terms.atom_term(Atom::Range(field.clone(), set.clone())),
            },
        };
        if condition.unparsable.is_empty() {
            return typed;
        }
        let there = match subject {
            Subject::Known(_) => Terms::TRUE,
            Subject::Open(field) => self.terms.atom_term(Atom::Present(field.clone())),
        };
        let assumed: Vec<Term> = condition.unparsable.iter().map(|n| self.assumed(n)).collect();
        let assumed = self.terms.or(assumed);
        let open = self.terms.and([there, assumed]);
        self.terms.or([typed, open])
    }

    /// An operator without set operator on a multivalued key: whether it can match is unsettled.
    fn plain_over_members(&mut self, values: &Values, condition: &CompiledCondition, absent: Term) -> Term {
        if self.rules.plain_operator_matches_multivalued {
            let some = self.over_members(values, condition, SetOperator::ForAnyValue);
            if condition.operator.negated {
                return self.terms.or([absent, some]);
            }
            return some;
        }
        if condition.operator.negated { absent } else { Terms::FALSE }
    }

    fn over_members(&mut self, values: &Values, condition: &CompiledCondition, set: SetOperator) -> Term {
        let negated = condition.operator.negated;
        // Each value must satisfy the operator: lie in the set, or for a negated operator outside it.
        // "All do" is the negation of "some does not".
        match (values, set) {
            (Values::Many(members), _) => {
                let mut each = Vec::with_capacity(members.len());
                for member in members {
                    let matched = self.value_matches(&Subject::Known(member.clone()), condition);
                    each.push(if negated { self.terms.not(matched) } else { matched });
                }
                match set {
                    SetOperator::ForAllValues => self.terms.and(each),
                    SetOperator::ForAnyValue => self.terms.or(each),
                }
            }
            (Values::OpenMany(field), SetOperator::ForAnyValue) => self.member(field, condition, !negated),
            (Values::OpenMany(field), SetOperator::ForAllValues) => {
                let offends = self.member(field, condition, negated);
                self.terms.not(offends)
            }
            _ => Terms::FALSE,
        }
    }

    /// Some member of an open multivalued key matches (`inside`) or doesn't match the operands.
    fn member(&mut self, field: &Field, condition: &CompiledCondition, inside: bool) -> Term {
        let assumed: Vec<Term> = condition.unparsable.iter().map(|n| self.assumed(n)).collect();
        let assumed = self.terms.or(assumed);
        let typed = match &condition.test {
            Test::Null(_) => return Terms::FALSE,
            Test::Range(set) => {
                self.terms.atom_term(Atom::MemberRange { field: field.clone(), set: set.clone(), inside })
            }
            Test::Text { ground, templates } => self.member_text(field, ground, templates, inside),
        };
        if inside {
            let some = self.some_member(field);
            let open = self.terms.and([some, assumed]);
            self.terms.or([typed, open])
        } else {
            let settled = self.terms.not(assumed);
            self.terms.and([typed, settled])
        }
    }

    /// [`Encoder::member`] for texts. Where variables are open, one Boolean stands for the truth about
    /// the templates, over what each truth implies: a member inside the widened templates, or a member
    /// outside the ground patterns.
    fn member_text(
        &mut self,
        field: &Field,
        ground: &Arc<PatternSet>,
        templates: &[PatternText],
        inside: bool,
    ) -> Term {
        let mut known = ground.patterns.to_vec();
        let (mut open, mut names) = (Vec::new(), Vec::new());
        for template in templates {
            let Some(widened) = self.widen(template) else { continue };
            if widened.open {
                open.push(widened.pattern);
                names.push(render_template(template, ground.fold_case));
            } else {
                known.push(widened.pattern);
            }
        }
        let known = self.compiler.languages.set(known, ground.fold_case);
        let base = Atom::Member { field: field.clone(), set: known, inside };
        let base = self.terms.atom_term(base);
        if open.is_empty() {
            return base;
        }
        let relation = if inside { "matches one of" } else { "matches none of" };
        // "None of" is about the ground patterns too, so they are part of the name.
        let beside =
            if inside { Vec::new() } else { ground.patterns.iter().map(|p| format!("{p:?}")).collect() };
        let guess = self.assumed(
            &format!(
                "variable: some value of {} {relation} {}{}",
                field.name(),
                names.join(" "),
                beside.concat()
            )
            .into(),
        );
        if !inside {
            return self.terms.and([base, guess]);
        }
        let wide = self.compiler.languages.set(open, ground.fold_case);
        let wide = self.terms.atom_term(Atom::Member { field: field.clone(), set: wide, inside: true });
        let wide = self.terms.and([guess, wide]);
        self.terms.or([base, wide])
    }
}
