//! Conditions as policies write them: joined, negated, compared.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context
//! keys". A policy can name an operator and a key together once, so two demands of one operator on one key must
//! become one.

use super::glob::{self, pieces_of, render_glob};
use gateproof_model::operand::{Scalar, parse_network, parse_point, render_point};
use gateproof_model::operator::{Comparison, Operator, Order, SetOperator};
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::{Condition, Operand, Version};
use std::collections::BTreeSet;

/// One operator on one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Test {
    /// The operator's name.
    pub operator: String,
    /// The key.
    pub key: String,
    /// The values, one of which must match (negated operators: none).
    pub values: BTreeSet<String>,
}

impl Test {
    /// A test of a literal value.
    pub fn new(operator: &str, key: &str, value: &str) -> Self {
        Self {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values: BTreeSet::from([value.to_owned()]),
        }
    }

    /// A condition of a policy, spelled as `key`.
    pub fn of(condition: &Condition, key: &str) -> Self {
        let values = condition.operands.iter().map(|o| render_operand(o, condition.operator)).collect();
        Self { operator: render_operator(condition.operator), key: key.to_owned(), values }
    }

    fn parsed(&self) -> Option<Operator> {
        Operator::parse(&self.operator)
    }
}

/// The operator's name as AWS spells it.
fn render_operator(operator: Operator) -> String {
    use Order::{Equals, GreaterThan, GreaterThanEquals, LessThan, LessThanEquals};
    let order = |o: Order| match o {
        Equals if operator.negated => "NotEquals",
        Equals => "Equals",
        LessThan => "LessThan",
        LessThanEquals => "LessThanEquals",
        GreaterThan => "GreaterThan",
        GreaterThanEquals => "GreaterThanEquals",
    };
    let not = if operator.negated { "Not" } else { "" };
    let base = match operator.comparison {
        Comparison::StringEquals { ignore_case: false } => format!("String{not}Equals"),
        Comparison::StringEquals { ignore_case: true } => format!("String{not}EqualsIgnoreCase"),
        Comparison::StringLike => format!("String{not}Like"),
        Comparison::Arn => format!("Arn{not}Like"),
        Comparison::Numeric(o) => format!("Numeric{}", order(o)),
        Comparison::Date(o) => format!("Date{}", order(o)),
        Comparison::Bool => "Bool".to_owned(),
        Comparison::BinaryEquals => "BinaryEquals".to_owned(),
        Comparison::IpAddress => format!("{not}IpAddress"),
        Comparison::Null => "Null".to_owned(),
    };
    let set = match operator.set {
        None => "",
        Some(SetOperator::ForAllValues) => "ForAllValues:",
        Some(SetOperator::ForAnyValue) => "ForAnyValue:",
    };
    format!("{set}{base}{}", if operator.if_exists { "IfExists" } else { "" })
}

fn wildcards_of(comparison: Comparison) -> Wildcards {
    match comparison {
        Comparison::StringLike => Wildcards::Flat,
        Comparison::Arn => Wildcards::Segments,
        _ => Wildcards::Literal,
    }
}

fn render_operand(operand: &Operand, operator: Operator) -> String {
    match operand {
        Operand::Text(pattern) => render_glob(&pieces_of(pattern), wildcards_of(operator.comparison), false),
        Operand::Point(point) => {
            let scalar = if matches!(operator.comparison, Comparison::Date(_)) {
                Scalar::Date
            } else {
                Scalar::Number
            };
            render_point(scalar, *point)
        }
        Operand::Network(first, last) => {
            let address = render_point(Scalar::Ip, *first);
            let width: u32 = if first.family == 4 { 32 } else { 128 };
            let free = 128 - (first.value ^ last.value).leading_zeros();
            if free == 0 { address } else { format!("{address}/{}", width.saturating_sub(free)) }
        }
        Operand::Flag(flag) => flag.to_string(),
        Operand::Unparsable(text) => text.to_string(),
    }
}

/// What joining comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// All of these, sorted.
    Tests(Vec<Test>),
    /// They contradict each other.
    Never,
    /// A policy can't say it; these say less.
    Weaker(Vec<Test>),
}

/// Both lists of tests at once.
pub fn join(a: &[Test], b: &[Test]) -> Joined {
    let mut all: Vec<Test> = a.to_vec();
    let mut weaker = false;
    for test in b {
        let same = all.iter_mut().find(|t| t.operator == test.operator && t.key == test.key);
        match same {
            None => all.push(test.clone()),
            Some(known) if known.values == test.values => {}
            Some(known) => match merge(known, test) {
                Merged::Values(values) => known.values = values,
                Merged::Never => return Joined::Never,
                Merged::Unsaid => weaker = true,
            },
        }
    }
    all.sort();
    if weaker { Joined::Weaker(all) } else { Joined::Tests(all) }
}

enum Merged {
    Values(BTreeSet<String>),
    Never,
    Unsaid,
}

fn merge(a: &Test, b: &Test) -> Merged {
    let Some(operator) = a.parsed() else { return Merged::Unsaid };
    let any = operator.set == Some(SetOperator::ForAnyValue);
    if operator.negated {
        // None of the one and none of the other.
        return if any { Merged::Unsaid } else { Merged::Values(&a.values | &b.values) };
    }
    if any {
        return Merged::Unsaid;
    }
    let common = match values_in_common(operator.comparison, a, b) {
        Some(common) => common,
        None if a.values.is_subset(&b.values) => a.values.clone(),
        None if b.values.is_subset(&a.values) => b.values.clone(),
        None => return Merged::Unsaid,
    };
    match (common.is_empty(), operator.if_exists || operator.set.is_some()) {
        (false, _) => Merged::Values(common),
        (true, false) => Merged::Never,
        (true, true) => Merged::Unsaid,
    }
}

/// Values that exactly what satisfies both tests satisfies; `None` where there are none to be found.
fn values_in_common(comparison: Comparison, a: &Test, b: &Test) -> Option<BTreeSet<String>> {
    let open = |t: &Test| t.values.iter().any(|v| v.contains("${"));
    match comparison {
        Comparison::StringEquals { ignore_case: false } if !open(a) && !open(b) => {
            Some(&a.values & &b.values)
        }
        Comparison::Null | Comparison::Bool => Some(&a.values & &b.values),
        Comparison::StringLike => pairwise(a, b, |x, y| {
            let globs = glob::intersect(&condition_glob(x), &condition_glob(y))?;
            Some(globs.iter().map(|g| render_glob(g, Wildcards::Flat, false)).collect())
        }),
        Comparison::Arn => pairwise(a, b, |x, y| {
            let read = |t: &str| PatternText::parse(t, Version::V2012, Wildcards::Segments, false);
            let (p, q) = (pieces_of(&read(x)), pieces_of(&read(y)));
            match (glob::includes(&p, &q), glob::includes(&q, &p), glob::overlaps(&p, &q)) {
                (true, _, _) => Some(vec![y.to_owned()]),
                (_, true, _) => Some(vec![x.to_owned()]),
                (_, _, false) => Some(Vec::new()),
                _ => None,
            }
        }),
        Comparison::IpAddress => pairwise(a, b, |x, y| {
            let ((p, q), (r, s)) = (parse_network(x)?, parse_network(y)?);
            if p.family != r.family || q < r || s < p {
                return Some(Vec::new());
            }
            // Two networks that meet are one within the other.
            Some(vec![if p <= r && s <= q { y } else { x }.to_owned()])
        }),
        Comparison::Numeric(order) => bound(order, Scalar::Number, a, b),
        Comparison::Date(order) => bound(order, Scalar::Date, a, b),
        _ => None,
    }
}

fn condition_glob(text: &str) -> glob::Glob {
    pieces_of(&PatternText::parse(text, Version::V2012, Wildcards::Flat, false))
}

fn pairwise(
    a: &Test,
    b: &Test,
    meet: impl Fn(&str, &str) -> Option<Vec<String>>,
) -> Option<BTreeSet<String>> {
    let mut common = BTreeSet::new();
    for x in &a.values {
        for y in &b.values {
            common.extend(meet(x, y)?);
        }
    }
    Some(common)
}

/// Of several bounds in one test the loosest counts, of two tests the tighter.
fn bound(order: Order, scalar: Scalar, a: &Test, b: &Test) -> Option<BTreeSet<String>> {
    let points = |t: &Test| -> Option<Vec<(gateproof_model::operand::Point, String)>> {
        t.values.iter().map(|v| Some((parse_point(scalar, v)?, v.clone()))).collect()
    };
    let (x, y) = (points(a)?, points(b)?);
    let chosen = match order {
        Order::Equals => return None,
        Order::LessThan | Order::LessThanEquals => x.into_iter().max()?.min(y.into_iter().max()?),
        Order::GreaterThan | Order::GreaterThanEquals => x.into_iter().min()?.max(y.into_iter().min()?),
    };
    Some(BTreeSet::from([chosen.1]))
}

/// Tests that hold together exactly where this one does not; `None` where no tests say so.
pub fn negate(test: &Test) -> Option<Vec<Test>> {
    let operator = test.parsed()?;
    let with = |operator: Operator, values: &BTreeSet<String>| Test {
        operator: render_operator(operator),
        key: test.key.clone(),
        values: values.clone(),
    };
    let flipped = Operator { negated: !operator.negated, if_exists: false, ..operator };
    let has_negation = matches!(
        operator.comparison,
        Comparison::StringEquals { .. } | Comparison::StringLike | Comparison::Arn | Comparison::IpAddress
    );
    match (operator.set, operator.comparison) {
        (Some(set), _) => {
            let other = match set {
                SetOperator::ForAllValues => SetOperator::ForAnyValue,
                SetOperator::ForAnyValue if operator.if_exists => return None,
                SetOperator::ForAnyValue => SetOperator::ForAllValues,
            };
            has_negation.then(|| vec![with(Operator { set: Some(other), ..flipped }, &test.values)])
        }
        (None, Comparison::Null | Comparison::Bool) => {
            let both = BTreeSet::from(["true".to_owned(), "false".to_owned()]);
            let other = &both - &test.values;
            if test.values.len() != 1 || other.len() != 1 {
                return None;
            }
            let null = operator.comparison == Comparison::Null;
            // An absent key fails `Bool` and passes `BoolIfExists`.
            let plain = Operator { if_exists: !null && !operator.if_exists, ..operator };
            Some(vec![with(plain, &other)])
        }
        (None, _) if has_negation => {
            let mut tests = vec![with(flipped, &test.values)];
            if operator.if_exists {
                tests.push(Test::new("Null", &test.key, "false"));
            }
            Some(tests)
        }
        _ => None,
    }
}

/// Lists of tests, one of which holds exactly where none of the given lists does; `None` where that can't be said.
pub fn none_of(paths: &[Vec<Test>]) -> Option<Vec<Vec<Test>>> {
    let mut ways: Vec<Vec<Test>> = vec![Vec::new()];
    for path in paths {
        let mut longer = Vec::new();
        for way in &ways {
            for test in path {
                match join(way, &negate(test)?) {
                    Joined::Tests(tests) => longer.push(tests),
                    Joined::Never => {}
                    Joined::Weaker(_) => return None,
                }
            }
        }
        longer.sort();
        longer.dedup();
        ways = longer;
        if ways.len() > 16 {
            return None;
        }
    }
    Some(ways)
}

#[cfg(test)]
mod tests;
