//! Letting go of what consists of many small pieces: it is done beside what comes next, since nobody waits for it.

use std::ops::{Deref, DerefMut};

/// What is dropped by a thread that has nothing else to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Aside<T: Default + Send + 'static>(T);

impl<T: Default + Send + 'static> From<T> for Aside<T> {
    fn from(held: T) -> Self {
        Self(held)
    }
}

impl<T: Default + Send + 'static> Deref for Aside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Default + Send + 'static> DerefMut for Aside<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Default + Send + 'static> Drop for Aside<T> {
    fn drop(&mut self) {
        let held = std::mem::take(&mut self.0);
        rayon::spawn(move || drop(held));
    }
}
