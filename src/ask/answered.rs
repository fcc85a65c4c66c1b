//! Answers that are kept: what many ask about the same resources is asked once.

use super::estate::Estate;
use super::question_key::{Key, key_of};
use super::summary::Prepared;
use super::{AskError, CrossCheck, Limits, Settings};
use crate::question::{Answer, Quantifier, Requests, Verdict};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everybody's answer to a question.
pub(crate) type Everybody = Arc<[(Arc<str>, Arc<Answer>)]>;

/// So many callers' answers are kept, some 24 bytes each; of those that were kept longest, none. This bounds memory, not what is
/// answered. Those about who can do what with 500 pipelines of a thousand principals are still there when controls ask again.
const KEPT: usize = 4_000_000;

/// So many different answers of a question are compared with each next, so that those of callers whom nothing concerns are kept once.
const COMPARED: usize = 8;

/// So many questions about single principals are kept ready.
const READY: usize = 8;

/// Of questions about so many calls as many are kept beside: to make one ready takes longer than to answer it for a principal.
const MANY_CALLS: usize = 256;

/// An estate's answers to questions about single calls.
pub(crate) struct Answered<'a> {
    /// Who is asked about.
    pub estate: &'a Estate,
    settings: &'a Settings,
    /// The settings of questions that are not seconded.
    alone: Settings,
    /// Of so many questions one is seconded by sample.
    one_in: u32,
    kept: Mutex<Kept>,
    /// Questions about single principals, made ready.
    prepared: Ready<'a>,
    /// Those about many calls.
    prepared_many: Ready<'a>,
}

/// A question with its digest: of thousands of calls, that takes longer than to look the answer up.
pub(crate) struct Digested {
    key: Key,
    pub requests: Requests,
}

impl Digested {
    pub fn of(requests: Requests) -> Self {
        Self { key: key_of(&requests), requests }
    }
}

/// Questions made ready, the one asked last at the end.
type Ready<'a> = Mutex<VecDeque<(Key, Arc<Prepared<'a>>)>>;

#[derive(Default)]
struct Kept {
    by_question: FxHashMap<Key, Everybody>,
    /// The questions, the oldest first.
    order: VecDeque<Key>,
    callers: usize,
}

impl<'a> Answered<'a> {
    /// Nothing is answered yet.
    pub fn new(estate: &'a Estate, settings: &'a Settings) -> Self {
        let alone = Settings { cross_check: CrossCheck::Never, ..settings.clone() };
        let (prepared, prepared_many) = (Ready::default(), Ready::default());
        Self { estate, settings, alone, one_in: 1, kept: Mutex::default(), prepared, prepared_many }
    }

    /// Where answers are seconded by sample, only those of one in so many questions are: the same ones in every run.
    pub fn sampling_one_in(self, one_in: usize) -> Self {
        Self { one_in: u32::try_from(one_in).unwrap_or(u32::MAX).max(1), ..self }
    }

    fn settings_of(&self, question: &Key) -> &Settings {
        let [a, b, c, d, ..] = *question;
        let passed_over = u32::from_le_bytes([a, b, c, d]) % self.one_in != 0;
        let sampled = self.settings.cross_check == CrossCheck::Sample;
        if sampled && passed_over { &self.alone } else { self.settings }
    }

    /// [`Estate::who_can`].
    pub fn who_can(&self, requests: &Requests) -> Result<Everybody, AskError> {
        let key = key_of(&("who can", requests));
        self.once(key, || {
            let mut different: VecDeque<Arc<Answer>> = VecDeque::new();
            let each = self.estate.everybodys_answers(requests, self.settings_of(&key))?.into_iter();
            Ok(each.map(|(arn, answer)| (arn, shared(answer, &mut different))).collect())
        })
    }

    /// [`Estate::can_within`].
    pub fn can_within(
        &self,
        principal: &str,
        limits: &Limits,
        requests: &Requests,
    ) -> Result<Arc<Answer>, AskError> {
        self.can_within_of(principal, limits, (key_of(requests), requests))
    }

    /// The same of a question whose digest is known.
    pub fn can_within_known(
        &self,
        principal: &str,
        limits: &Limits,
        question: &Digested,
    ) -> Result<Arc<Answer>, AskError> {
        self.can_within_of(principal, limits, (question.key, &question.requests))
    }

    fn can_within_of(
        &self,
        principal: &str,
        limits: &Limits,
        (of_requests, requests): (Key, &Requests),
    ) -> Result<Arc<Answer>, AskError> {
        let all = self.once(key_of(&(principal, limits, of_requests)), || {
            let prepared = self.prepared(of_requests, requests)?;
            let answer = self.estate.can_within(principal, limits, &prepared)?;
            Ok([(principal.into(), Arc::new(answer))].into())
        })?;
        let answer = all.first().map(|(_, answer)| answer.clone());
        answer.ok_or_else(|| AskError::NothingSelected { given: principal.to_owned() })
    }

    /// The question made ready.
    fn prepared(&self, key: Key, requests: &Requests) -> Result<Arc<Prepared<'a>>, AskError> {
        let many = requests.actions.len() >= MANY_CALLS;
        let ready = if many { &self.prepared_many } else { &self.prepared };
        if let Some(known) = ready_for(&key, ready) {
            return Ok(known);
        }
        let settings = self.settings_of(&key);
        let new = Arc::new(self.estate.prepare(requests.clone(), Quantifier::Some, settings)?);
        // Another thread may have made it ready meanwhile; then that is the one that is kept.
        let known = ready_for(&key, ready);
        Ok(known.unwrap_or_else(|| {
            let mut ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
            if ready.len() == READY {
                ready.pop_front();
            }
            ready.push_back((key, new.clone()));
            new
        }))
    }

    fn once(
        &self,
        key: Key,
        ask: impl FnOnce() -> Result<Everybody, AskError>,
    ) -> Result<Everybody, AskError> {
        if let Some(known) = self.kept().by_question.get(&key) {
            return Ok(known.clone());
        }
        let answers = ask()?;
        self.kept().keep(key, answers.clone());
        Ok(answers)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, key: Key, answers: Everybody) {
        self.callers += answers.len();
        self.order.push_back(key);
        if let Some(before) = self.by_question.insert(key, answers) {
            self.callers -= before.len();
        }
        while self.callers > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.callers -= self.by_question.remove(&oldest).map_or(0, |answers| answers.len());
        }
    }
}

/// A question that is ready, if it is; it was asked last then.
fn ready_for<'a>(key: &Key, ready: &Ready<'a>) -> Option<Arc<Prepared<'a>>> {
    let mut ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
    let at = ready.iter().position(|(known, _)| known == key)?;
    let found = ready.remove(at)?;
    let known = found.1.clone();
    ready.push_back(found);
    Some(known)
}

/// An answer, or an equal one that is there already.
fn shared(answer: Arc<Answer>, different: &mut VecDeque<Arc<Answer>>) -> Arc<Answer> {
    let same = |other: &&Arc<Answer>| {
        answer.verdict == Verdict::Impossible
            && other.verdict == Verdict::Impossible
            && other.proof == answer.proof
            && Arc::ptr_eq(&other.untold, &answer.untold)
            && other.assumptions == answer.assumptions
    };
    if let Some(known) = different.iter().find(same) {
        return known.clone();
    }
    if answer.verdict == Verdict::Impossible {
        different.truncate(COMPARED - 1);
        different.push_front(answer.clone());
    }
    answer
}
