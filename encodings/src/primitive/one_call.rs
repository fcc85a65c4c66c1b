//! Which authorizations of a step belong to one call: those of the same action, and permissions that are no calls by themselves.

use super::{Authorization, Need, Primitive};

/// Permissions that are no calls: another call is refused without them.
///
/// IAM User Guide, "Grant a user permissions to pass a role to an AWS service"; "Pass session tags in AWS STS"; "Monitor and control actions taken
/// with assumed roles".
const PERMISSIONS: [&str; 3] = ["iam:PassRole", "sts:TagSession", "sts:SetSourceIdentity"];

impl Primitive {
    /// The ways in which the needs can be met: of each, all that must be allowed.
    pub fn alternatives(&self) -> Vec<Vec<&Authorization>> {
        all_of(&self.needs)
    }

    /// By call, the actions that are asked for with it, where there may be more than one authorization.
    pub fn one_call_each(&self) -> Vec<Vec<&str>> {
        let all: Vec<&Authorization> = self.calls().collect();
        let actions = |places: Vec<usize>| -> Vec<&str> {
            places.iter().filter_map(|n| Some(all.get(*n)?.action.as_str())).collect()
        };
        self.of_one_call(&all).into_iter().map(actions).collect()
    }

    /// Those of some authorizations that belong to one call each, by their places, where it takes more than one.
    pub fn of_one_call(&self, authorizations: &[&Authorization]) -> Vec<Vec<usize>> {
        let mut calls: Vec<&str> = Vec::new();
        for authorization in authorizations.iter().filter(|a| self.calls_with(a).is_empty() && a.is_own()) {
            if !calls.contains(&authorization.action.as_str()) {
                calls.push(&authorization.action);
            }
        }
        let members = |call: &str| {
            let belongs =
                |a: &Authorization| a.is_own() && (a.action == call || self.calls_with(a).contains(&call));
            let places = authorizations.iter().enumerate().filter(|(_, a)| belongs(a));
            places.map(|(place, _)| place).collect::<Vec<usize>>()
        };
        calls.into_iter().map(members).filter(|places| places.len() > 1).collect()
    }

    /// The calls that an authorization is asked for with; none: it is a call by itself.
    pub fn calls_with<'p>(&'p self, authorization: &'p Authorization) -> Vec<&'p str> {
        if !authorization.part_of.is_empty() {
            return authorization.part_of.iter().map(String::as_str).collect();
        }
        if !authorization.is_permission() {
            return Vec::new();
        }
        self.needs.iter().map(first_calls).find(|calls| !calls.is_empty()).unwrap_or_default()
    }
}

impl Authorization {
    /// Whether the session that makes the step is who calls.
    fn is_own(&self) -> bool {
        self.caller.as_deref().is_none_or(|caller| caller == "$me")
    }

    fn is_permission(&self) -> bool {
        PERMISSIONS.contains(&self.action.as_str())
    }
}

/// The calls that a need begins with, one for each way to meet it.
fn first_calls(need: &Need) -> Vec<&str> {
    match need {
        Need::Call(call) if call.is_permission() || !call.is_own() => Vec::new(),
        Need::Call(call) => vec![&call.action],
        Need::Any(any) => any.any.iter().flat_map(first_calls).collect(),
        Need::All(all) => all.all.iter().map(first_calls).find(|calls| !calls.is_empty()).unwrap_or_default(),
    }
}

fn all_of(needs: &[Need]) -> Vec<Vec<&Authorization>> {
    needs.iter().fold(vec![Vec::new()], |ways, need| {
        let more = each_way(need);
        ways.iter().flat_map(|way| more.iter().map(move |more| [way.as_slice(), more].concat())).collect()
    })
}

fn each_way(need: &Need) -> Vec<Vec<&Authorization>> {
    match need {
        Need::Call(call) => vec![vec![call]],
        Need::Any(any) => any.any.iter().flat_map(each_way).collect(),
        Need::All(all) => all_of(&all.all),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::embedded;

    /// Of some steps: the calls with more than one authorization, in each way.
    #[test]
    fn permissions_belong_to_the_calls_that_are_refused_without_them() {
        let cases: [(&str, &[&str]); 6] = [
            ("lambda.new-function", &["iam:PassRole lambda:CreateFunction"]),
            ("events.new-rule", &["iam:PassRole events:PutTargets"]),
            ("sts.assume-role-with-tags", &["sts:AssumeRole sts:TagSession"]),
            (
                "cloudformation.new-stack",
                &["iam:PassRole cloudformation:CreateStack", "iam:PassRole cloudformation:CreateChangeSet"],
            ),
            ("ec2.refill-instance-profile", &["iam:PassRole iam:AddRoleToInstanceProfile"]),
            ("iam.attach-new-user-policy", &[]),
        ];
        let all = embedded().unwrap();
        for (id, expected) in cases {
            let primitive = all.iter().find(|p| p.id == id).unwrap();
            let mut found = Vec::new();
            for way in primitive.alternatives() {
                for call in primitive.of_one_call(&way) {
                    let actions = call.iter().filter_map(|n| Some(way.get(*n)?.action.as_str()));
                    let words = actions.collect::<Vec<_>>().join(" ");
                    if !found.contains(&words) {
                        found.push(words);
                    }
                }
            }
            assert_eq!(found, expected, "{id}");
        }
    }

    /// Every permission that is no call belongs to some call, in every way of its step.
    #[test]
    fn no_permission_is_asked_for_by_itself() {
        for primitive in embedded().unwrap() {
            for way in primitive.alternatives() {
                let calls = primitive.of_one_call(&way);
                for (n, authorization) in way.iter().enumerate().filter(|(_, a)| a.is_permission()) {
                    assert!(
                        calls.iter().any(|c| c.contains(&n)),
                        "{}: {}",
                        primitive.id,
                        authorization.action
                    );
                }
            }
        }
    }
}
