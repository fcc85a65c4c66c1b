//! A formula survives its script, and nothing else is read as one.
#![allow(
    clippy::unwrap_used,
    clippy::unreachable,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "generate/terms.rs"]
mod generate;

use gateproof_encodings::field::Field;
use gateproof_encodings::language::{Languages, RangeSet};
use gateproof_encodings::smtlib::{ParseError, Style, decode_model, parse_script, render_script};
use gateproof_encodings::term::{Atom, Node, Term, Terms};
use gateproof_model::operand::{Scalar, parse_network};
use gateproof_model::pattern::Token;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether two formulas are the same up to the order of parts and the numbers of nodes and sets.
fn same(a: (&Terms, Term), b: (&Terms, Term)) -> bool {
    fn canonical(terms: &Terms, term: Term, known: &mut BTreeMap<Term, String>) -> String {
        if let Some(text) = known.get(&term) {
            return text.clone();
        }
        let mut all = |parts: &[Term]| -> BTreeSet<String> {
            parts.iter().map(|p| canonical(terms, *p, known)).collect()
        };
        let text = match terms.node(term) {
            Node::True => "true".to_owned(),
            Node::False => "false".to_owned(),
            Node::Atom(id) => match terms.atom(*id).unwrap() {
                Atom::Text(f, s) => format!("text {f:?} {} {:?}", s.fold_case, s.patterns),
                Atom::Member { field, set, inside } => {
                    format!("member {field:?} {} {:?} {inside}", set.fold_case, set.patterns)
                }
                other => format!("{other:?}"),
            },
            Node::Not(inner) => format!("not {:?}", all(&[*inner])),
            Node::And(parts) => format!("and {:?}", all(parts)),
            Node::Or(parts) => format!("or {:?}", all(parts)),
        };
        known.insert(term, text.clone());
        text
    }
    canonical(a.0, a.1, &mut BTreeMap::new()) == canonical(b.0, b.1, &mut BTreeMap::new())
}

fn assert_round_trip(terms: &Terms, root: Term) {
    for style in [Style::Union, Style::PerPattern] {
        let script = render_script(terms, root, style).unwrap();
        assert!(script.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{script}");
        for languages in [Languages::default(), offset_languages()] {
            let (read, read_root) =
                parse_script(&script, &languages).unwrap_or_else(|e| panic!("{e}\n{script}"));
            assert!(same((terms, root), (&read, read_root)), "{script}");
            assert_eq!(render_script(&read, read_root, style).unwrap(), script);
        }
    }
}

/// A table in which other sets came first, so that ids differ.
fn offset_languages() -> Languages {
    let languages = Languages::default();
    languages.literal("first");
    languages
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn formulas_survive(shape in generate::shapes()) {
        let mut terms = Terms::default();
        let root = shape.build(&mut terms, &Languages::default());
        assert_round_trip(&terms, root);
    }

    #[test]
    fn literal_texts_survive(text in any::<String>(), name in any::<String>(), fold_case in any::<bool>()) {
        let (mut terms, languages) = (Terms::default(), Languages::default());
        let pattern = text.chars().map(Token::Char).collect();
        let root = terms.atom_term(Atom::Text(Field::Key(name.into()), languages.set(vec![pattern], fold_case)));
        assert_round_trip(&terms, root);
    }

    #[test]
    fn a_cut_script_is_refused(shape in generate::shapes(), cut in 0.0..1.0f64) {
        let mut terms = Terms::default();
        let root = shape.build(&mut terms, &Languages::default());
        let script = render_script(&terms, root, Style::Union).unwrap();
        let end = (script.trim_end().len() as f64 * cut) as usize;
        prop_assert!(parse_script(&script[..end], &Languages::default()).is_err());
    }
}

fn example() -> (Terms, Term) {
    let (mut terms, languages) = (Terms::default(), Languages::default());
    let net = Arc::new(RangeSet::new(Scalar::Ip, vec![parse_network("10.0.0.0/8").unwrap()]));
    let star = |text: &str| -> Box<[Token]> {
        text.chars().map(|c| if c == '*' { Token::AnyRun } else { Token::Char(c) }).collect()
    };
    let action = terms.atom_term(Atom::Text(Field::Action, languages.set(vec![star("s3:Get*")], true)));
    let sets = languages.set(vec![star("arn:*"), star("*x"), star("q")], false);
    let resource = terms.atom_term(Atom::Text(Field::Resource, sets));
    let address = terms.atom_term(Atom::Range(Field::Key("aws:sourceip".into()), net));
    let tags = Field::Key("aws:tagkeys".into());
    let inside =
        terms.atom_term(Atom::Member { field: tags.clone(), set: languages.literal("t"), inside: true });
    let outside = terms.atom_term(Atom::Member { field: tags, set: languages.literal("t"), inside: false });
    let outside = terms.not(outside);
    let root = terms.and([action, resource, address, inside, outside]);
    (terms, root)
}

#[test]
fn a_changed_script_is_refused() {
    let (terms, root) = example();
    let script = render_script(&terms, root, Style::Union).unwrap();
    let languages = Languages::default();
    assert!(parse_script(&script, &languages).is_ok());
    let changes = [
        ("(set-logic QF_SLIA)", "(set-logic QF_S)"),
        ("\"arn:\"", "\"arn;\"(push 1)"),
        ("(and |present key:aws:sourceip| ", "(or |present key:aws:sourceip| "),
        ("(<= 0 place 4294967295)", "(<= 0 place 4294967296)"),
        ("(str.to_re \"K\")", "(str.to_re \"L\")"),
        ("(str.to_re \"T\")", "(str.to_re \"U\")"),
        ("(define-fun member-3 ((x String)) Bool (texts-2 x))", ""),
        ("(declare-const |text action| String)", ""),
        ("(assert (=> atom-3", "(assert (=> atom-4"),
        ("(check-sat)", ""),
        ("(check-sat)", "(check-sat)(check-sat)"),
        (" (re.* re.allchar)", " re.all"),
    ];
    let mut applied = 0;
    for (from, to) in changes {
        let changed = script.replacen(from, to, 1);
        if changed != script {
            applied += 1;
            assert!(parse_script(&changed, &languages).is_err(), "{from} -> {to}");
        }
    }
    assert!(applied >= 10, "only {applied} changes applied to\n{script}");
    let spaced = script.replace(' ', "\n ; comment (\n ");
    assert!(spaced.contains("define-fun"));
    let swapped = script.replace("atom-1", "atom-9");
    assert!(parse_script(&swapped, &languages).is_err(), "names are ours");
    assert_eq!(parse_script("", &languages).err(), Some(ParseError::NoAssertion));
    assert!(parse_script("(exit)", &languages).is_err());
}

#[test]
fn models_become_assignments() {
    let (terms, root) = example();
    let model = [
        ("text action", "\"S3:GET\""),
        ("text resource", "\"arn:\\u{5c}u{62}\"\"\""),
        ("present key:aws:sourceip", "true"),
        ("is-ip key:aws:sourceip", "true"),
        ("ip-family key:aws:sourceip", "4"),
        ("ip key:aws:sourceip", "167772161"),
        ("present key:aws:tagkeys", "true"),
        ("member-3 key:aws:tagkeys", "true"),
        ("text slot-3 key:aws:tagkeys", "\"t\""),
    ];
    let values: Vec<_> = model.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let assignment = decode_model(&terms, root, &values).unwrap();
    assert_eq!(assignment.text(&Field::Resource), Some("arn:\\u{62}\""));
    assert_eq!(assignment.text(&Field::Key("aws:sourceip".into())), Some("10.0.0.1"));
    assert_eq!(assignment.members[&Field::Key("aws:tagkeys".into())], ["t"]);
    assert!(gateproof_encodings::assignment::evaluate_under(&terms, root, &assignment));
    let mut broken = values.clone();
    broken[0].1 = "(str.++ \"a\" x)".to_owned();
    assert!(decode_model(&terms, root, &broken).is_err());
    broken = values;
    broken[5].1 = "(- 1)".to_owned();
    assert!(decode_model(&terms, root, &broken).is_err());
}
