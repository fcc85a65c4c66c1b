//! Gaps and needs: files of properties, or a question as text.

use super::{CliError, asked};
use crate::escalation::Target;
use crate::prove::Claim;
use crate::question::{Requests, Selector};
use clap::{Args, Parser, Subcommand};

/// A question about what somebody could do and shouldn't, without a snapshot.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
struct Text {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// As `gateproof can`, of single calls.
    Can(Can),
    /// As `gateproof who-can`: whoever there is.
    WhoCan(Matching),
    /// As `gateproof reach`, of any number of steps.
    Reach(Reach),
}

#[derive(Debug, Args)]
struct Matching {
    #[arg(long)]
    action: Vec<String>,
    #[arg(long)]
    resource: Vec<String>,
    #[arg(long = "in")]
    within: Vec<String>,
    #[arg(long)]
    access: Vec<String>,
    #[arg(long)]
    when: Vec<String>,
}

#[derive(Debug, Args)]
struct Can {
    #[arg(long, required = true)]
    principal: Vec<String>,
    #[command(flatten)]
    matching: Matching,
}

#[derive(Debug, Args)]
struct Reach {
    #[arg(long, required = true)]
    from: Vec<String>,
    #[command(flatten)]
    matching: Matching,
    #[arg(long)]
    controls: Vec<String>,
    #[arg(long)]
    administrator: Vec<String>,
    #[arg(long)]
    reads: Vec<String>,
}

/// Whether a text is a question, and not the name of a file.
pub(crate) fn is_question(text: &str) -> bool {
    let first = text.split_whitespace().next();
    text.contains("--") && matches!(first, Some("can" | "who-can" | "reach"))
}

/// The question that a text asks.
pub(crate) fn parse_question(text: &str) -> Result<Claim, CliError> {
    let malformed = |why: String| CliError::Usage(format!("question `{text}`: {why}"));
    let words = shlex::split(text).ok_or_else(|| malformed("a quote is not closed".to_owned()))?;
    let parsed = Text::try_parse_from(words).map_err(|error| malformed(first_line(&error.to_string())))?;
    let through_escalation = matches!(parsed.question, Question::Reach(_));
    let (from, matching, other) = match parsed.question {
        Question::Can(can) => (can.principal, can.matching, Vec::new()),
        Question::WhoCan(matching) => (Vec::new(), matching, Vec::new()),
        Question::Reach(reach) => {
            let other = other_targets(&reach)?;
            (reach.from, reach.matching, other)
        }
    };
    let when = asked::parse_conditions(&matching.when)?;
    let mut targets = access(&matching)?.into_iter().chain(other);
    let (first, more): (Option<Target>, Vec<Target>) = (targets.next(), targets.collect());
    let target = match (first, more.is_empty()) {
        (None, _) => return Err(malformed("expected --action, or another target of reach".to_owned())),
        (Some(one), true) => one,
        (Some(one), false) => Target::AnyOf([one].into_iter().chain(more).collect()),
    };
    Ok(Claim { text: text.to_owned(), from: selectors(&from)?, target, when, through_escalation })
}

fn access(matching: &Matching) -> Result<Option<Target>, CliError> {
    if matching.action.is_empty() {
        return Ok(None);
    }
    Ok(Some(Target::Access(Requests {
        actions: asked::parse_actions(&matching.action)?,
        resources: asked::parse_resources(&matching.resource)?,
        access: asked::parse_access(&matching.access)?,
        within: asked::parse_within(&matching.within)?,
        when: Vec::new(),
    })))
}

fn other_targets(reach: &Reach) -> Result<Vec<Target>, CliError> {
    let mut targets = Vec::new();
    if !reach.controls.is_empty() {
        targets.push(Target::Controls(selectors(&reach.controls)?));
    }
    if !reach.administrator.is_empty() {
        targets.push(Target::Administers(asked::parse_accounts("--administrator", &reach.administrator)?));
    }
    if !reach.reads.is_empty() {
        targets.push(Target::Reads(asked::parse_arns("--reads", &reach.reads)?));
    }
    Ok(targets)
}

fn selectors(texts: &[String]) -> Result<Vec<Selector>, CliError> {
    Ok(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn questions_are_told_from_files() {
        assert!(is_question("can --principal role/x --action s3:*"));
        assert!(!is_question("can.yaml") && !is_question("gaps/reach --from.yaml"));
    }

    #[test]
    fn a_question_is_read_as_on_the_command_line() {
        let claim = parse_question("reach --from 'role/a b' --action iam:*,sts:* --in env:prod").unwrap();
        assert!(claim.through_escalation);
        assert_eq!(claim.from, ["role/a b".parse().unwrap()]);
        let Target::Access(requests) = claim.target else { panic!("another target") };
        assert_eq!(requests.actions, ["iam:*", "sts:*"]);
        for wrong in ["can --action s3:*", "reach --from role/x", "can --principal 'role/x --action s3:*"] {
            assert!(parse_question(wrong).is_err(), "{wrong}");
        }
    }
}
