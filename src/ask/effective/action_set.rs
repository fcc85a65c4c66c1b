//! Sets of catalogued actions, and their shortest form in a policy.

use gateproof_model::catalogue::{ActionInfo, Catalogue};
use gateproof_model::policy::PatternClause;

/// A set of the catalogue's actions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionSet {
    words: Vec<u64>,
}

/// How a policy writes a set of actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionElement {
    /// Whether it is `NotAction`.
    pub negated: bool,
    /// Names, `service:*` for all actions of a service, `*` for all.
    pub names: Vec<String>,
}

impl ActionSet {
    /// No action.
    pub fn none(catalogue: &Catalogue) -> Self {
        Self { words: vec![0; catalogue.action_count().div_ceil(64)] }
    }

    /// Every action of the catalogue.
    pub fn all(catalogue: &Catalogue) -> Self {
        Self::of(catalogue, catalogue.actions())
    }

    /// The given actions.
    pub fn of<'a>(catalogue: &Catalogue, actions: impl IntoIterator<Item = ActionInfo<'a>>) -> Self {
        let mut set = Self::none(catalogue);
        for action in actions {
            set.insert(action);
        }
        set
    }

    /// The actions that an `Action` or `NotAction` element fits.
    pub fn of_clause(catalogue: &Catalogue, clause: &PatternClause) -> Self {
        if !clause.negated && clause.patterns.iter().any(|p| &*p.text == "*") {
            return Self::all(catalogue);
        }
        let listed = clause.patterns.iter().flat_map(|p| catalogue.actions_matching(&p.text));
        let listed = Self::of(catalogue, listed);
        if clause.negated { Self::all(catalogue).minus(&listed) } else { listed }
    }

    fn insert(&mut self, action: ActionInfo<'_>) {
        let index = action.id().index();
        if let Some(word) = self.words.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Whether an action is in the set.
    pub fn contains(&self, action: ActionInfo<'_>) -> bool {
        let index = action.id().index();
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// The actions of both.
    pub fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// The actions of either.
    pub fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// The actions of this set that are not in the other.
    pub fn minus(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// Whether the two share an action.
    pub fn meets(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Whether every action is in the other too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(a, b)| a & !b == 0)
    }

    fn zip(&self, other: &Self, merge: impl Fn(u64, u64) -> u64) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(a, b)| merge(*a, *b)).collect() }
    }

    /// The actions, in the catalogue's order.
    pub fn actions<'c>(&self, catalogue: &'c Catalogue) -> impl Iterator<Item = ActionInfo<'c>> {
        catalogue.actions().filter(|a| self.contains(*a))
    }

    /// The first action.
    pub fn first<'c>(&self, catalogue: &'c Catalogue) -> Option<ActionInfo<'c>> {
        self.actions(catalogue).next()
    }

    /// The names of the actions, whole services as `service:*`.
    pub fn names(&self, catalogue: &Catalogue) -> Vec<String> {
        let mut names = Vec::new();
        let mut everything = true;
        let mut rest = catalogue.actions().peekable();
        while let Some(first) = rest.peek().copied() {
            let service = first.service();
            let mut of_service = Vec::new();
            let mut whole = true;
            while let Some(action) = rest.next_if(|a| a.service() == service) {
                if self.contains(action) { of_service.push(action.name().to_owned()) } else { whole = false }
            }
            everything &= whole;
            if whole { names.push(format!("{service}:*")) } else { names.extend(of_service) }
        }
        if everything { vec!["*".to_owned()] } else { names }
    }

    /// The shorter of `Action` and `NotAction`.
    pub fn element(&self, catalogue: &Catalogue) -> ActionElement {
        let listed = self.names(catalogue);
        let unlisted = Self::all(catalogue).minus(self).names(catalogue);
        if !unlisted.is_empty() && unlisted.len() < listed.len() {
            ActionElement { negated: true, names: unlisted }
        } else {
            ActionElement { negated: false, names: listed }
        }
    }

    /// Names that are right for the actions `that_matter`: a service whose other actions don't is `service:*`.
    fn names_among(&self, that_matter: &Self, catalogue: &Catalogue) -> Vec<String> {
        let mut names = Vec::new();
        let mut rest = that_matter.actions(catalogue).peekable();
        while let Some(first) = rest.peek().copied() {
            let service = first.service();
            let mut of_service = Vec::new();
            let mut whole = true;
            while let Some(action) = rest.next_if(|a| a.service() == service) {
                if self.contains(action) { of_service.push(action.name().to_owned()) } else { whole = false }
            }
            if whole && of_service.len() > 1 {
                names.push(format!("{service}:*"));
            } else {
                names.extend(of_service);
            }
        }
        names
    }

    /// The shorter of `Action` and `NotAction` where only the actions `that_matter` have to come out right.
    pub fn element_among(&self, that_matter: &Self, catalogue: &Catalogue) -> ActionElement {
        let listed = self.names_among(that_matter, catalogue);
        if that_matter.is_within(self) && listed.len() > 1 {
            return ActionElement { negated: false, names: vec!["*".to_owned()] };
        }
        let unlisted = that_matter.minus(self).names_among(that_matter, catalogue);
        if !unlisted.is_empty() && unlisted.len() < listed.len() {
            ActionElement { negated: true, names: unlisted }
        } else {
            ActionElement { negated: false, names: listed }
        }
    }
}

/// The coarsest partition of a set that every splitter is a union of blocks in.
pub fn partition(whole: &ActionSet, splitters: &[ActionSet]) -> Vec<ActionSet> {
    let mut blocks = vec![whole.clone()];
    for splitter in splitters {
        let mut finer = Vec::with_capacity(blocks.len());
        for block in blocks {
            if block.is_within(splitter) || !block.meets(splitter) {
                finer.push(block);
            } else {
                finer.push(block.and(splitter));
                finer.push(block.minus(splitter));
            }
        }
        blocks = finer;
    }
    blocks.retain(|b| !b.is_empty());
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> ActionSet {
        let catalogue = Catalogue::embedded();
        ActionSet::of(catalogue, names.iter().flat_map(|n| catalogue.actions_matching(n)))
    }

    #[test]
    fn whole_services_and_complements_are_written_short() {
        let catalogue = Catalogue::embedded();
        let all = ActionElement { negated: false, names: vec!["*".to_owned()] };
        assert_eq!(ActionSet::all(catalogue).element(catalogue), all);
        let all_but = ActionSet::all(catalogue).minus(&named(&["iam:*", "s3:GetObject"]));
        let element = all_but.element(catalogue);
        assert!(element.negated);
        assert_eq!(element.names, ["iam:*", "s3:GetObject"]);
        assert_eq!(named(&["sqs:*"]).element(catalogue).names, ["sqs:*"]);
        assert!(!named(&["sqs:*"]).minus(&named(&["sqs:SendMessage"])).names(catalogue).is_empty());
    }

    #[test]
    fn what_does_not_matter_is_left_open() {
        let catalogue = Catalogue::embedded();
        let allowed = named(&["s3:*", "sqs:*"]);
        let denied = ActionSet::all(catalogue).minus(&named(&["sqs:*"]));
        assert_eq!(denied.element_among(&allowed, catalogue).names, ["s3:*"]);
        let all = ActionElement { negated: false, names: vec!["*".to_owned()] };
        assert_eq!(ActionSet::all(catalogue).element_among(&allowed, catalogue), all);
        let one = ActionElement { negated: false, names: vec!["s3:*".to_owned()] };
        assert_eq!(named(&["s3:*"]).element_among(&named(&["s3:Get*"]), catalogue), one);
    }

    #[test]
    fn blocks_are_disjoint_and_cover() {
        let whole = named(&["s3:*"]);
        let splitters = [named(&["s3:Get*"]), named(&["s3:*Object"])];
        let blocks = partition(&whole, &splitters);
        assert_eq!(blocks.len(), 4);
        let count = |set: &ActionSet| set.actions(Catalogue::embedded()).count();
        assert_eq!(blocks.iter().map(count).sum::<usize>(), count(&whole));
    }
}
