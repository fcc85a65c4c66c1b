//! Consecutive versions of AWS-managed policies, compared: each answer is held against requests one by one.

mod clock;
mod nearby;
mod seconded;

use crate::random::Random;
use clock::timed;
use gateproof::compare::{
    Comparer, DocumentComparison, DocumentRegion, PolicyKind, PolicyOf, PrintedRegion, Relation,
    parse_identity_policy,
};
use gateproof_model::policy::Document;
use gateproof_model::request::Request;
use nearby::nearby;
use seconded::Opinions;
pub use seconded::{Seconding, Solver};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A pair of versions.
#[derive(Debug, Deserialize)]
pub struct Pair {
    arn: String,
    from: String,
    to: String,
    old: serde_json::Value,
    new: serde_json::Value,
}

/// A comparer keeps what it has prepared; after so many pairs it is made anew.
const FRESH: usize = 100;
/// Requests tried a pair.
const TRIED: usize = 40;
/// Calls that no policy decides: they belong to no difference, whichever pattern matches them.
const FREE: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// What came of some pairs.
#[derive(Debug, Default)]
pub struct Tally {
    relations: BTreeMap<&'static str, usize>,
    verdicts: Vec<(Duration, String)>,
    wholes: Vec<(Duration, String)>,
    regions: usize,
    most_regions: usize,
    exact: usize,
    held: usize,
    outside: usize,
    seconded: BTreeMap<Solver, Opinions>,
    /// What is not as it should be.
    pub wrong: Vec<String>,
}

impl Pair {
    /// The pairs of a text, one a line.
    ///
    /// # Errors
    /// The first line that holds none.
    pub fn read_all(text: &str) -> Result<Vec<Self>, serde_json::Error> {
        text.lines().map(serde_json::from_str).collect()
    }
}

impl Tally {
    /// Compares the pairs one after the other, and puts those that are meant to solvers of strings as well.
    pub fn of(pairs: &[Pair], seconds: &[Seconding]) -> Self {
        let mut tally = Self::default();
        let mut comparer = Comparer::default();
        for (n, pair) in pairs.iter().enumerate() {
            if n % FRESH == 0 {
                comparer = Comparer::default();
            }
            let name = format!("{} {} to {}", pair.arn, pair.from, pair.to);
            let read = |document: &serde_json::Value| parse_identity_policy(&document.to_string(), &pair.arn);
            let (Some(old), Some(new)) = (read(&pair.old), read(&pair.new)) else {
                tally.wrong.push(format!("{name}: not read"));
                continue;
            };
            let relation = tally.compare(&comparer, &name, &old, &new, n);
            for second in seconds.iter().filter(|second| second.is_of(n)) {
                let opinions = tally.seconded.entry(second.solver).or_default();
                let wrong = second.ask(&comparer, [&old, &new], relation, opinions);
                tally.wrong.extend(wrong.iter().map(|wrong| format!("{name}: {wrong}")));
            }
        }
        tally
    }

    /// How many requests were of a region, and how many of none.
    pub fn tried(&self) -> (usize, usize) {
        (self.held, self.outside)
    }

    fn compare(
        &mut self,
        comparer: &Comparer,
        name: &str,
        old: &Arc<Document>,
        new: &Arc<Document>,
        n: usize,
    ) -> Relation {
        let of = PolicyOf::kind(PolicyKind::Identity);
        let (relation, took) = timed(|| comparer.relate(old, new, &of));
        self.verdicts.push((took, name.to_owned()));
        *self.relations.entry(relation.name()).or_default() += 1;
        let (answer, took) = timed(|| comparer.compare_documents(old, new, &of));
        self.wholes.push((took, name.to_owned()));
        if answer.relation != relation || relation == Relation::Undecided {
            self.wrong.push(format!("{name}: {} and {}", relation.name(), answer.relation.name()));
        }
        self.regions += answer.gained.len() + answer.lost.len();
        self.most_regions = self.most_regions.max(answer.gained.len() + answer.lost.len());
        self.exact += usize::from(answer.exact);
        if !answer.exact {
            self.wrong.push(format!("{name}: not exact: {:?}", answer.undecided));
        }
        self.try_requests(comparer, name, [old, new], &answer, n);
        relation
    }

    /// Each witness is allowed by one side only; requests nearby are of a region where and only where the sides differ.
    fn try_requests(
        &mut self,
        comparer: &Comparer,
        name: &str,
        [old, new]: [&Arc<Document>; 2],
        answer: &DocumentComparison,
        n: usize,
    ) {
        for (regions, from, to) in [(&answer.gained, old, new), (&answer.lost, new, old)] {
            for region in regions {
                if !comparer.allows(to, &region.witness) || comparer.allows(from, &region.witness) {
                    self.wrong.push(format!("{name}: {:?}", region.witness));
                }
            }
        }
        let printed = |regions: &[DocumentRegion]| -> Vec<Option<PrintedRegion>> {
            regions.iter().map(PrintedRegion::of).collect()
        };
        let (gained, lost) = (printed(&answer.gained), printed(&answer.lost));
        let mut random = Random::new(u64::try_from(n).unwrap_or_default());
        let decided = |request: &Request| !FREE.iter().any(|free| request.action.eq_ignore_ascii_case(free));
        for request in (0..TRIED).filter_map(|_| nearby(&mut random, [old, new])).filter(decided) {
            let (before, after) = (comparer.allows(old, &request), comparer.allows(new, &request));
            for (regions, wanted) in [(&gained, after && !before), (&lost, before && !after)] {
                let held = regions.iter().flatten().any(|region| region.holds(&request, comparer));
                if held != wanted {
                    self.wrong.push(format!("{name}: {held} but {wanted}: {request:?}"));
                }
                if held { self.held += 1 } else { self.outside += 1 }
            }
        }
    }

    /// The figures, and so many pairs that took the longest.
    pub fn render(&self, slowest: usize) -> String {
        let relations: Vec<String> = self.relations.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let seconded: String =
            self.seconded.iter().map(|(solver, opinions)| opinions.render(*solver)).collect();
        let wrong: String = self.wrong.iter().map(|w| format!("  {w}\n")).collect();
        format!(
            "{} pairs: {}\nverdict  {}\nregions  {}\n\
             {} regions, at most {} a pair; exact {}\n\
             requests nearby: {} of a region, {} of none\n\
             {seconded}wrong: {}\n{wrong}",
            self.verdicts.len(),
            relations.join(", "),
            spread(&self.verdicts, slowest),
            spread(&self.wholes, slowest),
            self.regions,
            self.most_regions,
            self.exact,
            self.held,
            self.outside,
            self.wrong.len(),
        )
    }
}

fn spread(times: &[(Duration, String)], slowest: usize) -> String {
    let mut sorted: Vec<&(Duration, String)> = times.iter().collect();
    sorted.sort();
    let in_ms = |time: &Duration| time.as_secs_f64() * 1e3;
    let at = |share: usize| sorted.get((sorted.len() * share / 1000).min(sorted.len().saturating_sub(1)));
    let ms = |share: usize| at(share).map_or(0.0, |(time, _)| in_ms(time));
    let longest = sorted.iter().rev().take(slowest);
    let longest: String = longest.map(|(time, name)| format!("\n  {:.1} ms {name}", in_ms(time))).collect();
    format!("median {:.3} ms, p99 {:.2} ms, slowest {:.1} ms{longest}", ms(500), ms(990), ms(1000))
}
