//! Speed of the parts, by criterion: `cargo bench -p gateproof-benches`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "measurements")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::engine::{Answer, Limits, Memory, solve};
use gateproof::question::{Quantifier, Selector};
use gateproof_benches::SEED;
use gateproof_benches::account::write_snapshot;
use gateproof_benches::questions::{Question, TEXT, parse_questions};
use gateproof_encodings::cancellation::Cancellation;
use gateproof_encodings::cnf::encode_clauses;
use gateproof_encodings::emptiness::find_word;
use gateproof_encodings::field::Field;
use gateproof_encodings::language::{Languages, PatternSet};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::{Line, parse_line};
use gateproof_model::evaluator::{World, evaluate};
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::Version;
use std::hint::black_box;
use std::sync::Arc;
use tempfile::TempDir;

fn snapshot(roles: usize) -> TempDir {
    let directory = TempDir::new().unwrap();
    write_snapshot(directory.path(), roles, SEED).unwrap();
    directory
}

fn estate(roles: usize) -> Estate {
    Estate::load(snapshot(roles).path(), EstateOptions::default()).unwrap()
}

fn settings() -> Settings {
    Settings { cross_check: CrossCheck::Never, ..Settings::default() }
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(10);
    for roles in [100, 1_000] {
        let directory = snapshot(roles);
        group.bench_function(format!("{roles} roles"), |b| {
            b.iter(|| Estate::load(directory.path(), EstateOptions::default()).unwrap());
        });
    }
}

/// The questions whose cost a user meets most: one action, one caller.
fn plain_questions() -> Vec<Question> {
    let all = parse_questions(TEXT).unwrap();
    all.into_iter().filter(|q| !q.requests.actions[0].contains('*')).take(20).collect()
}

fn can(c: &mut Criterion) {
    let loaded = estate(100);
    let caller = [Selector::Arn(loaded.callers().nth(40).unwrap().id.to_string())];
    let questions = plain_questions();
    let ask = |estate: &Estate| {
        for question in &questions {
            black_box(estate.can(&caller, &question.requests, Quantifier::Some, &settings()).unwrap());
        }
    };
    let mut group = c.benchmark_group("can, 20 questions about one caller of 100 roles");
    group.throughput(Throughput::Elements(questions.len() as u64)).sample_size(20);
    let fresh = || Estate::of(loaded.snapshot.clone(), EstateOptions::default());
    group.bench_function("fresh estate", |b| {
        b.iter_batched_ref(fresh, |estate| ask(estate), BatchSize::LargeInput)
    });
    group.bench_function("asked before", |b| b.iter(|| ask(&loaded)));
}

fn who_can(c: &mut Criterion) {
    let mut group = c.benchmark_group("who-can");
    group.sample_size(10);
    let questions = parse_questions(TEXT).unwrap();
    for roles in [100, 1_000] {
        let loaded = estate(roles);
        for text in ["kms:Decrypt *", "codepipeline:StartPipelineExecution *"] {
            let question = questions.iter().find(|q| q.text == text).unwrap();
            group.bench_function(format!("{roles} roles, {text}"), |b| {
                b.iter(|| loaded.who_can(&question.requests, &settings()).unwrap());
            });
        }
    }
}

fn cases() -> Vec<Line> {
    let text = std::fs::read_to_string("../corpus/cases/same-account.json").unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    cases.iter().map(|case| parse_line(&case.to_string()).unwrap()).collect()
}

fn decide(c: &mut Criterion) {
    let lines = cases();
    let world = World::new(Catalogue::embedded());
    let mut group = c.benchmark_group("decide");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("reference evaluator", |b| {
        b.iter(|| {
            for line in &lines {
                black_box(evaluate(&line.policies, &line.request, &world));
            }
        });
    });
}

fn set(languages: &Languages, texts: &[String]) -> Arc<PatternSet> {
    let parse = |t: &String| PatternText::parse(t, Version::V2008, Wildcards::Flat, false).ground().unwrap();
    languages.set(texts.iter().map(parse).collect(), false)
}

/// Overlapping `*x*` patterns against as many others: what one emptiness question looks like at its worst.
fn sets(languages: &Languages) -> (Arc<PatternSet>, Arc<PatternSet>) {
    let inside: Vec<String> = (0..12).map(|i| format!("arn:aws:s3:::*team{i}*/data/*")).collect();
    let outside: Vec<String> = (0..12).map(|i| format!("arn:aws:s3:::*team{i}*/*")).collect();
    (set(languages, &inside), set(languages, &outside))
}

fn emptiness(c: &mut Criterion) {
    let languages = Languages::default();
    let (inside, outside) = sets(&languages);
    c.bench_function("emptiness, 12 overlapping patterns within 12", |b| {
        b.iter(|| find_word(&[&inside], &[&outside], 100_000, &Cancellation::default()));
    });
    c.bench_function("emptiness, a text outside", |b| {
        b.iter(|| find_word(&[&outside], &[&inside], 100_000, &Cancellation::default()))
    });
}

fn refutable() -> (Terms, Term, Proof) {
    let languages = Languages::default();
    let (inside, outside) = sets(&languages);
    let mut terms = Terms::default();
    let within = terms.atom_term(Atom::Text(Field::Resource, inside));
    let beyond = terms.atom_term(Atom::Text(Field::Resource, outside));
    let beyond = terms.not(beyond);
    let root = terms.and([within, beyond]);
    let answer = solve(&terms, root, &Memory::default(), &Limits::default(), |_, _| Ok(()));
    let Answer::Unsatisfiable(proof) = answer else { std::process::abort() };
    (terms, root, proof)
}

fn proof_check(c: &mut Criterion) {
    let (terms, root, proof) = refutable();
    let cnf = encode_clauses(&terms, root);
    c.bench_function("proof check, the lemma of 12 patterns within 12", |b| {
        b.iter(|| gateproof_checker::check(terms.atoms(), &cnf, &proof).unwrap());
    });
}

criterion_group!(speed, load, can, who_can, decide, emptiness, proof_check);
criterion_main!(speed);
