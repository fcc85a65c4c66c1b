//! Whether a point lies in all of some ranges and in none of others.

use gateproof_encodings::language::RangeSet;
use gateproof_model::operand::Point;

/// Whether no point lies in each set that is paired with `true` and in no other.
///
/// Lines are judged one by one: on a line without a set to lie in, a text that is no point will do.
/// Every pair of family and value counts as a point, also where no text reads as it: that can only
/// make an empty set look inhabited.
pub fn no_point(sets: &[(&RangeSet, bool)]) -> bool {
    sets.iter().filter(|(_, inside)| *inside).any(|(first, _)| {
        let mut left = first.intervals.to_vec();
        for (set, inside) in sets.iter().filter(|(s, _)| s.scalar == first.scalar) {
            if *inside {
                let overlaps = |a| set.intervals.iter().filter_map(move |b| overlap(a, *b));
                left = left.into_iter().flat_map(overlaps).collect();
                continue;
            }
            for cut in &set.intervals {
                left = left.into_iter().flat_map(|a| remains(a, *cut)).flatten().collect();
            }
        }
        left.iter().all(|(first, last)| first > last)
    })
}

fn overlap(a: (Point, Point), b: (Point, Point)) -> Option<(Point, Point)> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (both.0 <= both.1).then_some(both)
}

/// What is left of `a` below and above `cut`; all of it where they don't meet.
fn remains(a: (Point, Point), cut: (Point, Point)) -> [Option<(Point, Point)>; 2] {
    // An interval across families is never made; it is not cut, which errs to the safe side.
    if a.0.family != a.1.family || overlap(a, cut).is_none() {
        return [Some(a), None];
    }
    let below = cut.0.value.checked_sub(1).map(|value| (a.0, Point { value, ..cut.0 }));
    let above = cut.1.value.checked_add(1).map(|value| (Point { value, ..cut.1 }, a.1));
    [below, above].map(|part| part.filter(|(first, last)| first <= last))
}
