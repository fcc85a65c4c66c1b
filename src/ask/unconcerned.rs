//! Callers whom a question doesn't concern: nothing of their own policies lists one of its actions on what it asks about, and no policy
//! of a resource grants them one. Asking them would make no formula, so that those of an account share an answer.

use super::authorizations::needs;
use super::caller::CallerEntity;
use super::estate::Estate;
use super::plan::{Plan, Reach};
use super::summary::{Prepared, Tally};
use crate::question::{Answer, Quantifier};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The plans of so many actions are looked through for each caller.
const MOST_ACTIONS: usize = 1_024;

/// What is told of a question beforehand, once for all callers.
pub(super) struct Unconcerned<'p, 'a> {
    estate: &'a Estate,
    prepared: &'p Prepared<'a>,
    plans: Vec<&'p Plan<'a>>,
    by_account: FxHashMap<Option<Arc<str>>, Arc<Answer>>,
}

impl<'p, 'a> Unconcerned<'p, 'a> {
    /// `None`: each caller is to be asked.
    ///
    /// Not where something is said of an action without a resource case of its own: calls that need no permission or several
    /// authorizations, and questions about nothing but requests that AWS could receive.
    pub fn of(estate: &'a Estate, prepared: &'p Prepared<'a>) -> Option<Self> {
        let known = &prepared.actions.known;
        let plain = prepared.quantifier == Quantifier::Some
            && !prepared.exhaustive
            && !prepared.realistic
            && known.len() <= MOST_ACTIONS
            && prepared.prefilter.needs_permission();
        let several = || known.iter().any(|a| needs(*a).is_some_and(|needs| !needs.each.is_empty()));
        if !plain || several() {
            return None;
        }
        let plans = (0..known.len()).filter_map(|n| estate.plan_at(prepared, n));
        let plans = plans.chain(estate.open_plan(prepared)).collect();
        Some(Self { estate, prepared, plans, by_account: FxHashMap::default() })
    }

    /// The answer of a caller whom nothing concerns.
    pub fn answer(&mut self, caller: &CallerEntity) -> Option<Arc<Answer>> {
        let Self { estate, prepared, plans, by_account } = self;
        let (filter, compiler) = (&prepared.prefilter, &estate.compiler);
        let open = || !prepared.actions.open.is_empty() && filter.may_allow_open(caller, compiler);
        if !filter.lists_nothing(caller, compiler) || open() {
            return None;
        }
        let reach = Reach { by_identity: false, narrowed: true, refuted: false };
        if plans.iter().any(|plan| !plan.targets(estate, caller, reach, &prepared.resources).is_empty()) {
            return None;
        }
        let settled = || Arc::new(estate.settle(caller, prepared, Tally::default()));
        Some(by_account.entry(caller.account.clone()).or_insert_with(settled).clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::ask::{CrossCheck, EstateOptions, Settings};
    use crate::question::{Requests, Verdict};
    use gateproof_encodings::term::Terms;
    use std::path::Path;

    /// Asked by themselves, those whom nothing concerns have the same answer, with the same proof.
    #[test]
    fn whom_nothing_concerns_is_answered_as_if_asked() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let questions: [(&[&str], &[&str]); 7] = [
            (&["s3:*"], &["arn:aws:s3:::acme-pipeline-artifacts-222222222222/*"]),
            (&["s3:GetObject"], &[]),
            (&["kms:Decrypt"], &[]),
            (&["iam:PassRole", "iam:CreateRole"], &[]),
            (&["codepipeline:*"], &[]),
            (&["sts:AssumeRole"], &[]),
            (&["sqs:SendMessage", "sns:Publish"], &["arn:aws:sns:*"]),
        ];
        let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
        let mut seen = 0;
        for twin in ["acme", "acme-fixed"] {
            let path = Path::new("corpus/snapshots").join(twin);
            let estate = Estate::load(&path, EstateOptions::default()).unwrap();
            for (actions, resources) in questions {
                let (actions, resources) = (list(actions), list(resources));
                let requests = Requests { actions, resources, ..Requests::default() };
                let prepared = estate.prepare(&requests, Quantifier::Some, &settings).unwrap();
                let Some(mut unconcerned) = Unconcerned::of(&estate, &prepared) else { continue };
                for caller in estate.callers().chain(&estate.beside) {
                    let Some(answer) = unconcerned.answer(caller) else { continue };
                    let asked = estate.ask(&mut Terms::default(), caller, &prepared);
                    assert_eq!(asked.verdict, Verdict::Impossible, "{requests:?}: {}", caller.id);
                    assert_eq!(asked.proof, answer.proof, "{requests:?}: {}", caller.id);
                    assert_eq!(asked.untold, answer.untold, "{requests:?}: {}", caller.id);
                    seen += 1;
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }

    #[test]
    fn some_questions_are_put_to_each() {
        let estate = Estate::load(Path::new("corpus/snapshots/acme"), EstateOptions::default()).unwrap();
        let settings = Settings::default();
        let one_by_one = |action: &str, settings: &Settings| {
            let requests = Requests { actions: vec![action.to_owned()], ..Requests::default() };
            let prepared = estate.prepare(&requests, Quantifier::Some, settings).unwrap();
            Unconcerned::of(&estate, &prepared).is_none()
        };
        assert!(!one_by_one("s3:GetObject", &settings));
        assert!(one_by_one("sts:GetCallerIdentity", &settings), "needs no permission");
        assert!(one_by_one("ec2:RunInstances", &settings), "needs several authorizations");
        assert!(one_by_one("s3:GetObject", &Settings { exhaustive: true, ..settings.clone() }));
        assert!(one_by_one("s3:GetObject", &Settings { realistic: true, ..settings }));
    }
}
