//! Policy documents prepared once for all questions: pattern lists as sets, comparisons as ranges.

use crate::actions::{ActionRanges, ActionTable, names_an_action};
use crate::language::{Languages, PatternSet, RangeSet};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::operand::{Point, Scalar, whole_line};
use gateproof_model::operator::{Comparison, Operator, Order};
use gateproof_model::pattern::{Pattern, PatternText, Token};
use gateproof_model::policy::{Condition, Document, Effect, Operand, PatternClause, Statement};
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// A document, prepared: what its statements act on at first use, and the rest of a statement when some
/// question concerns its actions.
#[derive(Debug)]
pub struct CompiledDocument {
    /// The document itself.
    pub document: Arc<Document>,
    actions: OnceLock<Box<DocumentActions>>,
    bodies: Box<[OnceLock<Box<Body>>]>,
    public: OnceLock<bool>,
}

/// The actions of a document's statements.
#[derive(Debug)]
pub struct DocumentActions {
    allows: ActionRanges,
    denies: ActionRanges,
    statements: Box<[ActionRanges]>,
}

impl DocumentActions {
    /// The actions that some statement of this effect lists.
    pub fn of_effect(&self, effect: Effect) -> &ActionRanges {
        match effect {
            Effect::Allow => &self.allows,
            Effect::Deny => &self.denies,
        }
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[ActionRanges] {
        &self.statements
    }
}

/// A statement, prepared, but for its principal.
#[derive(Debug)]
pub struct Body {
    /// Action or NotAction, prepared where the catalogue's ranges don't settle it: see [`Body::action`].
    action: OnceLock<Clause>,
    /// Resource or NotResource.
    pub resource: Option<Clause>,
    /// The conditions.
    pub conditions: Vec<CompiledCondition>,
}

impl Body {
    /// Action or NotAction of the statement that this is the body of.
    pub fn action(&self, statement: &Statement, languages: &Languages) -> &Clause {
        self.action.get_or_init(|| compile_action(&statement.action, languages))
    }
}

impl CompiledDocument {
    fn new(document: &Arc<Document>) -> Self {
        Self {
            document: document.clone(),
            actions: OnceLock::new(),
            bodies: document.statements.iter().map(|_| OnceLock::new()).collect(),
            public: OnceLock::new(),
        }
    }

    /// The catalogue's actions that the statements list.
    pub fn actions(&self, table: &ActionTable) -> &DocumentActions {
        self.actions.get_or_init(|| {
            let statements: Box<[ActionRanges]> =
                self.document.statements.iter().map(|s| table.covered(&s.action)).collect();
            let of = |effect| {
                let listed = self.document.statements.iter().zip(&statements);
                ActionRanges::union(listed.filter(|(s, _)| s.effect == effect).map(|(_, ranges)| ranges))
            };
            Box::new(DocumentActions { allows: of(Effect::Allow), denies: of(Effect::Deny), statements })
        })
    }

    /// The n-th statement, prepared.
    pub fn body(&self, n: usize, languages: &Languages) -> Option<&Body> {
        let (slot, statement) = (self.bodies.get(n)?, self.document.statements.get(n)?);
        Some(slot.get_or_init(|| Box::new(compile_body(statement, &self.document, languages))))
    }

    /// Whether S3 takes it for a public bucket policy.
    pub fn is_public(&self) -> bool {
        *self.public.get_or_init(|| gateproof_model::evaluator::is_public(&self.document))
    }
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
#[derive(Debug)]
pub struct Compiler {
    /// The sets.
    pub languages: Languages,
    /// The catalogue's actions by pattern.
    pub actions: ActionTable,
    documents: RwLock<FxHashMap<usize, Arc<CompiledDocument>>>,
}

impl Default for Compiler {
    fn default() -> Self {
        Self::new(Catalogue::embedded())
    }
}

impl Compiler {
    /// A compiler over the actions of a catalogue.
    pub fn new(catalogue: &'static Catalogue) -> Self {
        Self {
            languages: Languages::default(),
            actions: ActionTable::new(catalogue),
            documents: RwLock::default(),
        }
    }

    /// The prepared form of a document, one for all who ask.
    pub fn compile(&self, document: &Arc<Document>) -> Arc<CompiledDocument> {
        // The compiled form keeps the document alive, so its address stays its own.
        let address = Arc::as_ptr(document) as usize;
        if let Some(known) = self.documents.read().unwrap_or_else(PoisonError::into_inner).get(&address) {
            return known.clone();
        }
        let compiled = Arc::new(CompiledDocument::new(document));
        self.documents
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(address)
            .or_insert(compiled)
            .clone()
    }
}

fn compile_body(statement: &Statement, document: &Document, languages: &Languages) -> Body {
    Body {
        action: OnceLock::new(),
        resource: statement.resource.as_ref().map(|r| compile_clause(r, languages)),
        conditions: statement.conditions.iter().map(|c| compile_condition(c, document, languages)).collect(),
    }
}

fn compile_clause(clause: &PatternClause, languages: &Languages) -> Clause {
    let (ground, templates) = split(clause.patterns.iter());
    Clause { negated: clause.negated, ground: languages.set(ground, false), templates }
}

/// Action patterns; text with stray spaces or commas names no action and matches nothing (CONFORMANCE 2.1).
fn compile_action(clause: &PatternClause, languages: &Languages) -> Clause {
    let usable = clause.patterns.iter().filter(|p| names_an_action(&p.text));
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
