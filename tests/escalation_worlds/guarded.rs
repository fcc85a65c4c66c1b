//! Worlds whose targets are kept from everybody at home but some: by the service control policy, or by the trust policy of a role abroad.

use super::generate::{Maker, deny, with};
use super::state::TAGS;
use super::world::{PRINCIPALS, Target, World, allow_everything};
use serde_json::{Value, json};

pub fn world(seed: u64) -> World {
    let mut maker = Maker::new(seed ^ 0x6A4D);
    maker.surroundings();
    maker.world.last_abroad = maker.random.percent(50);
    maker.path();
    if maker.world.last_abroad && maker.random.percent(50) {
        maker.kept_abroad();
    } else {
        maker.kept_by_control();
    }
    for _ in 0..maker.random.below(4) {
        let (from, to) = (maker.random.below(PRINCIPALS), maker.random.below(PRINCIPALS));
        maker.noise(from, to);
    }
    maker.world
}

impl Maker {
    /// The role abroad is the target, and lets in whom it does only under conditions.
    fn kept_abroad(&mut self) {
        let role = PRINCIPALS - 1;
        self.world.target = Target::Controls(role);
        let from = self.random.below(role);
        self.link(from, role);
        let refusal = json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
        let refusal = self.but_for_some(refusal);
        self.world.principals[role].trust.push(refusal);
    }

    fn kept_by_control(&mut self) {
        if let Target::Controls(_) = self.world.target {
            let resource = "arn:aws:s3:::secret/a".to_owned();
            self.world.target = Target::Access { action: "s3:GetObject", resource };
        }
        let Target::Access { action, .. } = self.world.target else { return };
        let refusal = deny(action, "*");
        let mut control = vec![allow_everything(), self.but_for_some(refusal)];
        if self.random.percent(80) {
            control.push(deny("organizations:LeaveOrganization", "*"));
        }
        self.world.scp = Some(control);
    }

    /// A Deny that spares nobody, or whoever has a device, a tag, or none of either.
    fn but_for_some(&mut self, refusal: Value) -> Value {
        let tag = self.random.pick(&TAGS);
        let truth = self.random.pick(&["true", "false"]);
        match self.random.below(8) {
            0 => with(refusal, "StringNotEquals", "aws:PrincipalTag/team", tag),
            1 => with(refusal, "StringEquals", "aws:PrincipalTag/team", tag),
            2 => with(refusal, "BoolIfExists", "aws:MultiFactorAuthPresent", truth),
            3 => with(refusal, "Null", "aws:MultiFactorAuthPresent", truth),
            _ => refusal,
        }
    }
}
