//! The union of all paths as a graph: facts, and the steps between them.

use super::chain::Rule;
use super::fact::Fact;
use super::step::Instance;
use gateproof_encodings::primitive::Primitive;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the attacker can come to on the way to the target, and by which steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Graph {
    /// The facts, in words; steps name them by place.
    pub facts: Vec<String>,
    /// The steps.
    pub steps: Vec<GraphStep>,
    /// The facts that the attack starts with.
    pub start: Vec<usize>,
    /// Sets of facts each of which is enough for the target.
    pub targets: Vec<Vec<usize>>,
    /// Whether it may lack ways of steps that are shown to be possible: so much was to be tried, or time was up.
    pub may_lack_ways: bool,
}

/// A step of a [`Graph`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphStep {
    /// The primitive's id.
    pub technique: String,
    /// The facts that it needs, by place.
    pub needs: Vec<usize>,
    /// The facts that it gives, by place.
    pub gives: Vec<usize>,
}

impl Graph {
    pub(super) fn of<'f>(
        rules: &[Rule],
        instances: &[Instance],
        primitives: &[Primitive],
        start: impl Iterator<Item = Fact>,
        goals: impl Iterator<Item = &'f std::collections::BTreeSet<Fact>>,
    ) -> Self {
        let mut graph = Self::default();
        let mut places: BTreeMap<Fact, usize> = BTreeMap::new();
        let start: Vec<Fact> = start.collect();
        graph.start = start.iter().map(|fact| graph.place(&mut places, fact)).collect();
        for rule in rules {
            let Some(instance) = instances.get(rule.instance) else { continue };
            let Some(primitive) = primitives.get(instance.primitive) else { continue };
            let needs = rule.needs.iter().map(|fact| graph.place(&mut places, fact)).collect();
            let gives = rule.gives.iter().map(|fact| graph.place(&mut places, fact)).collect();
            graph.steps.push(GraphStep { technique: primitive.id.clone(), needs, gives });
        }
        for goal in goals {
            let target = goal.iter().map(|fact| graph.place(&mut places, fact)).collect();
            graph.targets.push(target);
        }
        graph
    }

    fn place(&mut self, places: &mut BTreeMap<Fact, usize>, fact: &Fact) -> usize {
        *places.entry(fact.clone()).or_insert_with(|| {
            self.facts.push(fact.to_string());
            self.facts.len() - 1
        })
    }

    /// The graph in the language of Graphviz.
    pub fn to_dot(&self) -> String {
        let mut dot =
            String::from("digraph reach {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
        if self.may_lack_ways {
            dot.push_str("  label=\"There may be other ways.\";\n");
        }
        for (n, fact) in self.facts.iter().enumerate() {
            let style = if self.start.contains(&n) { ", style=bold" } else { "" };
            let _ = writeln!(dot, "  f{n} [label=\"{}\"{style}];", escaped(fact));
        }
        for (n, step) in self.steps.iter().enumerate() {
            let _ = writeln!(dot, "  s{n} [label=\"{}\", shape=ellipse];", escaped(&step.technique));
            for need in &step.needs {
                let _ = writeln!(dot, "  f{need} -> s{n};");
            }
            for given in &step.gives {
                let _ = writeln!(dot, "  s{n} -> f{given};");
            }
        }
        for (n, target) in self.targets.iter().enumerate() {
            let _ = writeln!(dot, "  t{n} [label=\"target\", shape=doubleoctagon];");
            for fact in target {
                let _ = writeln!(dot, "  f{fact} -> t{n};");
            }
        }
        dot.push_str("}\n");
        dot
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_missing_is_told() {
        let whole = Graph { facts: vec!["a \"b\"".to_owned()], ..Graph::default() };
        let partial = Graph { may_lack_ways: true, ..whole.clone() };
        assert!(!whole.to_dot().contains("other ways"));
        assert!(partial.to_dot().contains("  label=\"There may be other ways.\";\n"));
        assert!(partial.to_dot().contains("f0 [label=\"a \\\"b\\\"\"];"));
    }
}
