//! Worlds in which a role may do something on itself by its session's tags, by its own, or by both.

use super::detours::BUCKET;
use super::generate::{Maker, allow, with};
use super::state::TAGS;
use super::world::{POLICIES, PRINCIPALS, USERS, World, policy_arn};
use serde_json::{Value, json};

pub fn world(seed: u64) -> World {
    let mut maker = Maker::new(seed ^ 0x0374);
    maker.surroundings();
    let start = maker.random.below(USERS);
    let role = USERS + maker.random.below(2);
    maker.start_at(start);
    maker.opened_with_tags(start, role);
    maker.changes_itself(role);
    if maker.random.percent(30) {
        let tag = maker.random.pick(&TAGS);
        let tagging = allow("iam:TagRole", maker.world.arn(role));
        let tagging = maker.now_and_then(tagging, 50, "aws:RequestTag/team", tag);
        let by = if maker.random.percent(50) { start } else { role };
        maker.give(by, tagging);
    }
    for _ in 0..maker.random.below(3) {
        let (from, to) = (maker.random.below(PRINCIPALS), maker.random.below(PRINCIPALS));
        maker.noise(from, to);
    }
    maker.world
}

impl Maker {
    fn now_and_then(&mut self, statement: Value, percent: usize, key: &str, tag: &str) -> Value {
        if self.random.percent(percent) { with(statement, "StringEquals", key, tag) } else { statement }
    }

    /// The role lets the start in, with tags of its choice or one tag.
    fn opened_with_tags(&mut self, start: usize, role: usize) {
        let arn = self.world.arn(role);
        let actions = json!(["sts:AssumeRole", "sts:TagSession"]);
        let trust =
            json!({"Effect": "Allow", "Principal": {"AWS": self.world.arn(start)}, "Action": actions});
        self.world.principals[role].trust.push(trust);
        self.give(start, allow("sts:AssumeRole", arn.clone()));
        let tag = self.random.pick(&TAGS);
        let tagging = self.now_and_then(allow("sts:TagSession", arn), 30, "aws:RequestTag/team", tag);
        self.give(start, tagging);
    }

    /// The role attaches what reads the bucket to itself.
    fn changes_itself(&mut self, role: usize) {
        let arn = self.world.arn(role);
        let policy = self.random.below(POLICIES);
        self.world.policies[policy].versions[0] = vec![allow("s3:GetObject", BUCKET)];
        let (session, own) = (self.random.pick(&TAGS), self.random.pick(&TAGS));
        let attaches =
            with(allow("iam:AttachRolePolicy", arn), "ArnEquals", "iam:PolicyARN", policy_arn(policy));
        let attaches = self.now_and_then(attaches, 80, "aws:PrincipalTag/team", session);
        let attaches = self.now_and_then(attaches, 80, "aws:ResourceTag/team", own);
        self.give(role, attaches);
    }
}
