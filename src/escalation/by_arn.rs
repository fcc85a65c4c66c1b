//! Objects looked up by what their ARNs begin with.

use super::bind::Object;
use crate::ask::goes_by_alias;
use gateproof_model::arn::is_account_id;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// An object and its place in the list that it stands in.
pub(super) type Placed = (usize, Arc<Object>);

/// Objects of one kind.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// All of them.
    pub all: ByArn,
    by_account: FxHashMap<Arc<str>, ByArn>,
    /// Those of no account.
    nobodys: ByArn,
    /// Those that go by other ARNs, too.
    open: Vec<Placed>,
}

impl Index {
    pub fn of(list: &[Arc<Object>]) -> Self {
        let placed = || list.iter().cloned().enumerate();
        let mut by_account: FxHashMap<Arc<str>, Vec<Placed>> = FxHashMap::default();
        for (place, object) in placed().filter(|(_, object)| is_account_id(&object.account)) {
            by_account.entry(object.account.clone()).or_default().push((place, object));
        }
        Self {
            all: ByArn::of(placed()),
            by_account: by_account.into_iter().map(|(a, list)| (a, ByArn::of(list.into_iter()))).collect(),
            nobodys: ByArn::of(placed().filter(|(_, object)| !is_account_id(&object.account))),
            open: placed().filter(|(_, o)| o.is_unnamed() || goes_by_alias(&o.arn)).collect(),
        }
    }

    /// Those of an account, and those of none.
    pub fn owned_by(&self, account: &str) -> impl Iterator<Item = &ByArn> {
        self.by_account.get(account).into_iter().chain([&self.nobodys])
    }

    /// Those that have one of the ARNs, in their order.
    pub fn named<'n>(&self, arns: impl IntoIterator<Item = &'n Arc<str>>) -> Vec<Arc<Object>> {
        self.in_order(arns.into_iter().flat_map(|arn| self.all.named(arn)).cloned().collect())
    }

    /// Objects by their places, each once, with those that go by other ARNs.
    pub fn in_order(&self, mut some: Vec<Placed>) -> Vec<Arc<Object>> {
        some.extend(self.open.iter().cloned());
        some.sort_unstable_by_key(|(place, _)| *place);
        some.dedup_by_key(|(place, _)| *place);
        some.into_iter().map(|(_, object)| object).collect()
    }
}

/// Objects in the order of their ARNs.
#[derive(Debug, Default)]
pub(super) struct ByArn(Vec<Placed>);

impl ByArn {
    fn of(list: impl Iterator<Item = Placed>) -> Self {
        let mut sorted: Vec<Placed> = list.collect();
        sorted.sort_unstable_by(|(_, a), (_, b)| a.arn.cmp(&b.arn));
        Self(sorted)
    }

    pub fn beginning_with(&self, head: &str) -> &[Placed] {
        let from = self.0.partition_point(|(_, object)| *object.arn < *head);
        let rest = self.0.get(from..).unwrap_or_default();
        let len = rest.partition_point(|(_, object)| object.arn.starts_with(head));
        rest.get(..len).unwrap_or_default()
    }

    /// Those that have the ARN.
    pub fn named(&self, arn: &str) -> &[Placed] {
        let same = self.beginning_with(arn);
        let len = same.partition_point(|(_, object)| object.arn.len() == arn.len());
        same.get(..len).unwrap_or_default()
    }

    /// Those with whose ARNs, if these are not empty, a text begins.
    pub fn that_begin(&self, text: &str) -> Vec<Placed> {
        let mut found = Vec::new();
        let mut left = text.as_bytes();
        while !left.is_empty() {
            let up_to = self.0.partition_point(|(_, object)| object.arn.as_bytes() <= left);
            let Some((_, last)) = up_to.checked_sub(1).and_then(|n| self.0.get(n)) else { break };
            let same = last.arn.bytes().zip(left).take_while(|(a, b)| a == *b).count();
            let whole = same > 0 && same == last.arn.len();
            if whole {
                found.extend(self.named(&last.arn).iter().cloned());
            }
            left = left.get(..same - usize::from(whole)).unwrap_or_default();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn objects_are_found_as_by_looking_at_each(
            arns in prop::collection::vec("[ab/é]{0,5}", 0..12),
            text in "[ab/é]{0,5}",
        ) {
            let account: Arc<str> = "111122223333".into();
            let objects: Vec<_> =
                arns.iter().map(|arn| Arc::new(Object::plain(&arn.as_str().into(), "", &account))).collect();
            let index = Index::of(&objects);
            let places = |found: &[Placed]| {
                let mut places: Vec<usize> = found.iter().map(|(place, _)| *place).collect();
                places.sort_unstable();
                places
            };
            let all = |which: &dyn Fn(&str) -> bool| -> Vec<usize> {
                arns.iter().enumerate().filter(|(_, arn)| which(arn)).map(|(place, _)| place).collect()
            };
            let all_begin = |arn: &str| !arn.is_empty() && text.starts_with(arn);
            prop_assert_eq!(places(index.all.beginning_with(&text)), all(&|arn| arn.starts_with(&text)));
            prop_assert_eq!(places(index.all.named(&text)), all(&|arn| arn == text));
            prop_assert_eq!(places(&index.all.that_begin(&text)), all(&all_begin));
        }
    }
}
