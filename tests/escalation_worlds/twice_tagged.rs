//! Worlds in which somebody must be tagged one way to be taken over and another way to do what is asked about.

use super::detours::BUCKET;
use super::generate::{Maker, allow, with};
use super::state::TAGS;
use super::world::{PRINCIPALS, USERS, World, is_user};
use serde_json::json;

pub fn world(seed: u64) -> World {
    let mut maker = Maker::new(seed ^ 0x7A99);
    maker.surroundings();
    let to = maker.random.below(USERS + 2);
    let start = (to + 1) % USERS;
    maker.start_at(start);
    let first = maker.random.below(TAGS.len());
    let second = if maker.random.percent(90) { 1 - first } else { first };
    maker.taken_over_if_tagged(start, to, TAGS[first]);
    let reads = allow("s3:GetObject", BUCKET);
    maker.give(to, with(reads, "StringEquals", "aws:PrincipalTag/team", TAGS[second]));
    maker.may_tag(start, to, [TAGS[first], TAGS[second]]);
    if maker.random.percent(25) {
        maker.obstacles(&[start, to], to);
    }
    for _ in 0..maker.random.below(3) {
        let (from, to) = (maker.random.below(PRINCIPALS), maker.random.below(PRINCIPALS));
        maker.noise(from, to);
    }
    maker.world
}

impl Maker {
    fn taken_over_if_tagged(&mut self, start: usize, to: usize, tag: &str) {
        let arn = self.world.arn(to);
        let action = if is_user(to) { "iam:CreateAccessKey" } else { "sts:AssumeRole" };
        let takes = allow(action, arn);
        self.give(start, with(takes, "StringEquals", "aws:ResourceTag/team", tag));
        if !is_user(to) {
            let caller = format!("{}root", self.world.arn(start).split("user/").next().unwrap());
            let trust = json!({"Effect": "Allow", "Principal": {"AWS": caller}, "Action": "sts:AssumeRole"});
            self.world.principals[to].trust.push(trust);
        }
    }

    /// One may set both tags, or one of them each.
    fn may_tag(&mut self, start: usize, to: usize, tags: [&str; 2]) {
        let arn = self.world.arn(to);
        let action = if is_user(to) { "iam:TagUser" } else { "iam:TagRole" };
        let tagging = allow(action, arn);
        let only = |tag| with(tagging.clone(), "StringEquals", "aws:RequestTag/team", tag);
        match self.random.below(4) {
            0 => self.give(start, only(tags[0])),
            1 => {
                self.give(start, only(tags[0]));
                self.give(to, only(tags[1]));
            }
            _ => self.give(start, tagging.clone()),
        }
    }
}
