//! What can be come to in any number of steps, as findings.

use super::answers::{Certainty, missing_of};
use super::case::Case;
use super::evidence::Evidence;
use crate::escalation::ReachAnswer;
use crate::pipelines::Untold;
use crate::question::Verdict;

impl Case<'_> {
    /// Nobody may come to something: violated where a chain leads there, holds where it is proved that none does.
    ///
    /// `question` names what is impossible then; `does` says what the offender does with the chain.
    pub fn never(
        &mut self,
        (subject, offender): (&str, &str),
        found: &ReachAnswer,
        question: &str,
        does: &str,
    ) {
        let overall = &found.overall;
        match overall.verdict {
            Verdict::Reachable if Certainty::of(overall) == Certainty::CanIfUnread => {
                let unknowns: Vec<String> = overall.unknowns().collect();
                let message = format!("{offender} {does} only if {}", unknowns.join("; "));
                let missing = unknowns.into_iter().map(|what| Untold { what, command: None }).collect();
                self.unknown(subject, message, missing);
            }
            Verdict::Reachable => {
                let steps = found.chains.first().map_or(0, |chain| chain.steps.len());
                let evidence = found.chains.first().cloned().map(Evidence::Chain).into_iter().collect();
                let given = match overall.assumptions.as_slice() {
                    [] => String::new(),
                    some => format!(", assuming {}", some.join("; ")),
                };
                let message = format!("{offender} {does} by {steps} requests{given}");
                self.violated((subject, offender), message, evidence);
            }
            Verdict::Undecided => {
                let why = overall.undecided.as_ref().map(|u| u.reason.clone()).unwrap_or_default();
                let missing = vec![Untold { what: why.clone(), command: None }];
                self.unknown(subject, format!("{question}: not decided: {why}"), missing);
            }
            Verdict::Impossible if !overall.untold.is_empty() => {
                let missing = missing_of(std::iter::once(overall));
                self.unknown(subject, format!("as far as is known impossible: {question}"), missing);
            }
            Verdict::Impossible => {
                let proof = overall.proof.clone();
                let evidence = proof.map(|proof| Evidence::NoChain { question: question.to_owned(), proof });
                self.holds(subject, format!("impossible: {question}"), evidence.into_iter().collect());
            }
        }
    }
}
