//! Condition operators.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators", and "Single-valued vs.
//! multivalued context keys". CONFORMANCE 3.0.

/// What an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `StringEquals` (`ignore_case`: `StringEqualsIgnoreCase`).
    StringEquals {
        /// Whether letter case is ignored.
        ignore_case: bool,
    },
    /// `StringLike`: with `*` and `?`.
    StringLike,
    /// `NumericEquals`, `NumericLessThan`, ….
    Numeric(Order),
    /// `DateEquals`, `DateLessThan`, ….
    Date(Order),
    /// `Bool`.
    Bool,
    /// `BinaryEquals`: base-64 text.
    BinaryEquals,
    /// `IpAddress`.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which mean the same.
    Arn,
    /// `Null`.
    Null,
}

/// The order relations of the numeric and date operators. Not-equals is [`Operator::negated`] equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Equal.
    Equals,
    /// Less than.
    LessThan,
    /// Less than or equal.
    LessThanEquals,
    /// Greater than.
    GreaterThan,
    /// Greater than or equal.
    GreaterThanEquals,
}

/// `ForAllValues:` or `ForAnyValue:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// Every value of the request must satisfy; true where there is none.
    ForAllValues,
    /// Some value of the request must satisfy; false where there is none.
    ForAnyValue,
}

/// One condition operator with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operator {
    /// The comparison.
    pub comparison: Comparison,
    /// Whether it is the `…Not…` form: no listed value matches.
    pub negated: bool,
    /// Whether it ends in `IfExists`: true where the key is absent.
    pub if_exists: bool,
    /// The set operator before it, if any.
    pub set: Option<SetOperator>,
}

impl Operator {
    /// Reads an operator's name; names are compared without regard to case.
    ///
    /// `None`: no such operator, or a combination that AWS refuses (`NullIfExists`).
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (set, rest) = match lower.split_once(':') {
            None => (None, lower.as_str()),
            Some(("forallvalues", rest)) => (Some(SetOperator::ForAllValues), rest),
            Some(("foranyvalue", rest)) => (Some(SetOperator::ForAnyValue), rest),
            Some(_) => return None,
        };
        let (rest, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (comparison, negated) = base_operator(rest)?;
        if comparison == Comparison::Null && if_exists {
            return None;
        }
        Some(Self { comparison, negated, if_exists, set })
    }
}

fn base_operator(name: &str) -> Option<(Comparison, bool)> {
    use Comparison::{Arn, BinaryEquals, Bool, Date, IpAddress, Null, Numeric, StringEquals, StringLike};
    Some(match name {
        "stringequals" => (StringEquals { ignore_case: false }, false),
        "stringnotequals" => (StringEquals { ignore_case: false }, true),
        "stringequalsignorecase" => (StringEquals { ignore_case: true }, false),
        "stringnotequalsignorecase" => (StringEquals { ignore_case: true }, true),
        "stringlike" => (StringLike, false),
        "stringnotlike" => (StringLike, true),
        "numericequals" => (Numeric(Order::Equals), false),
        "numericnotequals" => (Numeric(Order::Equals), true),
        "numericlessthan" => (Numeric(Order::LessThan), false),
        "numericlessthanequals" => (Numeric(Order::LessThanEquals), false),
        "numericgreaterthan" => (Numeric(Order::GreaterThan), false),
        "numericgreaterthanequals" => (Numeric(Order::GreaterThanEquals), false),
        "dateequals" => (Date(Order::Equals), false),
        "datenotequals" => (Date(Order::Equals), true),
        "datelessthan" => (Date(Order::LessThan), false),
        "datelessthanequals" => (Date(Order::LessThanEquals), false),
        "dategreaterthan" => (Date(Order::GreaterThan), false),
        "dategreaterthanequals" => (Date(Order::GreaterThanEquals), false),
        "bool" => (Bool, false),
        "binaryequals" => (BinaryEquals, false),
        "ipaddress" => (IpAddress, false),
        "notipaddress" => (IpAddress, true),
        "arnequals" | "arnlike" => (Arn, false),
        "arnnotequals" | "arnnotlike" => (Arn, true),
        "null" => (Null, false),
        _ => return None,
    })
}
