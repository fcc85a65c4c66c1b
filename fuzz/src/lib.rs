//! What the fuzz targets do with bytes. Each function holds for all bytes; a panic is a finding.
//!
//! Plain functions, so that a test on the stable compiler runs the same properties over pinned bytes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is what these functions are for"
)]

use gateproof::engine::{Answer, Limits, Memory, solve};
use gateproof::question::{Constraint, Selector};
use gateproof_encodings::cancellation::Cancellation;
use gateproof_encodings::cnf::{Literal, encode_clauses};
use gateproof_encodings::emptiness::{Emptiness, find_word};
use gateproof_encodings::field::Field;
use gateproof_encodings::language::{Languages, PatternSet};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::smtlib::{Style, parse_script, render_script};
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::parse_line;
use gateproof_model::evaluator::{World, evaluate};
use gateproof_model::json::Json;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::policy::Source;
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use std::sync::Arc;

/// A property over bytes, by name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 7] = [
    ("policy_document", policy_document),
    ("decide_line", decide_line),
    ("snapshot_file", snapshot_file),
    ("smtlib", smtlib),
    ("question_words", question_words),
    ("emptiness", emptiness),
    ("proofs", proofs),
];

/// A policy document is read or refused; what is read is read again alike.
pub fn policy_document(bytes: &[u8]) {
    let Some(json) = std::str::from_utf8(bytes).ok().and_then(|text| Json::parse(text).ok()) else { return };
    for kind in [DocumentKind::Identity, DocumentKind::Resource] {
        let source = Source { policy: "p".into(), file: "f".into(), pointer: "".into() };
        let first = parse_document(&json, kind, source.clone());
        let second = parse_document(&json, kind, source);
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
    }
}

/// A line of `decide` is refused with a message, or evaluated.
pub fn decide_line(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse_line(text) {
        Err(refused) => assert!(!refused.error.to_string().is_empty()),
        Ok(line) => {
            let world = World::new(Catalogue::embedded());
            let decision = evaluate(&line.policies, &line.request, &world);
            assert!(!decision.because.is_empty());
        }
    }
}

/// A lone authorization-details file is loaded, with problems, or refused.
pub fn snapshot_file(bytes: &[u8]) {
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    match Snapshot::load(file.path(), &LoadOptions::default()) {
        Ok(snapshot) => {
            for principal in snapshot.principals() {
                assert_eq!(snapshot.principal(&principal.arn).map(|p| &p.arn), Some(&principal.arn));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What is read as a script is printed so that it is read and printed alike again.
pub fn smtlib(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let languages = Languages::default();
    let Ok((terms, root)) = parse_script(text, &languages) else { return };
    let printed = render_script(&terms, root, Style::Union).unwrap();
    let (again, again_root) = parse_script(&printed, &languages).unwrap();
    assert_eq!(render_script(&again, again_root, Style::Union).unwrap(), printed);
}

/// Selectors and conditions that are read are printed as something that is read alike.
pub fn question_words(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(selector) = text.parse::<Selector>() {
        assert_eq!(selector.to_string().parse(), Ok(selector));
    }
    if let Ok(constraint) = text.parse::<Constraint>() {
        assert_eq!(constraint.to_string().parse(), Ok(constraint));
    }
}

/// Bytes as choices; zeros when they are used up.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn below(&mut self, bound: u8) -> u8 {
        self.0.next().copied().unwrap_or_default() % bound
    }

    fn pattern(&mut self) -> Pattern {
        let tokens = [
            Token::Char('a'),
            Token::Char('A'),
            Token::Char(':'),
            Token::AnyOne,
            Token::AnyRun,
            Token::AnyRunInSegment,
        ];
        (0..self.below(4)).map(|_| tokens[usize::from(self.below(6))]).collect()
    }

    fn set(&mut self, languages: &Languages) -> Arc<PatternSet> {
        let patterns = (0..1 + self.below(2)).map(|_| self.pattern()).collect();
        languages.set(patterns, self.below(2) == 1)
    }

    fn formula(&mut self, terms: &mut Terms, languages: &Languages, depth: u8) -> Term {
        if depth == 0 || self.below(4) == 0 {
            let set = self.set(languages);
            return terms.atom_term(Atom::Text(Field::Resource, set));
        }
        let parts: Vec<Term> =
            (0..1 + self.below(3)).map(|_| self.formula(terms, languages, depth - 1)).collect();
        let joined = if self.below(2) == 0 { terms.and(parts) } else { terms.or(parts) };
        if self.below(3) == 0 { terms.not(joined) } else { joined }
    }
}

/// All texts of up to four characters.
fn short_texts() -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let to = texts.len();
        for i in from..to {
            for c in ['a', 'A', ':', 'q'] {
                let longer = format!("{}{c}", texts[i]);
                texts.push(longer);
            }
        }
        from = to;
    }
    texts
}

/// The emptiness search finds what trying finds, and nothing that doesn't fit.
pub fn emptiness(bytes: &[u8]) {
    let mut choices = Choices(bytes.iter());
    let languages = Languages::default();
    let positive: Vec<_> = (0..choices.below(3)).map(|_| choices.set(&languages)).collect();
    let negative: Vec<_> = (0..choices.below(3)).map(|_| choices.set(&languages)).collect();
    let (p, n): (Vec<&PatternSet>, Vec<&PatternSet>) =
        (positive.iter().map(AsRef::as_ref).collect(), negative.iter().map(AsRef::as_ref).collect());
    let fits = |t: &str| p.iter().all(|s| s.contains(t)) && !n.iter().any(|s| s.contains(t));
    let short = short_texts().into_iter().find(|t| fits(t));
    match find_word(&p, &n, 100_000, &Cancellation::default()) {
        Emptiness::Word(word) => assert!(fits(&word), "{word:?}"),
        Emptiness::Empty => assert_eq!(short, None),
        end @ (Emptiness::OverBudget | Emptiness::Cancelled) => panic!("{end:?} of so small a search"),
    }
}

/// No proof of a formula that some text satisfies is accepted, whatever its lemmas and steps say; a proof that
/// the engine gives is.
pub fn proofs(bytes: &[u8]) {
    let mut choices = Choices(bytes.iter());
    let (mut terms, languages) = (Terms::default(), Languages::default());
    let root = choices.formula(&mut terms, &languages, 3);
    let cnf = encode_clauses(&terms, root);
    let answer = solve(&terms, root, &Memory::default(), &Limits::default(), |_, _| Ok(()));
    let true_proof = match answer {
        Answer::Satisfiable(_) => None,
        Answer::Unsatisfiable(proof) => Some(proof),
        Answer::Unknown(reason) => panic!("{reason}"),
    };
    let variables = i32::try_from(cnf.variables).unwrap().max(1);
    let mut clause = || -> Vec<Literal> {
        (0..choices.below(3))
            .map(|_| {
                let variable = 1 + i32::from(choices.below(255)) % variables;
                if choices.below(2) == 0 { variable } else { -variable }
            })
            .collect()
    };
    let made_up =
        Proof { lemmas: (0..3).map(|_| clause()).collect(), steps: (0..3).map(|_| clause()).collect() };
    let accepted = gateproof_checker::check(terms.atoms(), &cnf, &made_up).is_ok();
    assert!(!accepted || true_proof.is_some(), "a proof of what can be");
    if let Some(proof) = true_proof {
        gateproof_checker::check(terms.atoms(), &cnf, &proof).unwrap();
    }
}
