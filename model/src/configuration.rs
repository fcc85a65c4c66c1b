//! What AWS says of the configuration of the things that pipelines are made of and touch: buckets, keys, build projects,
//! trails, event rules, notification rules, log groups and so on.
//!
//! Every answer is [`Told`]: known, known to be absent, or not told, with the command that would tell it. Shapes are AWS's
//! own, cut down to what controls read. No secret is kept: no value of an environment variable, no token, no user info of
//! a URL.

mod ask;
mod collection;
mod moment;
mod shape;
mod told;

pub mod chatbot;
pub mod cloudformation;
pub mod cloudtrail;
pub mod codebuild;
pub mod codepipeline;
pub mod connections;
pub mod credentials;
pub mod ec2;
pub mod ecr;
pub mod events;
pub mod firehose;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod notifications;
pub mod s3;
pub mod sns;

pub use collection::{Collected, CollectedCall, Collection, CollectionError, collection};
pub(crate) use shape::parse_shape;
pub use told::{Gap, Told};

#[cfg(test)]
mod tests;
