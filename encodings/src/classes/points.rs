//! Points that lie in some ranges and outside others.

use super::Demand;
use crate::language::RangeSet;
use crate::term::Atom;
use gateproof_model::operand::{Point, Scalar, parse_point, render_point, whole_line};

/// What is left of a line.
pub struct Left {
    intervals: Vec<(Point, Point)>,
}

impl Left {
    /// The whole line.
    pub fn all(scalar: Scalar) -> Self {
        Self { intervals: whole_line(scalar) }
    }

    /// Keeps what lies in the set.
    pub fn within(&mut self, set: &RangeSet) {
        let mut kept = Vec::new();
        for &(a, b) in &self.intervals {
            for &(c, d) in &set.intervals {
                let (first, last) = (a.max(c), b.min(d));
                if first <= last && first.family == last.family {
                    kept.push((first, last));
                }
            }
        }
        self.intervals = kept;
    }

    /// Keeps what lies outside the set.
    pub fn without(&mut self, set: &RangeSet) {
        let mut rest = std::mem::take(&mut self.intervals);
        for &(c, d) in &set.intervals {
            let mut next = Vec::with_capacity(rest.len() + 1);
            for (a, b) in rest {
                if b < c || d < a {
                    next.push((a, b));
                    continue;
                }
                if a < c {
                    next.push((a, Point { family: c.family, value: c.value.saturating_sub(1) }));
                }
                if d < b {
                    next.push((Point { family: d.family, value: d.value.saturating_add(1) }, b));
                }
            }
            rest = next;
        }
        self.intervals = rest;
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Some texts of points that are left, those that a person would choose first.
    pub fn samples(&self, scalar: Scalar) -> Vec<String> {
        let plain = match scalar {
            Scalar::Number => ["60", "1", "0", "100", "3600", "86400"].as_slice(),
            Scalar::Date => ["2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"].as_slice(),
            Scalar::Ip => ["203.0.113.10", "198.51.100.7", "10.0.0.10", "2001:db8::10"].as_slice(),
        };
        let liked = plain.iter().filter(|t| parse_point(scalar, t).is_some_and(|p| self.contains(p)));
        let mut texts: Vec<String> = liked.map(|t| (*t).to_owned()).collect();
        for &(first, last) in self.intervals.iter().take(8) {
            for point in [inner(scalar, first, last), first, last] {
                texts.push(render_point(scalar, point));
            }
        }
        texts
    }

    fn contains(&self, p: Point) -> bool {
        self.intervals.iter().any(|(first, last)| *first <= p && p <= *last)
    }
}

/// A point a little inside an interval: whole numbers and seconds, and host addresses, read best.
fn inner(scalar: Scalar, first: Point, last: Point) -> Point {
    let unit: u128 = match scalar {
        Scalar::Number => 1_000_000_000_000,
        Scalar::Date => 1_000_000_000,
        Scalar::Ip => 1,
    };
    let next = (first.value / unit + 1).saturating_mul(unit);
    Point { family: first.family, value: next.min(last.value).max(first.value) }
}

/// The lines that the demands speak of.
pub fn scalars(demands: &[Demand<'_>]) -> Vec<Scalar> {
    let mut found: Vec<Scalar> = demands
        .iter()
        .filter_map(|(_, atom, _)| match atom {
            Atom::Range(_, set) | Atom::MemberRange { set, .. } => Some(set.scalar),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
