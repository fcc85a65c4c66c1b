//! What a control says of one pipeline, and how answers to its questions become findings.

use super::answers::{Answers, Certainty};
use super::case::Case;
use super::control::Control;
use super::evidence::Evidence;
use super::finding::{Finding, Judgement, fingerprint};
use crate::pipelines::Untold;
use crate::question::{Answer, Undecided, Verdict, Witness};
use gateproof_model::configuration::Told;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Case<'_> {
    /// What AWS says of something; `None`: it was not told, and that is said. `Some(None)`: there is none.
    pub fn told<T>(&mut self, subject: &str, what: &str, told: Told<T>) -> Option<Option<T>> {
        match told {
            Told::Known { value, .. } => Some(Some(value)),
            Told::Absent { .. } => Some(None),
            Told::Untold { command, problem } => {
                let why = problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
                let missing = Untold { what: format!("{what}{why}"), command: Some(command) };
                self.unknown(subject, format!("{what} is not told"), vec![missing]);
                None
            }
        }
    }

    /// The accounts whose users and roles were not collected.
    pub fn principals_untold(&self) -> Vec<Untold> {
        self.principals_untold_of(|_| true)
    }

    /// The same of one account.
    pub fn principals_untold_in(&self, account: &str) -> Vec<Untold> {
        self.principals_untold_of(|hidden| hidden == account)
    }

    fn principals_untold_of(&self, of: impl Fn(&str) -> bool) -> Vec<Untold> {
        let said_of = |answer: Answer| {
            let unread = answer.undecided.iter().map(missing_of_undecided);
            unread.chain(answer.untold.iter().cloned()).collect::<Vec<_>>()
        };
        let mut unlisted = self.estate.unlisted();
        unlisted.retain(|some| some.account.as_deref().is_none_or(&of));
        unlisted.into_iter().flat_map(|some| said_of(some.answer)).collect()
    }

    /// The same of something that is said of users and roles: unknown, where some were not collected.
    pub fn holds_of_all_principals(&mut self, subject: &str, message: &str) {
        match self.principals_untold() {
            missing if missing.is_empty() => self.holds(subject, message, Vec::new()),
            missing => self.unknown(subject, format!("as far as is known {message}"), missing),
        }
    }

    /// The same of something that is said of all pipelines: unknown, where some of them are.
    pub fn holds_of_all_pipelines(&mut self, subject: &str, message: &str, evidence: Vec<Evidence>) {
        if self.map.untold.is_empty() {
            return self.holds(subject, message, evidence);
        }
        let message = format!("as far as is known {message}");
        self.say(subject, "?", (Judgement::Unknown, message), evidence, self.map.untold.clone());
    }

    /// What was said of something since there were so many findings, and holds, is said of all pipelines.
    pub fn was_of_all_pipelines(&mut self, since: usize) {
        let said = self.findings.iter_mut().skip(since).filter(|finding| finding.verdict == Judgement::Holds);
        for finding in said.filter(|_| !self.map.untold.is_empty()) {
            finding.verdict = Judgement::Unknown;
            finding.message = format!("as far as is known {}", finding.message);
            finding.missing.extend(self.map.untold.iter().cloned());
            finding.fingerprint = fingerprint(finding.control, &finding.pipeline, &finding.subject, "?");
        }
    }

    /// Roles that were found since there were so many findings aren't meant as far as is known: a pipeline that isn't told may have them.
    pub fn may_be_of_untold_pipelines(&mut self, since: usize) {
        let is_role = |finding: &&mut Finding| finding.offender.contains(":role/");
        let found = self.findings.iter_mut().skip(since).filter(is_role);
        let found = found.filter(|finding| finding.verdict == Judgement::Violated);
        for finding in found.filter(|_| !self.map.unread.is_empty()) {
            finding.verdict = Judgement::Unknown;
            finding.message =
                format!("{}: whether a pipeline that is not told needs it is not known", finding.message);
            finding.missing.extend(self.map.unread.iter().cloned());
        }
    }

    /// The control holds of something.
    pub fn holds(&mut self, subject: &str, message: impl Into<String>, evidence: Vec<Evidence>) {
        self.say(subject, "", (Judgement::Holds, message.into()), evidence, Vec::new());
    }

    /// The control is violated: by somebody or something, an `offender`, that has to do with the subject.
    pub fn violated(
        &mut self,
        (subject, offender): (&str, &str),
        message: impl Into<String>,
        evidence: Vec<Evidence>,
    ) {
        self.say(subject, offender, (Judgement::Violated, message.into()), evidence, Vec::new());
    }

    /// The snapshot doesn't tell.
    pub fn unknown(&mut self, subject: &str, message: impl Into<String>, missing: Vec<Untold>) {
        self.say(subject, "?", (Judgement::Unknown, message.into()), Vec::new(), missing);
    }

    /// `gateproof.toml` doesn't say what is meant.
    pub fn not_meant(&mut self, subject: &str, key: &str, what: &str) {
        let missing = Untold { what: format!("{what}: `{key}` in [audit] of gateproof.toml"), command: None };
        self.unknown(subject, format!("nothing says {what}"), vec![missing]);
    }

    /// Nobody may but those that are meant to: a violation for everybody else who can, with a request.
    pub fn only(&mut self, subject: &str, answers: &Answers, meant: impl Fn(&str) -> bool, does: &str) {
        let mut settled = true;
        let mut undecided = undecided_by_reason(answers, &meant);
        let may = answers.each.iter().filter(|(_, answer)| answer.verdict != Verdict::Impossible);
        for (arn, answer) in may.filter(|(arn, _)| !meant(arn)) {
            match answer.verdict {
                Verdict::Reachable if Certainty::of(answer) == Certainty::CanIfUnread => {
                    self.doubtful(subject, arn, answer, does);
                    settled = false;
                }
                Verdict::Reachable => {
                    let evidence = answer.witness.iter().cloned().map(Evidence::Request).collect();
                    let taken: Vec<String> = answer.unknowns().collect();
                    let given = if taken.is_empty() {
                        String::new()
                    } else {
                        format!(", assuming {}", taken.join("; "))
                    };
                    self.violated((subject, arn), format!("{arn} {does}{given}"), evidence);
                    settled = false;
                }
                Verdict::Undecided => {
                    settled = false;
                    let why = reason_of(answer);
                    let Some(others) = undecided.remove(why) else { continue };
                    let missing: Vec<Untold> = answer.undecided.iter().map(missing_of_undecided).collect();
                    let message = format!("whether {arn}{} {does} is not decided: {why}", and_others(others));
                    self.say(subject, arn, (Judgement::Unknown, message), Vec::new(), missing);
                }
                Verdict::Impossible => {}
            }
        }
        if !settled {
            return;
        }
        let who = if answers.who_can().next().is_some() { "nobody else" } else { "nobody" };
        match answers.missing() {
            missing if missing.is_empty() => {
                self.holds(subject, format!("{who} {does}"), vec![answers.proof()]);
            }
            missing => self.unknown(subject, format!("as far as is known {who} {does}"), missing),
        }
    }

    /// All of some may: a violation for each who can't, as is proved; where something was not collected that may let them, that is said.
    pub fn all_of(&mut self, subject: &str, answers: &Answers, some: &BTreeSet<Arc<str>>, does_not: &str) {
        for (one, missing) in answers.cannot(some) {
            let message = format!("{one} {does_not}");
            if missing.is_empty() {
                let found = answers.who_can().map(|(arn, _)| arn.clone()).collect();
                let sets = Evidence::Sets { meant: some.iter().cloned().collect(), found };
                self.violated((subject, &one), message, vec![sets]);
            } else {
                let message = format!("as far as is known {message}");
                self.say(subject, &one, (Judgement::Unknown, message), Vec::new(), missing);
            }
        }
    }

    /// Somebody may only if something that isn't known is so, such as what a policy says that could not be read.
    pub fn doubtful(&mut self, subject: &str, arn: &str, answer: &Answer, does: &str) {
        let unknowns: Vec<String> = answer.unknowns().collect();
        let message = format!("{arn} {does} only if {}", unknowns.join("; "));
        let missing = unknowns.into_iter().map(|what| Untold { what, command: None }).collect();
        self.say(subject, arn, (Judgement::Unknown, message), Vec::new(), missing);
    }

    /// The same where somebody must be able to do two things; what shows either is shown.
    pub fn only_both(
        &mut self,
        subject: &str,
        (first, second): (&Answers, &Answers),
        meant: impl Fn(&str) -> bool,
        does: &str,
    ) {
        let said = self.findings.len();
        self.only(subject, &first.and(second), meant, does);
        let (first, second) = (first.witnesses(), second.witnesses());
        for finding in self.findings.iter_mut().skip(said).filter(|f| f.verdict == Judgement::Violated) {
            let of =
                |witnesses: &BTreeMap<Arc<str>, Witness>| witnesses.get(finding.offender.as_str()).cloned();
            finding.evidence = of(&first).into_iter().chain(of(&second)).map(Evidence::Request).collect();
        }
    }

    /// Nobody at all may: one violation for all who can, the fault being in what should stop them.
    pub fn nobody(&mut self, subject: &str, answers: &Answers, does: &str) {
        let can: Vec<Arc<str>> = answers.surely().map(|(arn, _)| arn.clone()).collect();
        let witness = answers.surely().find_map(|(_, answer)| answer.witness.clone());
        let (Some(first), Some(witness)) = (can.first(), witness) else {
            return self.only(subject, answers, |_| false, does);
        };
        let message = format!("{first}{} {does}", and_others(can.len() - 1));
        let sets = Evidence::Sets { meant: Vec::new(), found: can };
        self.violated((subject, ""), message, vec![Evidence::Request(witness), sets]);
    }

    fn say(
        &mut self,
        subject: &str,
        offender: &str,
        (verdict, message): (Judgement, String),
        evidence: Vec<Evidence>,
        missing: Vec<Untold>,
    ) {
        let Control { id, severity, .. } = *self.control;
        let pipeline = &self.pipeline.arn;
        self.findings.push(Finding {
            control: id,
            pipeline: pipeline.clone(),
            subject: subject.to_owned(),
            verdict,
            severity,
            message,
            evidence,
            fingerprint: fingerprint(id, pipeline, subject, offender),
            offender: offender.to_owned(),
            missing,
            waiver: None,
        });
    }
}

/// What isn't known that an answer hangs on; its place may be the command that would tell.
fn missing_of_undecided(why: &Undecided) -> Untold {
    let command = why.place.starts_with("aws ").then(|| why.place.clone());
    Untold { what: why.reason.clone(), command }
}

fn reason_of(answer: &Answer) -> &str {
    answer.undecided.as_ref().map(|u| u.reason.as_str()).unwrap_or_default()
}

/// By the reason, how many beside the first are undecided who aren't meant: where the time is up, everybody left is for the same.
fn undecided_by_reason<'a>(answers: &'a Answers, meant: &impl Fn(&str) -> bool) -> BTreeMap<&'a str, usize> {
    let mut reasons = BTreeMap::new();
    let undecided = answers.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Undecided);
    for (_, answer) in undecided.filter(|(arn, _)| !meant(arn)) {
        reasons.entry(reason_of(answer)).and_modify(|others| *others += 1).or_insert(0);
    }
    reasons
}

fn and_others(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " and one other".to_owned(),
        n => format!(" and {n} others"),
    }
}
