//! Answers that are kept: what many ask about the same resources is asked once.

use super::estate::Estate;
use super::{AskError, Settings};
use crate::question::{Answer, Requests, Verdict};
use gateproof_model::policy::Document;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everybody's answer to a question.
pub(crate) type Everybody = Arc<[(Arc<str>, Arc<Answer>)]>;

/// So many callers' answers are kept; of those that were kept longest, none. This bounds memory, not what is answered.
const KEPT: usize = 4_000_000;

/// So many different answers of a question are compared with each next, so that those of callers whom nothing concerns are kept once.
const COMPARED: usize = 8;

/// An estate's answers to questions about single calls.
pub(crate) struct Answered<'a> {
    /// Who is asked about.
    pub estate: &'a Estate,
    settings: &'a Settings,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_question: FxHashMap<Key, Everybody>,
    /// The questions, the oldest first.
    order: VecDeque<Key>,
    callers: usize,
}

/// A digest of a question.
type Key = [u8; 32];

impl<'a> Answered<'a> {
    /// Nothing is answered yet.
    pub fn new(estate: &'a Estate, settings: &'a Settings) -> Self {
        Self { estate, settings, kept: Mutex::default() }
    }

    /// [`Estate::who_can`].
    pub fn who_can(&self, requests: &Requests) -> Result<Everybody, AskError> {
        self.once(key_of(&("who can", requests)), || {
            let mut different: VecDeque<Arc<Answer>> = VecDeque::new();
            let each = self.estate.who_can(requests, self.settings)?.into_iter();
            Ok(each.map(|(arn, answer)| (arn, shared(answer, &mut different))).collect())
        })
    }

    /// [`Estate::can_within`].
    pub fn can_within(
        &self,
        principal: &str,
        session: Option<Arc<Document>>,
        requests: &Requests,
    ) -> Result<Arc<Answer>, AskError> {
        let all = self.once(key_of(&(principal, &session, requests)), || {
            let answer = self.estate.can_within(principal, session, requests, self.settings)?;
            Ok([(principal.into(), Arc::new(answer))].into())
        })?;
        let answer = all.first().map(|(_, answer)| answer.clone());
        answer.ok_or_else(|| AskError::NothingSelected { given: principal.to_owned() })
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

/// An answer, or an equal one that is there already.
fn shared(answer: Answer, different: &mut VecDeque<Arc<Answer>>) -> Arc<Answer> {
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
    let answer = Arc::new(answer);
    if answer.verdict == Verdict::Impossible {
        different.truncate(COMPARED - 1);
        different.push_front(answer.clone());
    }
    answer
}

/// Two questions have the same only if they are written the same.
fn key_of(question: &impl Debug) -> Key {
    struct Hashing(Sha256);
    impl Write for Hashing {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }
    let mut hash = Hashing(Sha256::new());
    // Hashing can't fail.
    let _ = write!(hash, "{question:?}");
    hash.0.finalize().into()
}
