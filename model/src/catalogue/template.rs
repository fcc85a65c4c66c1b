//! Names with variable parts, such as `aws:RequestTag/${TagKey}`, found by what a name begins with.

use super::glob;
use rustc_hash::FxHashMap;

/// Things under templates of lower-case names, each variable part as `?*`: any text but the empty one.
#[derive(Debug, Clone)]
pub(super) struct Templates<T> {
    all: Vec<(Box<str>, T)>,
    /// By the text before the first colon, where that has no variable part.
    by_service: FxHashMap<Box<str>, Vec<usize>>,
    rest: Vec<usize>,
}

impl<T> Default for Templates<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_service: FxHashMap::default(), rest: Vec::new() }
    }
}

impl<T> Templates<T> {
    /// Adds something under a template.
    pub(super) fn add(&mut self, glob: String, thing: T) {
        let service = glob.split_once(':').map(|(service, _)| service).filter(|s| !s.contains(['*', '?']));
        let list = match service {
            Some(service) => self.by_service.entry(service.into()).or_default(),
            None => &mut self.rest,
        };
        list.push(self.all.len());
        self.all.push((glob.into(), thing));
    }

    /// What stands under the templates that a lower-case name is an instance of, in the order in which it
    /// was added.
    pub(super) fn fitting(&self, lower: &str) -> impl Iterator<Item = (&str, &T)> {
        let service = lower.split_once(':').and_then(|(service, _)| self.by_service.get(service));
        let (mut own, mut rest) =
            (service.map_or(&[][..], Vec::as_slice).iter().peekable(), self.rest.iter().peekable());
        let in_order = std::iter::from_fn(move || match (own.peek(), rest.peek()) {
            (Some(a), Some(b)) if a < b => own.next(),
            (_, Some(_)) => rest.next(),
            (_, None) => own.next(),
        });
        in_order
            .filter_map(|n| self.all.get(*n))
            .filter(|(glob, _)| glob::matches(glob.as_bytes(), lower.as_bytes()))
            .map(|(glob, thing)| (&**glob, thing))
    }
}
