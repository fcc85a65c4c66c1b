//! Two documents compared: the regions of what one allows and the other doesn't, which together are the difference.
//!
//! Regions begin as cells (`cells.rs`), which cover the difference by their making. Each that holds no request is dropped with a
//! proof, what takes nothing away from one is no exception of it, and one that others cover is left out. At the end two formulas
//! are refuted a caller: *in the difference and in no region*, and *in a region and not in the difference*; then the
//! comparison is exact.

use super::asking::{Asked, Asking};
use super::cells::{Cell, cells};
use super::describe::Described;
use super::kind::PolicyOf;
use super::part::{Part, Stance};
use super::standing::{Standing, standings};
use super::{Comparer, Relation};
use crate::ask::action_set::ActionSet;
use crate::ask::{Formulas, evidence};
use crate::question::{Evidence, Undecided};
use crate::solver::UnknownReason;
use gateproof_encodings::encoder::Encoder;
use gateproof_encodings::term::Term;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::evaluator::Outcome;
use gateproof_model::policy::Document;
use gateproof_model::request::Request;
use std::sync::Arc;

/// Requests that one document allows and the other doesn't.
#[derive(Debug, Clone)]
pub struct DocumentRegion {
    /// Whose requests: `*` where the policies are about whoever has them.
    pub principals: Vec<String>,
    /// What they are about: all of these.
    pub all_of: Vec<Described>,
    /// What is left out.
    pub except: Vec<Described>,
    /// A request that the reference evaluator allows by the one and refuses by the other.
    pub witness: Arc<Request>,
    /// What allows it.
    pub allowed_by: Vec<Evidence>,
    /// What refuses it.
    pub refused_by: Vec<Evidence>,
}

/// How a new document stands to an old one.
#[derive(Debug, Clone)]
pub struct DocumentComparison {
    /// The relation.
    pub relation: Relation,
    /// What is newly allowed.
    pub gained: Vec<DocumentRegion>,
    /// What is no longer allowed.
    pub lost: Vec<DocumentRegion>,
    /// Whether the regions are the whole difference and nothing else, with proofs.
    pub exact: bool,
    /// What could not be told.
    pub undecided: Vec<Undecided>,
    /// The formulas that were asked.
    pub formulas: Formulas,
}

/// So many regions of one caller are looked at for one that others cover.
const FEW: usize = 24;
/// So many actions are tried for a request that AWS could receive.
const TRIES: usize = 4;

/// The two documents in one direction, for one caller.
struct Side<'a> {
    comparer: &'a Comparer,
    standing: &'a Standing,
    allows: (&'a Arc<Document>, &'a Stance),
    refuses: (&'a Arc<Document>, &'a Stance),
}

/// What is found on the way.
#[derive(Default)]
struct Log {
    undecided: Vec<Undecided>,
    formulas: Formulas,
    inexact: bool,
}

impl Comparer {
    /// What the new document allows and the old one doesn't, and the other way round.
    pub fn compare_documents(
        &self,
        old: &Arc<Document>,
        new: &Arc<Document>,
        of: &PolicyOf,
    ) -> DocumentComparison {
        let (mut gained, mut lost) = (Vec::new(), Vec::new());
        let (mut gains, mut losses) = (Log::default(), Log::default());
        for standing in &standings(of, [old, new]) {
            let [before, after] = self.stances([old, new], standing);
            let side = |allows, refuses| Side { comparer: self, standing, allows, refuses };
            side((new, &after), (old, &before)).regions(&mut gained, &mut gains);
            side((old, &before), (new, &after)).regions(&mut lost, &mut losses);
        }
        let told =
            |regions: &[DocumentRegion], log: &Log| match (regions.is_empty(), log.undecided.is_empty()) {
                (false, _) => Some(true),
                (true, true) => Some(false),
                (true, false) => None,
            };
        let relation = Relation::of(told(&gained, &gains), told(&lost, &losses));
        let mut formulas = gains.formulas;
        formulas.add(losses.formulas);
        let exact = !gains.inexact && !losses.inexact;
        let undecided = gains.undecided.into_iter().chain(losses.undecided).collect();
        DocumentComparison { relation, gained, lost, exact, undecided, formulas }
    }

    /// The relation alone: quicker.
    pub fn relate(&self, old: &Arc<Document>, new: &Arc<Document>, of: &PolicyOf) -> Relation {
        let (mut gained, mut lost) = (Some(false), Some(false));
        for standing in &standings(of, [old, new]) {
            let [before, after] = self.stances([old, new], standing);
            let side = |allows, refuses| Side { comparer: self, standing, allows, refuses };
            if gained != Some(true) {
                gained = either(gained, side((new, &after), (old, &before)).is_more());
            }
            if lost != Some(true) {
                lost = either(lost, side((old, &before), (new, &after)).is_more());
            }
        }
        Relation::of(gained, lost)
    }
}

fn either(known: Option<bool>, more: Option<bool>) -> Option<bool> {
    match (known, more) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

impl<'a> Side<'a> {
    fn asking(&self) -> Asking<'a> {
        Asking::all(self.comparer.tools(), self.standing, [self.allows.0, self.refuses.0])
    }

    /// Whether the evaluator allows it by the one document and not by the other.
    fn accepts(&self, request: &Request) -> bool {
        let decide = |document| self.comparer.tools().decide(document, self.standing, request).outcome;
        decide(self.allows.0) == Outcome::Allowed && decide(self.refuses.0) != Outcome::Allowed
    }

    fn encode_cell(&self, encoder: &mut Encoder<'_>, cell: &Cell) -> Term {
        let mut parts: Vec<Term> = cell.all_of.iter().map(|p| p.encode(encoder, self.standing)).collect();
        let except: Vec<Term> = cell.except.iter().map(|p| p.encode(encoder, self.standing)).collect();
        let except = encoder.terms.or(except);
        parts.push(encoder.terms.not(except));
        encoder.terms.and(parts)
    }

    fn encode_some(&self, encoder: &mut Encoder<'_>, cells: &[&Cell]) -> Term {
        let each: Vec<Term> = cells.iter().map(|cell| self.encode_cell(encoder, cell)).collect();
        encoder.terms.or(each)
    }

    fn encode_difference(&self, encoder: &mut Encoder<'_>) -> Term {
        let allowed = self.allows.1.encode(encoder, self.standing);
        let refused = self.refuses.1.encode(encoder, self.standing);
        let parts = [allowed, encoder.terms.not(refused)];
        encoder.terms.and(parts)
    }

    /// Whether the one allows a request that the other doesn't.
    fn is_more(&self) -> Option<bool> {
        let mut unknown = false;
        for cell in cells(self.allows.1, self.refuses.1) {
            let goal = |encoder: &mut Encoder<'_>| self.encode_cell(encoder, &cell);
            match self.asking().search(&goal, &|request| self.accepts(request)) {
                Asked::Request(_) => return Some(true),
                Asked::Nothing(_) => {}
                Asked::Unknown(_) => unknown = true,
            }
        }
        (!unknown).then_some(false)
    }

    fn regions(&self, found: &mut Vec<DocumentRegion>, log: &mut Log) {
        let cells = cells(self.allows.1, self.refuses.1);
        if cells.is_empty() {
            return;
        }
        let mut shown: Vec<(Cell, Arc<Request>)> = Vec::new();
        for cell in cells {
            log.formulas.asked += 1;
            match self.show(&cell) {
                Asked::Request(request) => shown.push((self.without_idle(cell), request)),
                Asked::Nothing(_) => log.formulas.refuted += 1,
                Asked::Unknown(reason) => self.note(log, &reason),
            }
        }
        self.drop_covered(&mut shown);
        self.prove(&shown, log);
        for (cell, witness) in shown {
            self.take(found, &cell, witness);
        }
    }

    fn note(&self, log: &mut Log, reason: &UnknownReason) {
        log.inexact = true;
        let undecided = Undecided { reason: reason.to_string(), place: self.standing.label.clone() };
        if !log.undecided.contains(&undecided) {
            log.undecided.push(undecided);
        }
    }

    /// A request of the cell, one that AWS could receive where there is one.
    fn show(&self, cell: &Cell) -> Asked {
        let goal = |encoder: &mut Encoder<'_>| self.encode_cell(encoder, cell);
        let accept = |request: &Request| self.accepts(request);
        for action in self.likely(cell) {
            let asking = Asking { action: Some(action), ..self.asking() };
            if let found @ Asked::Request(_) = asking.search(&goal, &accept) {
                return found;
            }
        }
        self.asking().search(&goal, &accept)
    }

    /// Some of the catalogue's actions that the cell is about.
    fn likely(&self, cell: &Cell) -> Vec<ActionInfo<'a>> {
        let catalogue = self.comparer.catalogue;
        let of = |part: &Part| part.statement().map(|s| ActionSet::of_clause(catalogue, &s.action));
        let mut actions = ActionSet::all(catalogue);
        for set in cell.all_of.iter().filter_map(of) {
            actions = actions.and(&set);
        }
        for part in &cell.except {
            if let (true, Some(set)) = (Described::of(part, catalogue).is_of_actions_only(), of(part)) {
                actions = actions.minus(&set);
            }
        }
        actions.actions(catalogue).take(TRIES).collect()
    }

    /// The cell without exceptions that take nothing away from it.
    fn without_idle(&self, mut cell: Cell) -> Cell {
        let all_of = cell.all_of.clone();
        cell.except.retain(|part| {
            let goal = |encoder: &mut Encoder<'_>| {
                let mut parts: Vec<Term> = all_of.iter().map(|p| p.encode(encoder, self.standing)).collect();
                parts.push(part.encode(encoder, self.standing));
                encoder.terms.and(parts)
            };
            self.asking().refute(&goal).is_err()
        });
        cell
    }

    /// Leaves out what the others cover.
    fn drop_covered(&self, shown: &mut Vec<(Cell, Arc<Request>)>) {
        if shown.len() > FEW {
            return;
        }
        let mut at = shown.len();
        while at > 0 && shown.len() > 1 {
            at -= 1;
            let others: Vec<&Cell> =
                shown.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, (cell, _))| cell).collect();
            let Some((cell, _)) = shown.get(at) else { continue };
            let goal = |encoder: &mut Encoder<'_>| {
                let covered = self.encode_some(encoder, &others);
                let parts = [self.encode_cell(encoder, cell), encoder.terms.not(covered)];
                encoder.terms.and(parts)
            };
            if self.asking().refute(&goal).is_ok() {
                shown.remove(at);
            }
        }
    }

    /// Proves that the regions are the difference.
    fn prove(&self, shown: &[(Cell, Arc<Request>)], log: &mut Log) {
        let cells: Vec<&Cell> = shown.iter().map(|(cell, _)| cell).collect();
        let left_out = |encoder: &mut Encoder<'_>| {
            let covered = self.encode_some(encoder, &cells);
            let parts = [self.encode_difference(encoder), encoder.terms.not(covered)];
            encoder.terms.and(parts)
        };
        let too_much = |encoder: &mut Encoder<'_>| {
            let difference = self.encode_difference(encoder);
            let parts = [self.encode_some(encoder, &cells), encoder.terms.not(difference)];
            encoder.terms.and(parts)
        };
        let goals: [&dyn Fn(&mut Encoder<'_>) -> Term; 2] = [&left_out, &too_much];
        for goal in goals {
            log.formulas.asked += 1;
            match self.asking().refute(goal) {
                Ok(_) => log.formulas.refuted += 1,
                Err(reason) => self.note(log, &reason),
            }
        }
    }

    /// The region for people; one that another caller has too is that caller's as well.
    fn take(&self, found: &mut Vec<DocumentRegion>, cell: &Cell, witness: Arc<Request>) {
        let describe = |parts: &[Part]| -> Vec<Described> {
            parts.iter().map(|part| Described::of(part, self.comparer.catalogue)).collect()
        };
        let (all_of, mut except) = (describe(&cell.all_of), describe(&cell.except));
        except.sort();
        except.dedup();
        if let Some(same) = found.iter_mut().find(|r| r.all_of == all_of && r.except == except) {
            return same.principals.push(self.standing.label.clone());
        }
        let reasons = |document| -> Vec<Evidence> {
            let decision = self.comparer.tools().decide(document, self.standing, &witness);
            decision.because.iter().map(evidence).collect()
        };
        found.push(DocumentRegion {
            principals: vec![self.standing.label.clone()],
            all_of,
            except,
            allowed_by: reasons(self.allows.0),
            refused_by: reasons(self.refuses.0),
            witness,
        });
    }
}
