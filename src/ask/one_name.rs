//! Several calls on one new object: whether some name for it suits them all.
//!
//! The calls share the resource and nothing else: each can be made in a session, at a time and over a network of its
//! own.

use super::caller::CallerEntity;
use super::decide_piece::PieceProof;
use super::estate::Estate;
use super::facts::Facts;
use super::piece::Piece;
use super::plan::Reach;
use super::summary::{Prepared, Tally, piece_of};
use super::taken::NewName;
use super::target::Place;
use crate::engine::{Answer, Limits, solve};
use crate::solver::UnknownReason;
use gateproof_encodings::field::Field;
use gateproof_encodings::import::import;
use gateproof_encodings::language::matches;
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::pattern::Pattern;
use std::sync::Arc;

/// Nothing is ruled out beforehand.
pub(super) const EVERYTHING: Reach = Reach { by_identity: true, narrowed: false, refuted: false };

/// What calls on one new object come to.
pub(crate) enum OneName {
    /// No name suits them all; the checker accepted the proof.
    Never(Box<PieceProof>),
    /// A name that may: the calls have to be asked about with it one by one.
    Name(String),
    /// Neither is shown.
    Unknown(UnknownReason),
}

/// Calls that are demanded together or one for another.
#[derive(Debug, Clone)]
pub(crate) enum Tied<C> {
    /// Nothing is demanded.
    Free,
    /// The object is none that exists already.
    New(NewName),
    /// Its name is told apart from some.
    Unlike(Unlike),
    /// The call is on the object.
    Call(C),
    /// The call says the object's ARN in this context key, in lower case.
    InKey(C, Arc<str>),
    /// One of these.
    Any(Vec<Tied<C>>),
    /// All of these.
    All(Vec<Tied<C>>),
}

/// Names that are told apart from some by what matches them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Unlike {
    /// What tells names apart.
    pub tests: Vec<Pattern>,
    /// The names.
    pub names: Vec<Arc<str>>,
}

impl Unlike {
    /// Whether a name is told apart from all of them.
    pub fn admits(&self, name: &str) -> bool {
        let sees = |test: &Pattern, known: &str| {
            [false, true].iter().any(|fold| matches(test, name, *fold) != matches(test, known, *fold))
        };
        self.names.iter().all(|known| self.tests.iter().any(|test| sees(test, known)))
    }
}

impl<C> Tied<C> {
    /// The same with each call made something else.
    pub fn try_map<D, E>(&self, make: &mut impl FnMut(&C) -> Result<D, E>) -> Result<Tied<D>, E> {
        Ok(match self {
            Self::Free => Tied::Free,
            Self::New(name) => Tied::New(name.clone()),
            Self::Unlike(unlike) => Tied::Unlike(unlike.clone()),
            Self::Call(call) => Tied::Call(make(call)?),
            Self::InKey(call, key) => Tied::InKey(make(call)?, key.clone()),
            Self::Any(each) => Tied::Any(each.iter().map(|one| one.try_map(make)).collect::<Result<_, _>>()?),
            Self::All(each) => Tied::All(each.iter().map(|one| one.try_map(make)).collect::<Result<_, _>>()?),
        })
    }

    fn first(&self) -> Option<&C> {
        match self {
            Self::Free | Self::New(_) | Self::Unlike(_) => None,
            Self::Call(call) | Self::InKey(call, _) => Some(call),
            Self::Any(each) | Self::All(each) => each.iter().find_map(Self::first),
        }
    }
}

impl Estate {
    /// Whether one name suits the calls.
    pub(crate) fn one_name<'a>(&'a self, caller: &CallerEntity, calls: &Tied<Arc<Prepared<'a>>>) -> OneName {
        let mut terms = Terms::default();
        let root = self.encode_one_name(&mut terms, caller, calls);
        let Some(first) = calls.first() else {
            return OneName::Unknown(UnknownReason::WitnessRejected { why: "no call".to_owned() });
        };
        let limits = &first.effort.limits;
        let mut name = None;
        let answer = solve(&terms, root, &self.memory, limits, |values, _| {
            name = values.texts.get(&Field::Resource).cloned().flatten();
            Ok(())
        });
        match answer {
            Answer::Unsatisfiable(proof) => {
                let folded = root == Terms::FALSE;
                OneName::Never(Box::new(PieceProof {
                    proof,
                    all_requests: false,
                    folded,
                    ..PieceProof::default()
                }))
            }
            Answer::Unknown(reason) => OneName::Unknown(reason),
            Answer::Satisfiable(_) => match name {
                Some(name) => OneName::Name(name.to_string()),
                None => {
                    OneName::Unknown(UnknownReason::WitnessRejected { why: "no name was made".to_owned() })
                }
            },
        }
    }

    /// Whether each name there could be is like one of some: none is told apart from all of them.
    pub(crate) fn is_like_one(&self, names: &Unlike, limits: &Limits) -> bool {
        let mut terms = Terms::default();
        let root = self.is_unlike(&mut terms, names);
        let named = terms.atom_term(Atom::Present(Field::Resource));
        let root = terms.and([root, named]);
        matches!(solve(&terms, root, &self.memory, limits, |_, _| Ok(())), Answer::Unsatisfiable(_))
    }

    /// The formula that holds iff one name suits the calls. The same every time it is made.
    pub(crate) fn encode_one_name<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        calls: &Tied<Arc<Prepared<'a>>>,
    ) -> Term {
        terms.clear();
        let demanded = self.tied(terms, caller, calls, &mut 0);
        let named = terms.atom_term(Atom::Present(Field::Resource));
        terms.and([demanded, named])
    }

    fn tied<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        calls: &Tied<Arc<Prepared<'a>>>,
        counted: &mut usize,
    ) -> Term {
        match calls {
            Tied::Free => Terms::TRUE,
            Tied::New(name) => self.is_new(terms, name),
            Tied::Unlike(unlike) => self.is_unlike(terms, unlike),
            Tied::Call(prepared) => {
                *counted += 1;
                self.on_new(terms, caller, prepared, *counted)
            }
            Tied::InKey(prepared, key) => {
                *counted += 1;
                self.in_key(terms, caller, prepared, (key, *counted))
            }
            Tied::Any(each) => {
                let parts: Vec<Term> =
                    each.iter().map(|one| self.tied(terms, caller, one, counted)).collect();
                terms.or(parts)
            }
            Tied::All(each) => {
                let parts: Vec<Term> =
                    each.iter().map(|one| self.tied(terms, caller, one, counted)).collect();
                terms.and(parts)
            }
        }
    }

    /// The name is none of an object that exists.
    fn is_new(&self, terms: &mut Terms, name: &NewName) -> Term {
        let taken = self.names_taken(name);
        let Some(set) = &taken.set else { return Terms::TRUE };
        let taken = terms.atom_term(Atom::Text(Field::Resource, set.clone()));
        terms.not(taken)
    }

    /// The name is told apart from each of some by what matches one of the two only.
    fn is_unlike(&self, terms: &mut Terms, unlike: &Unlike) -> Term {
        let mut each = Vec::new();
        for name in &unlike.names {
            let mut differs = Vec::new();
            for (test, fold) in unlike.tests.iter().flat_map(|test| [(test, false), (test, true)]) {
                let set = self.compiler.languages.set(vec![test.clone()], fold);
                let matched = terms.atom_term(Atom::Text(Field::Resource, set));
                differs.push(if matches(test, name, fold) { terms.not(matched) } else { matched });
            }
            each.push(terms.or(differs));
        }
        terms.and(each)
    }

    /// The formula of one case of a call, its atoms called otherwise than those of other calls.
    pub(super) fn with_own_atoms(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        rename: impl Fn(&Atom) -> Atom,
    ) -> Term {
        let facts = Facts::of(self, piece, true);
        let mut own = Terms::default();
        let formula = self.encode(&mut own, piece, &facts);
        import(terms, &own, formula.root, rename)
    }

    /// The call is allowed on a resource that the snapshot doesn't know; nothing is demanded of one that names none.
    fn on_new<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Arc<Prepared<'a>>,
        n: usize,
    ) -> Term {
        let Some((_, plan)) = self.first_plan(prepared) else { return Terms::TRUE };
        let mut ways = Vec::new();
        // A new object has a name of the format's form.
        let odd = match &*plan.kinds {
            [first, rest @ ..] if rest.iter().all(|k| k.resource_type == first.resource_type) => {
                Some(&first.odd)
            }
            _ => None,
        };
        for (m, target) in plan.targets(self, caller, EVERYTHING, &prepared.resources).iter().enumerate() {
            match target.place {
                Place::Star => return Terms::TRUE,
                Place::Other => {}
                Place::Known(_) | Place::Principal(_) | Place::Roles(_) => continue,
            }
            // Whoever was made may have been made otherwise.
            let target = &target.with_principals();
            let piece = piece_of(caller, prepared, plan, target, &Tally::default());
            let rename = |atom: &Atom| renamed(atom, n, m);
            ways.push(self.with_own_atoms(terms, &piece, rename));
        }
        let allowed = terms.or(ways);
        let Some(odd) = odd else { return allowed };
        let odd = terms.atom_term(Atom::Text(Field::Resource, odd.clone()));
        let plain = terms.not(odd);
        terms.and([allowed, plain])
    }
}

impl Estate {
    /// The call, on whatever it is, is allowed with the new object's ARN as the value of a key; nothing is demanded of one on
    /// several roles at once.
    fn in_key<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Arc<Prepared<'a>>,
        (key, n): (&Arc<str>, usize),
    ) -> Term {
        let Some((_, plan)) = self.first_plan(prepared) else { return Terms::TRUE };
        let mut ways = Vec::new();
        for (m, target) in plan.targets(self, caller, EVERYTHING, &prepared.resources).iter().enumerate() {
            if matches!(target.place, Place::Roles(_)) {
                return Terms::TRUE;
            }
            let piece = piece_of(caller, prepared, plan, target, &Tally::default());
            let rename = |atom: &Atom| match (atom, atom.field()) {
                (Atom::Present(_) | Atom::Text(..), Some(Field::Key(named))) if named == key => {
                    atom.with_field(Field::Resource)
                }
                (_, Some(Field::Resource)) => {
                    atom.with_field(Field::Key(format!("resource of call {n}.{m}").into()))
                }
                _ => renamed(atom, n, m),
            };
            ways.push(self.with_own_atoms(terms, &piece, rename));
        }
        terms.or(ways)
    }
}

/// The atom as one of the `m`th case of the `n`th call.
fn renamed(atom: &Atom, n: usize, m: usize) -> Atom {
    match atom {
        Atom::Free(name) if name.starts_with("variable: ") => {
            Atom::Free(format!("{name} (call {n}.{m})").into())
        }
        _ => match atom.field() {
            Some(Field::Key(key)) => atom.with_field(Field::Key(format!("{key} of call {n}.{m}").into())),
            _ => atom.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::ask::EstateOptions;
    use gateproof_model::pattern::{PatternText, Wildcards};
    use gateproof_model::policy::Version;
    use std::path::Path;

    /// The names of a sort each, and whether there is another sort.
    #[test]
    fn there_is_another_sort_where_some_name_is_told_apart_from_all() {
        let estate = Estate::load(Path::new("corpus/snapshots/acme"), EstateOptions::default()).unwrap();
        let role = |name: &str| Arc::<str>::from(format!("arn:aws:iam::111122223333:role/{name}"));
        let glob = |text: &str| {
            PatternText::parse(&role(text), Version::V2012, Wildcards::Flat, false).ground().unwrap()
        };
        let cases: [(&[&str], &[&str], Option<&str>); 5] = [
            (&["spared"], &["example"], Some("spared")),
            (&["spared"], &["example", "spared"], Some("SPARED")),
            (&["spared"], &["example", "spared", "SPARED"], None),
            (&["a*", "*z"], &["A", "Z", "AZ", "a", "z", "az", "aZ", "Az"], Some("example")),
            (&["a*", "*z"], &["A", "Z", "AZ", "a", "z", "az", "aZ", "Az", "example"], None),
        ];
        for (tests, names, other) in cases {
            let unlike = Unlike {
                tests: tests.iter().map(|text| glob(text)).collect(),
                names: names.iter().map(|name| role(name)).collect(),
            };
            let like = estate.is_like_one(&unlike, &Limits::default());
            assert_eq!(like, other.is_none(), "{tests:?}, {names:?}");
            assert!(other.is_none_or(|name| unlike.admits(&role(name))), "{tests:?}, {names:?}");
        }
    }
}
