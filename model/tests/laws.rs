//! Laws that hold for every request and every set of policies, tried on all corpus cases: what only
//! takes away never adds, what only adds never takes away, and the order of statements is nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::{Line, parse_line};
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, PatternClause, Source, Statement};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::{BlockPublicAccess, PolicySet};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Every case of the corpus that is a legal question.
fn cases() -> Vec<(String, Line)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "json"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let listed: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for case in listed {
            if let Ok(line) = parse_line(&case.to_string()) {
                cases.push((case["id"].as_str().unwrap().to_owned(), line));
            }
        }
    }
    assert!(cases.len() >= 1_500, "only {} cases", cases.len());
    cases
}

fn outcome(line: &Line, policies: &PolicySet) -> Outcome {
    evaluate(policies, &line.request, &World::new(Catalogue::embedded())).outcome
}

/// A document whose statement concerns about half of all requests.
fn document(effect: &str, kind: DocumentKind, half: usize) -> Arc<Document> {
    let principal = if kind == DocumentKind::Resource { r#""Principal":"*","# } else { "" };
    let rest = match half {
        0 => r#""Action":"*","Resource":"*""#,
        1 => r#""Action":["s3:*","kms:*"],"Resource":"*""#,
        2 => {
            r#""NotAction":"kms:*","Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"true"}}"#
        }
        _ => {
            r#""Action":"*","NotResource":"arn:aws:s3:::logs/*","Condition":{"Null":{"aws:SourceVpc":"true"}}"#
        }
    };
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}",{principal}{rest}}}}}"#);
    let source = Source { policy: "law".into(), file: "law".into(), pointer: "".into() };
    Arc::new(parse_document(&Json::parse(&text).unwrap(), kind, source).unwrap().0)
}

/// Applies a change to every case, and hands outcome before and after to the judge; counts what changed.
fn compare(change: impl Fn(&mut PolicySet), judge: impl Fn(Outcome, Outcome) -> bool) -> usize {
    let mut changed = 0;
    for (id, line) in cases() {
        let before = outcome(&line, &line.policies);
        let mut policies = line.policies.clone();
        change(&mut policies);
        let after = outcome(&line, &policies);
        assert!(judge(before, after), "{id}: {before} became {after}");
        changed += usize::from(before != after);
    }
    changed
}

/// Whether nothing was gained.
fn nothing_gained(before: Outcome, after: Outcome) -> bool {
    before == Outcome::Allowed || after != Outcome::Allowed
}

/// Whether nothing was lost.
fn nothing_lost(before: Outcome, after: Outcome) -> bool {
    before != Outcome::Allowed || after == Outcome::Allowed
}

fn append(document: &mut Option<Arc<Document>>, more: &Arc<Document>) {
    *document = Some(match document.take() {
        None => more.clone(),
        Some(old) => {
            let mut joined = (*old).clone();
            joined.statements.extend(more.statements.iter().cloned());
            Arc::new(joined)
        }
    });
}

#[test]
fn a_deny_never_adds_access() {
    use DocumentKind::{Identity, Resource};
    for half in 0..4 {
        let (own, named) = (document("Deny", Identity, half), document("Deny", Resource, half));
        let mut changed = compare(|p| p.identity.push(own.clone()), nothing_gained);
        changed += compare(|p| append(&mut p.resource, &named), nothing_gained);
        changed += compare(|p| p.scps.iter_mut().for_each(|l| l.push(own.clone())), nothing_gained);
        changed += compare(|p| p.rcps.push(vec![named.clone()]), nothing_gained);
        changed += compare(
            |p| {
                for layer in [&mut p.boundary, &mut p.session].into_iter().flatten() {
                    layer.push(own.clone());
                }
            },
            nothing_gained,
        );
        assert!(changed > 100, "the Deny {half} mattered {changed} times only");
    }
}

#[test]
fn a_guardrail_never_adds_access() {
    use DocumentKind::{Identity, Resource};
    for half in 0..4 {
        let (own, named) = (document("Allow", Identity, half), document("Allow", Resource, half));
        let mut changed = compare(|p| p.scps.push(vec![own.clone()]), nothing_gained);
        changed += compare(|p| p.scps.insert(0, Vec::new()), nothing_gained);
        changed += compare(|p| p.rcps.push(vec![named.clone()]), nothing_gained);
        changed += compare(
            |p| {
                p.boundary.get_or_insert_with(|| vec![own.clone()]);
            },
            nothing_gained,
        );
        changed += compare(
            |p| {
                p.endpoint.get_or_insert_with(|| vec![named.clone()]);
            },
            nothing_gained,
        );
        changed += compare(|p| p.block_public_access.restrict_public_buckets = true, nothing_gained);
        assert!(changed > 100, "the guardrails {half} mattered {changed} times only");
    }
}

#[test]
fn an_allow_never_takes_access_away() {
    use DocumentKind::{Identity, Resource};
    for half in 0..4 {
        let (own, named) = (document("Allow", Identity, half), document("Allow", Resource, half));
        let mut changed = compare(|p| p.identity.push(own.clone()), nothing_lost);
        changed += compare(|p| p.scps.iter_mut().for_each(|l| l.push(own.clone())), nothing_lost);
        changed += compare(|p| p.boundary.iter_mut().for_each(|l| l.push(own.clone())), nothing_lost);
        changed += compare(|p| p.session.iter_mut().for_each(|l| l.push(own.clone())), nothing_lost);
        changed += compare(|p| p.endpoint.iter_mut().for_each(|l| l.push(named.clone())), nothing_lost);
        assert!(changed > 20, "the Allow {half} mattered {changed} times only");
    }
    // A public statement can make a whole bucket policy subject to Block Public Access; otherwise the
    // law holds for resource policies too.
    let named = document("Allow", Resource, 0);
    let mut gained = 0;
    for (id, mut line) in cases() {
        line.policies.block_public_access = BlockPublicAccess::default();
        let before = outcome(&line, &line.policies);
        let mut policies = line.policies.clone();
        append(&mut policies.resource, &named);
        let after = outcome(&line, &policies);
        assert!(nothing_lost(before, after), "{id}: {before} became {after}");
        gained += usize::from(before != after);
    }
    assert!(gained > 20, "{gained}");
}

/// Applies a change to every document of every layer.
fn in_every_document(policies: &mut PolicySet, change: &dyn Fn(&mut Document)) {
    let lists = [&mut policies.identity]
        .into_iter()
        .chain([&mut policies.boundary, &mut policies.session, &mut policies.endpoint].into_iter().flatten())
        .chain(policies.scps.iter_mut())
        .chain(policies.rcps.iter_mut());
    for document in lists.flatten().chain(policies.resource.iter_mut()) {
        change(Arc::make_mut(document));
    }
}

#[test]
fn the_order_of_statements_and_policies_is_nothing() {
    let changed = compare(
        |p| {
            in_every_document(p, &|d| d.statements.reverse());
            p.identity.reverse();
            p.scps.iter_mut().for_each(|level| level.reverse());
            p.grants.reverse();
        },
        |before, after| before == after,
    );
    assert_eq!(changed, 0);
}

#[test]
fn saying_it_twice_is_saying_it_once() {
    compare(
        |p| {
            in_every_document(p, &|d| d.statements.extend_from_within(..));
            p.identity.extend_from_within(..);
            p.scps.extend_from_within(..);
            p.rcps.extend_from_within(..);
            p.grants.extend_from_within(..);
        },
        |before, after| before == after,
    );
}

/// One statement for each of the patterns of a clause, unless it is a complement.
fn split(
    statement: &Statement,
    clause: impl Fn(&mut Statement) -> Option<&mut PatternClause>,
) -> Vec<Statement> {
    let mut whole = statement.clone();
    let Some(found) = clause(&mut whole).filter(|c| !c.negated) else { return vec![statement.clone()] };
    let patterns = std::mem::take(&mut found.patterns);
    let single = |pattern| {
        let mut part = whole.clone();
        if let Some(found) = clause(&mut part) {
            found.patterns = vec![pattern];
        }
        part
    };
    patterns.into_iter().map(single).collect()
}

#[test]
fn a_list_is_its_elements_one_by_one() {
    let by_action = |s: &Statement| split(s, |s| Some(&mut s.action));
    let by_resource = |s: &Statement| split(s, |s| s.resource.as_mut());
    compare(
        |p| {
            in_every_document(p, &|d| {
                d.statements = d.statements.iter().flat_map(by_action).collect();
                d.statements = d.statements.iter().flat_map(by_resource).collect();
            });
        },
        |before, after| before == after,
    );
}

#[test]
fn a_statement_that_cannot_match_is_nothing() {
    compare(
        |p| {
            in_every_document(p, &|d| {
                for effect in [Effect::Allow, Effect::Deny] {
                    let Some(first) = d.statements.first().cloned() else { continue };
                    let nothing = PatternClause { negated: false, patterns: Vec::new() };
                    d.statements.push(Statement { effect, action: nothing, ..first });
                }
            });
        },
        |before, after| before == after,
    );
}
