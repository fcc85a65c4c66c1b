//! Conditions: one operator, one key, the values to compare with.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs.
//! multivalued context keys". CONFORMANCE section 3.

use super::Evaluation;
use super::context_value::Held;
use super::glob::Case;
use crate::assumption::name_unparsable;
use crate::operand::{Scalar, parse_point};
use crate::operator::{Comparison, Operator, Order, SetOperator};
use crate::policy::{Condition, Operand, Source};
use std::cmp::Ordering;

impl Evaluation<'_> {
    /// Whether the condition holds.
    pub fn condition_holds(&self, source: &Source, condition: &Condition) -> bool {
        let held = self.held(&condition.key);
        if condition.operator.comparison == Comparison::Null {
            return self.null_holds(source, condition, held);
        }
        let Operator { negated, if_exists, set, .. } = condition.operator;
        let satisfies = |value: &str| self.some_operand_matches(source, condition, value) != negated;
        match (held, set) {
            (Held::Absent, _) if if_exists => true,
            (Held::Absent, Some(SetOperator::ForAllValues)) => true,
            (Held::Absent, Some(SetOperator::ForAnyValue)) => false,
            // The key is missing: positive operators fail, negated ones hold.
            (Held::Absent, None) => negated,
            (Held::One(value), _) => satisfies(value),
            (Held::Many(values), Some(SetOperator::ForAllValues)) => values.iter().all(|v| satisfies(v)),
            (Held::Many(values), Some(SetOperator::ForAnyValue)) => values.iter().any(|v| satisfies(v)),
            (Held::Many(values), None) => {
                self.world.rules.plain_operator_matches_multivalued && values.iter().any(|v| satisfies(v))
            }
        }
    }

    /// `Null`: `"true"` demands that the key is absent or without values, `"false"` that it has some.
    fn null_holds(&self, source: &Source, condition: &Condition, held: Held<'_>) -> bool {
        let missing = match held {
            Held::Absent => true,
            Held::One(_) => false,
            Held::Many(values) => values.is_empty(),
        };
        condition.operands.iter().any(|operand| match operand {
            Operand::Flag(wanted) => *wanted == missing,
            open => self.open_operand_matches(source, condition, open),
        })
    }

    /// The values of a condition are alternatives: whether some one matches.
    fn some_operand_matches(&self, source: &Source, condition: &Condition, value: &str) -> bool {
        condition.operands.iter().any(|operand| {
            self.operand_matches(condition.operator.comparison, operand, value)
                .unwrap_or_else(|| self.open_operand_matches(source, condition, operand))
        })
    }

    fn open_operand_matches(&self, source: &Source, condition: &Condition, operand: &Operand) -> bool {
        match operand {
            Operand::Unparsable(text) => self.assume(name_unparsable(source, condition, text)),
            _ => false,
        }
    }

    /// `None` where the operand's text is not of the operator's type, so that AWS's answer is not known.
    fn operand_matches(&self, comparison: Comparison, operand: &Operand, value: &str) -> Option<bool> {
        Some(match (comparison, operand) {
            (_, Operand::Unparsable(_)) => return None,
            (Comparison::StringEquals { ignore_case: true }, Operand::Text(pattern)) => {
                self.pattern_matches(pattern, value, Case::Ignored) == Some(true)
            }
            (
                Comparison::StringEquals { ignore_case: false }
                | Comparison::StringLike
                | Comparison::Arn
                | Comparison::BinaryEquals,
                Operand::Text(pattern),
            ) => self.pattern_matches(pattern, value, Case::Sensitive) == Some(true),
            (Comparison::Numeric(order), Operand::Point(bound)) => {
                parse_point(Scalar::Number, value).is_some_and(|v| stands(v.cmp(bound), order))
            }
            (Comparison::Date(order), Operand::Point(bound)) => {
                parse_point(Scalar::Date, value).is_some_and(|v| stands(v.cmp(bound), order))
            }
            (Comparison::IpAddress, Operand::Network(first, last)) => parse_point(Scalar::Ip, value)
                .is_some_and(|v| v.family == first.family && *first <= v && v <= *last),
            (Comparison::Bool, Operand::Flag(flag)) => {
                value.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
            }
            _ => false,
        })
    }
}

/// Whether a request's value that compares so with the policy's value satisfies the operator.
fn stands(request_to_policy: Ordering, order: Order) -> bool {
    match order {
        Order::Equals => request_to_policy.is_eq(),
        Order::LessThan => request_to_policy.is_lt(),
        Order::LessThanEquals => request_to_policy.is_le(),
        Order::GreaterThan => request_to_policy.is_gt(),
        Order::GreaterThanEquals => request_to_policy.is_ge(),
    }
}
