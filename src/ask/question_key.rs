//! Digests by which questions are known: two questions have the same only if they say the same.

use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};

/// A digest of a question.
pub(super) type Key = [u8; 32];

/// The digest of what a question says.
pub(super) fn key_of(question: &impl Hash) -> Key {
    let mut digest = Digesting(Sha256::new());
    question.hash(&mut digest);
    digest.0.finalize().into()
}

/// Takes what is hashed into a digest that nobody can make collide.
struct Digesting(Sha256);

impl Hasher for Digesting {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: Key = self.0.clone().finalize().into();
        digest.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Requests;

    #[test]
    fn questions_that_differ_have_different_keys() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let of = |actions: &[&str], resources: &[&str]| Requests {
            actions: list(actions),
            resources: list(resources),
            ..Requests::default()
        };
        let all = [
            of(&["a", "b"], &[]),
            of(&["a"], &["b"]),
            of(&["ab"], &[]),
            of(&["b", "a"], &[]),
            of(&["a"], &[]),
            of(&[], &["a"]),
            of(&[], &[]),
        ];
        let keys: std::collections::BTreeSet<Key> = all.iter().map(key_of).collect();
        assert_eq!(keys.len(), all.len());
        assert_eq!(key_of(&of(&["a"], &[])), key_of(&of(&["a"], &[])));
        assert_ne!(key_of(&("x", of(&["a"], &[]))), key_of(&("y", of(&["a"], &[]))));
    }
}
