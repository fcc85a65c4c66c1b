//! What AWS says of the configuration of the things that pipelines are made of and touch: buckets, keys, build projects,
//! trails, event rules, notification rules, log groups and so on.
//!
//! Every answer is [`Told`]: known, known to be absent, or not told, with the command that would tell it. Shapes are AWS's
//! own, cut down to what controls read. No secret is kept: no value of an environment variable, no token, no user info of
//! a URL.

mod ask;
mod shape;
mod told;

pub mod codebuild;
pub mod kms;
pub mod s3;

pub(crate) use shape::parse_shape;
pub use told::Told;

#[cfg(test)]
mod tests;
