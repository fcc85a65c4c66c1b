//! Sets of few things, as bits: states of a world are made, compared and kept by the thousand.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Something that has a number below 128.
pub trait Numbered: Copy {
    fn number(self) -> usize;
    fn of_number(number: usize) -> Self;
}

impl Numbered for usize {
    fn number(self) -> usize {
        self
    }

    fn of_number(number: usize) -> Self {
        number
    }
}

/// A set of such things, in the order of their numbers.
pub struct Few<T> {
    bits: u128,
    of: PhantomData<T>,
}

impl<T: Numbered> Few<T> {
    pub fn insert(&mut self, one: T) {
        self.bits |= bit(one);
    }

    pub fn remove(&mut self, one: T) {
        self.bits &= !bit(one);
    }

    pub fn clear(&mut self) {
        self.bits = 0;
    }

    pub fn contains(&self, one: T) -> bool {
        self.bits & bit(one) != 0
    }

    pub fn iter(&self) -> impl Iterator<Item = T> + use<T> {
        let mut left = self.bits;
        std::iter::from_fn(move || {
            let next = (left != 0).then(|| usize::try_from(left.trailing_zeros()).unwrap())?;
            left &= left - 1;
            Some(T::of_number(next))
        })
    }
}

fn bit(one: impl Numbered) -> u128 {
    assert!(one.number() < 128, "more than a set of few holds");
    1 << one.number()
}

impl<T: Numbered> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|one| all.insert(one));
        all
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { bits: 0, of: PhantomData }
    }
}

impl<T> Clone for Few<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Few<T> {}

impl<T> PartialEq for Few<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<T> Eq for Few<T> {}

impl<T> Hash for Few<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl<T: Numbered + fmt::Debug> fmt::Debug for Few<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
