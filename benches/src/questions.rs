//! The fixed list of questions.

use gateproof::question::{Constraint, ConstraintError, Requests, Selector, SelectorError};
use gateproof_model::catalogue::AccessLevel;

/// The list, as text.
pub const TEXT: &str = include_str!("../questions.txt");

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// The line.
    pub text: String,
    /// Which requests it is about.
    pub requests: Requests,
    /// Whom `can` is asked about as a whole, where the line says so.
    pub principals: Option<Selector>,
}

/// Why a line is no question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// A condition is malformed.
    #[error(transparent)]
    Condition(#[from] ConstraintError),
    /// A selector is malformed.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// A level is unknown.
    #[error("access level `{0}`: expected read, list, write, tagging or permissions-management")]
    Level(String),
    /// The action or the resource is missing.
    #[error("`{0}`: expected an action and a resource")]
    Short(String),
}

/// Reads the list: a line is an action glob, a resource glob, and more words as its head explains.
///
/// # Errors
/// Where a line is no question.
pub fn parse_questions(text: &str) -> Result<Vec<Question>, QuestionError> {
    text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).map(parse_question).collect()
}

fn parse_question(line: &str) -> Result<Question, QuestionError> {
    let mut words = line.split_whitespace();
    let (Some(action), Some(resource)) = (words.next(), words.next()) else {
        return Err(QuestionError::Short(line.to_owned()));
    };
    let mut requests = Requests { actions: vec![action.to_owned()], ..Requests::default() };
    if resource != "*" {
        requests.resources.push(resource.to_owned());
    }
    let mut principals = None;
    for word in words {
        if let Some(selector) = word.strip_prefix("as=") {
            principals = Some(selector.parse::<Selector>()?);
        } else if let Some(levels) = word.strip_prefix("access=") {
            for level in levels.split(',') {
                let level =
                    AccessLevel::parse(level).ok_or_else(|| QuestionError::Level(level.to_owned()))?;
                requests.access.push(level);
            }
        } else {
            requests.when.push(word.parse::<Constraint>()?);
        }
    }
    Ok(Question { text: line.to_owned(), requests, principals })
}
