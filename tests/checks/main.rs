//! Declared properties: what each kind decides, what a file may not say, and that properties agree with the questions that they are made of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod agreement;
mod changes;
#[path = "../generate/copied.rs"]
mod copied;
mod file;
mod kinds;
mod refusals;
mod unlisted;
