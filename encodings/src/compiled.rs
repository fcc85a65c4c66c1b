//! Policy documents prepared once for all questions: pattern lists as sets, comparisons as ranges.

use crate::language::{Languages, PatternSet, RangeSet};
use gateproof_model::operand::{Point, Scalar, whole_line};
use gateproof_model::operator::{Comparison, Operator, Order};
use gateproof_model::pattern::{Pattern, PatternText, Token};
use gateproof_model::policy::{Condition, Document, Effect, Operand, PatternClause, PrincipalClause};
use rustc_hash::FxHashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A document, prepared.
#[derive(Debug)]
pub struct CompiledDocument {
    /// The document itself.
    pub document: Arc<Document>,
    /// Its statements, in order.
    pub statements: Vec<CompiledStatement>,
}

/// A statement, prepared.
#[derive(Debug)]
pub struct CompiledStatement {
    /// Allow or Deny.
    pub effect: Effect,
    /// Principal or NotPrincipal.
    pub principal: Option<PrincipalClause>,
    /// Action or NotAction.
    pub action: Clause,
    /// Resource or NotResource.
    pub resource: Option<Clause>,
    /// The conditions.
    pub conditions: Vec<CompiledCondition>,
    /// The assumption that a stand-in for an unreadable document rests on.
    pub assumption: Option<Arc<str>>,
}

/// A pattern list, prepared.
#[derive(Debug)]
pub struct Clause {
    /// Whether it is the `Not…` form.
    pub negated: bool,
    /// The patterns without variables.
    pub ground: Arc<PatternSet>,
    /// The patterns with variables.
    pub templates: Vec<PatternText>,
}

/// A condition, prepared.
#[derive(Debug)]
pub struct CompiledCondition {
    /// The operator.
    pub operator: Operator,
    /// The key, in lower case.
    pub key: Arc<str>,
    /// What the values admit.
    pub test: Test,
    /// The assumptions that stand for values which aren't of the operator's type.
    pub unparsable: Vec<Arc<str>>,
}

/// What the values of a condition admit.
#[derive(Debug)]
pub enum Test {
    /// Texts: a set, and patterns with variables.
    Text {
        /// The patterns without variables.
        ground: Arc<PatternSet>,
        /// The patterns with variables.
        templates: Vec<PatternText>,
    },
    /// Points.
    Range(Arc<RangeSet>),
    /// For `Null`: the demanded absences.
    Null(Vec<bool>),
}

/// All documents prepared so far, shared by the threads of a run.
#[derive(Debug, Default)]
pub struct Compiler {
    /// The sets.
    pub languages: Languages,
    documents: RwLock<FxHashMap<usize, Arc<CompiledDocument>>>,
}

impl Compiler {
    /// The prepared form of a document; prepared at the first call.
    pub fn compile(&self, document: &Arc<Document>) -> Arc<CompiledDocument> {
        // The compiled form keeps the document alive, so its address stays its own.
        let address = Arc::as_ptr(document) as usize;
        if let Some(known) = self.documents.read().unwrap_or_else(PoisonError::into_inner).get(&address) {
            return known.clone();
        }
        let compiled = Arc::new(compile_document(document, &self.languages));
        self.documents
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(address)
            .or_insert(compiled)
            .clone()
    }
}

fn compile_document(document: &Arc<Document>, languages: &Languages) -> CompiledDocument {
    let statements = document
        .statements
        .iter()
        .map(|s| CompiledStatement {
            effect: s.effect,
            principal: s.principal.clone(),
            action: compile_action(&s.action, languages),
            resource: s.resource.as_ref().map(|r| compile_clause(r, languages)),
            conditions: s.conditions.iter().map(|c| compile_condition(c, document, languages)).collect(),
            assumption: s.assumption.clone(),
        })
        .collect();
    CompiledDocument { document: document.clone(), statements }
}

fn compile_clause(clause: &PatternClause, languages: &Languages) -> Clause {
    let (ground, templates) = split(clause.patterns.iter());
    Clause { negated: clause.negated, ground: languages.set(ground, false), templates }
}

/// Action patterns; text with stray spaces or commas names no action and matches nothing (CONFORMANCE 2.1).
fn compile_action(clause: &PatternClause, languages: &Languages) -> Clause {
    let usable = clause.patterns.iter().filter(|p| !p.text.contains([' ', ',', '\t', '\n', '\r']));
    let (ground, templates) = split(usable);
    Clause { negated: clause.negated, ground: languages.set(ground, true), templates }
}

fn split<'a>(patterns: impl Iterator<Item = &'a PatternText>) -> (Vec<Pattern>, Vec<PatternText>) {
    let (mut ground, mut templates) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern.ground() {
            Some(g) => ground.push(g),
            None => templates.push(pattern.clone()),
        }
    }
    (ground, templates)
}

fn compile_condition(condition: &Condition, document: &Document, languages: &Languages) -> CompiledCondition {
    let unparsable = condition
        .operands
        .iter()
        .filter_map(|o| match o {
            Operand::Unparsable(text) => {
                Some(gateproof_model::assumption::name_unparsable(&document.source, condition, text))
            }
            _ => None,
        })
        .collect();
    CompiledCondition {
        operator: condition.operator,
        key: condition.key.clone(),
        test: compile_test(condition, languages),
        unparsable,
    }
}

fn compile_test(condition: &Condition, languages: &Languages) -> Test {
    let flags =
        || condition.operands.iter().filter_map(|o| if let Operand::Flag(f) = o { Some(*f) } else { None });
    let texts =
        condition.operands.iter().filter_map(|o| if let Operand::Text(t) = o { Some(t) } else { None });
    match condition.operator.comparison {
        Comparison::Null => Test::Null(flags().collect()),
        Comparison::Bool => {
            let words = flags().map(|f| f.to_string().chars().map(Token::Char).collect()).collect();
            Test::Text { ground: languages.set(words, true), templates: Vec::new() }
        }
        Comparison::StringEquals { ignore_case } => {
            let (ground, templates) = split(texts);
            Test::Text { ground: languages.set(ground, ignore_case), templates }
        }
        Comparison::StringLike | Comparison::Arn | Comparison::BinaryEquals => {
            let (ground, templates) = split(texts);
            Test::Text { ground: languages.set(ground, false), templates }
        }
        Comparison::Numeric(order) => Test::Range(ordered(Scalar::Number, order, &condition.operands)),
        Comparison::Date(order) => Test::Range(ordered(Scalar::Date, order, &condition.operands)),
        Comparison::IpAddress => {
            let networks = condition.operands.iter().filter_map(|o| match o {
                Operand::Network(first, last) => Some((*first, *last)),
                _ => None,
            });
            Test::Range(Arc::new(RangeSet::new(Scalar::Ip, networks.collect())))
        }
    }
}

/// The points that stand in the given order to some operand.
fn ordered(scalar: Scalar, order: Order, operands: &[Operand]) -> Arc<RangeSet> {
    let mut intervals = Vec::new();
    for (least, greatest) in whole_line(scalar) {
        for operand in operands {
            let Operand::Point(p) = operand else { continue };
            let below = Point { family: p.family, value: p.value.saturating_sub(1) };
            let above = Point { family: p.family, value: p.value.saturating_add(1) };
            intervals.push(match order {
                Order::Equals => (*p, *p),
                Order::LessThan => (least, below),
                Order::LessThanEquals => (least, *p),
                Order::GreaterThan => (above, greatest),
                Order::GreaterThanEquals => (*p, greatest),
            });
        }
    }
    Arc::new(RangeSet::new(scalar, intervals))
}
