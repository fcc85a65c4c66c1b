//! The steps of the tested primitives, written a second time: what each needs and what it makes of a state.
//!
//! A step is *harmless* where the attacker can lose nothing by it: then it may as well be made at once.

use super::reference::{Call, Governed, Reference};
use super::state::{Held, Managed, Session, State, Tag};
use super::world::{
    ADMINISTRATOR, FUNCTION, GROUPS, HOME, PRINCIPALS, PROJECT, SERVICES, USERS, function_arn, group_arn,
    is_user, key_arn, policy_arn, project_arn,
};
use gateproof_model::policy::{Document, Effect};
use std::rc::Rc;

/// A step that can be made.
#[derive(Clone)]
pub struct Move {
    pub technique: &'static str,
    pub session: Session,
    pub calls: Vec<Call>,
    pub next: State,
    pub harmless: bool,
    pub change: Rc<dyn Fn(&mut State)>,
}

/// Names that a new function, project or policy may be given, where nothing has them already.
///
/// Lambda, CodeBuild and IAM API References: `CreateFunction`, `CreateProject` and `CreatePolicy` fail where there is one of that name.
const NEW: [&str; 12] =
    ["dev-x", "dev-y", "prod-x", "zz", "p9", FUNCTION, PROJECT, "f09", "c09", "p09", "p19", "p29"];

/// The new names without the one that is taken.
fn free(taken: Option<&str>) -> impl Iterator<Item = &'static str> {
    NEW.into_iter().filter(move |name| Some(*name) != taken)
}

/// Which steps are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Which<'t> {
    /// One to each state that is a step away.
    OneToEachState,
    /// Each of a technique.
    Every(&'t str),
}

pub struct Moves<'r, 'w> {
    reference: &'r Reference<'w>,
    state: &'r State,
    which: Which<'r>,
    found: Vec<Move>,
}

impl<'r, 'w> Moves<'r, 'w> {
    /// Steps that change the state.
    pub fn of(reference: &'r Reference<'w>, state: &'r State, which: Which<'r>) -> Vec<Move> {
        let mut moves = Self { reference, state, which, found: Vec::new() };
        for session in state.sessions.iter() {
            reference.within(state, session, || moves.of_session(session));
        }
        moves.found
    }

    fn of_session(&mut self, session: Session) {
        if self.reference.may_use(self.state, session, "iam") {
            self.identities(session);
        }
        (USERS..PRINCIPALS).for_each(|role| self.assume(session, role));
        if ["lambda", "codebuild"].iter().any(|s| self.reference.may_use(self.state, session, s)) {
            self.services(session);
        }
        self.resources(session);
    }

    fn identities(&mut self, session: Session) {
        for n in (0..PRINCIPALS).filter(|n| self.reference.world.account(*n) == HOME) {
            self.policies(session, n);
            self.boundary(session, n);
            self.tags(session, n);
            if is_user(n) {
                self.credentials(session, n);
            } else {
                self.trust(session, n);
            }
        }
        for group in 0..GROUPS {
            self.policies(session, PRINCIPALS + group);
            self.members(session, group);
        }
        self.texts(session);
    }

    fn add(
        &mut self,
        technique: &'static str,
        session: Session,
        calls: &[Call],
        harmless: bool,
        change: impl Fn(&mut State) + 'static,
    ) {
        if !self.is_asked_for(technique, harmless, &change) {
            return;
        }
        if self.reference.can_make(self.state, session, calls) {
            self.push(technique, session, calls, harmless, change);
        }
    }

    /// Whether a step that makes such a change is asked for.
    fn is_asked_for(&self, technique: &str, harmless: bool, change: impl Fn(&mut State)) -> bool {
        if matches!(self.which, Which::Every(asked) if asked != technique) {
            return false;
        }
        let mut next = *self.state;
        change(&mut next);
        let known = |m: &Move| m.harmless >= harmless && m.next == next;
        next != *self.state && !(matches!(self.which, Which::OneToEachState) && self.found.iter().any(known))
    }

    fn push(
        &mut self,
        technique: &'static str,
        session: Session,
        calls: &[Call],
        harmless: bool,
        change: impl Fn(&mut State) + 'static,
    ) {
        let mut next = *self.state;
        change(&mut next);
        let (calls, change) = (calls.to_vec(), Rc::new(change));
        self.found.push(Move { technique, session, calls, next, harmless, change });
    }

    fn arn(&self, holder: usize) -> String {
        if holder < PRINCIPALS { self.reference.world.arn(holder) } else { group_arn(holder - PRINCIPALS) }
    }

    /// A call on a user, role or group.
    fn on(&self, action: &'static str, holder: usize) -> Call {
        let mut call = Call::at_home(action, self.arn(holder));
        call.on = (holder < PRINCIPALS).then_some(holder);
        call
    }

    /// The managed policies that may be given: the account's, and those of AWS's that are looked at.
    fn givable(&self) -> Vec<(Managed, String)> {
        let own = (0..self.state.texts.len()).map(|n| (Managed::Own(n), policy_arn(n)));
        let aws = self.reference.aws.iter().enumerate().map(|(n, (arn, _))| (Managed::Aws(n), arn.clone()));
        own.chain(aws).collect()
    }

    fn arn_of(&self, policy: Managed) -> String {
        match policy {
            Managed::Own(n) => policy_arn(n),
            Managed::Aws(n) => self.reference.aws[n].0.clone(),
        }
    }

    /// Every text that the policy may have.
    fn texts_of(&self, policy: Managed) -> Vec<&Document> {
        match policy {
            Managed::Own(n) => self.reference.versions[n].iter().map(AsRef::as_ref).collect(),
            Managed::Aws(n) => vec![&self.reference.aws[n].1],
        }
    }

    fn policies(&mut self, session: Session, holder: usize) {
        let kind = if holder >= PRINCIPALS { 2 } else { usize::from(!is_user(holder)) };
        let put = ["iam:PutUserPolicy", "iam:PutRolePolicy", "iam:PutGroupPolicy"][kind];
        let technique = ["iam.put-user-policy", "iam.put-role-policy", "iam.put-group-policy"][kind];
        self.add(technique, session, &[self.on(put, holder)], true, move |s| {
            s.holders[holder].written = true;
            s.holders[holder].kept.clear();
        });
        let attach = ["iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy"][kind];
        let technique = ["iam.attach-user-policy", "iam.attach-role-policy", "iam.attach-group-policy"][kind];
        // Whoever is allowed everything gains nothing by another policy.
        let givable = if self.state.holders[holder].written { Vec::new() } else { self.givable() };
        for (policy, arn) in givable {
            let call = self.on(attach, holder).with("iam:PolicyARN", arn);
            let harmless = !self.texts_of(policy).into_iter().any(denies);
            self.add(technique, session, &[call], harmless, move |s| {
                s.holders[holder].attached.insert(policy);
            });
        }
        let technique =
            ["iam.attach-new-user-policy", "iam.attach-new-role-policy", "iam.attach-new-group-policy"][kind];
        let writes = move |s: &mut State| s.holders[holder].written = true;
        for name in free(None) {
            if !self.is_asked_for(technique, true, writes) {
                break;
            }
            let arn = format!("arn:aws:iam::{HOME}:policy/{name}");
            let make = Call::at_home("iam:CreatePolicy", &*arn);
            let give = self.on(attach, holder).with("iam:PolicyARN", arn);
            self.add(technique, session, &[make, give], true, writes);
        }
        let detach = ["iam:DetachUserPolicy", "iam:DetachRolePolicy", "iam:DetachGroupPolicy"][kind];
        let technique = ["iam.detach-user-policy", "iam.detach-role-policy", "iam.detach-group-policy"][kind];
        for policy in self.state.holders[holder].attached.iter() {
            if self.texts_of(policy).into_iter().any(denies) {
                let call = self.on(detach, holder).with("iam:PolicyARN", self.arn_of(policy));
                self.add(technique, session, &[call], false, move |s| {
                    s.holders[holder].attached.remove(policy);
                });
            }
        }
        self.inline(session, holder, kind);
    }

    /// Each call deletes one inline policy.
    fn inline(&mut self, session: Session, holder: usize, kind: usize) {
        let delete = ["iam:DeleteUserPolicy", "iam:DeleteRolePolicy", "iam:DeleteGroupPolicy"][kind];
        let technique = ["iam.delete-user-policy", "iam.delete-role-policy", "iam.delete-group-policy"][kind];
        for n in self.state.holders[holder].kept.iter() {
            if denies(self.reference.inline_text(holder, n)) {
                let call = self.on(delete, holder);
                self.add(technique, session, &[call], false, move |s| {
                    s.holders[holder].kept.remove(n);
                });
            }
        }
    }

    fn boundary(&mut self, session: Session, n: usize) {
        let Some(boundary) = self.state.people[n].boundary else { return };
        if self.arn_of(boundary) == ADMINISTRATOR {
            return;
        }
        let kind = usize::from(!is_user(n));
        let delete = ["iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary"][kind];
        let technique =
            ["iam.delete-user-permissions-boundary", "iam.delete-role-permissions-boundary"][kind];
        self.add(technique, session, &[self.on(delete, n)], true, move |s| s.people[n].boundary = None);
        let put = ["iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary"][kind];
        let technique = ["iam.put-user-permissions-boundary", "iam.put-role-permissions-boundary"][kind];
        for (policy, arn) in self.givable() {
            let harmless = arn == ADMINISTRATOR;
            let call = self.on(put, n).with("iam:PermissionsBoundary", arn);
            self.add(technique, session, &[call], harmless, move |s| s.people[n].boundary = Some(policy));
        }
        let technique =
            ["iam.put-new-user-permissions-boundary", "iam.put-new-role-permissions-boundary"][kind];
        let frees = move |s: &mut State| s.people[n].boundary = None;
        for name in free(None) {
            if !self.is_asked_for(technique, true, frees) {
                break;
            }
            let arn = format!("arn:aws:iam::{HOME}:policy/{name}");
            let make = Call::at_home("iam:CreatePolicy", &*arn);
            let give = self.on(put, n).with("iam:PermissionsBoundary", arn);
            self.add(technique, session, &[make, give], true, frees);
        }
    }

    fn tags(&mut self, session: Session, n: usize) {
        if !self.reference.tags_matter {
            return;
        }
        let kind = usize::from(!is_user(n));
        let technique = ["iam.tag-user", "iam.tag-role"][kind];
        for tag in Tag::all() {
            let call =
                self.on(["iam:TagUser", "iam:TagRole"][kind], n).with("aws:RequestTag/team", tag.text());
            self.add(technique, session, &[call], false, move |s| s.people[n].tag = Some(tag));
        }
        let call = self.on(["iam:UntagUser", "iam:UntagRole"][kind], n);
        self.add(technique, session, &[call], false, move |s| s.people[n].tag = None);
    }

    fn credentials(&mut self, session: Session, user: usize) {
        let gains = |held| {
            move |s: &mut State| {
                s.sessions.insert(Session { principal: user, held, tag: None });
            }
        };
        let key = self.on("iam:CreateAccessKey", user);
        self.add("iam.create-access-key", session, &[key], true, gains(Held::Key));
        let console = self.on("iam:CreateLoginProfile", user);
        self.add("iam.create-login-profile", session, &[console], true, gains(Held::Console));
        let device = self.on("iam:EnableMFADevice", user);
        self.add("iam.enable-mfa-device", session, &[device], true, move |s| s.people[user].device = true);
    }

    fn trust(&mut self, session: Session, role: usize) {
        let call = self.on("iam:UpdateAssumeRolePolicy", role);
        self.add("iam.update-assume-role-policy", session, &[call], true, move |s| {
            s.people[role].trust_written = true
        });
    }

    fn members(&mut self, session: Session, group: usize) {
        let holder = &self.state.holders[PRINCIPALS + group];
        let inline = holder.kept.iter().map(|n| self.reference.inline_text(PRINCIPALS + group, n));
        let attached = holder.attached.iter().flat_map(|p| self.texts_of(p));
        let any_deny = inline.chain(attached).any(denies);
        for user in 0..USERS {
            let add = Call::at_home("iam:AddUserToGroup", group_arn(group));
            if !self.state.holders[user].written {
                self.add("iam.add-user-to-group", session, &[add], !any_deny, move |s| {
                    s.people[user].groups.insert(group);
                });
            }
            if any_deny && self.state.people[user].groups.contains(group) {
                let remove = Call::at_home("iam:RemoveUserFromGroup", group_arn(group));
                self.add("iam.remove-user-from-group", session, &[remove], false, move |s| {
                    s.people[user].groups.remove(group);
                });
            }
        }
    }

    fn texts(&mut self, session: Session) {
        for n in 0..self.state.texts.len() {
            let Some(now) = self.state.texts[n] else { continue };
            let write = Call::at_home("iam:CreatePolicyVersion", policy_arn(n));
            self.add("iam.create-policy-version", session, &[write], true, move |s| s.texts[n] = None);
            for version in (0..self.reference.versions[n].len()).filter(|v| *v != now) {
                let set = Call::at_home("iam:SetDefaultPolicyVersion", policy_arn(n));
                self.add("iam.set-default-policy-version", session, &[set], false, move |s| {
                    s.texts[n] = Some(version)
                });
            }
        }
    }

    fn assume(&mut self, session: Session, role: usize) {
        let (reference, state) = (self.reference, self.state);
        let call = reference.assume("sts:AssumeRole", role);
        for device in reference.devices(state, session) {
            // Only a user's own call says that a device was used.
            let held = Held::Assumed { device: is_user(session.principal) && device == Some(true) };
            let gains = |tag| {
                move |s: &mut State| {
                    s.sessions.insert(Session { principal: role, held, tag });
                }
            };
            if self.is_asked_for("sts.assume-role", true, gains(None))
                && reference.can_with(state, session, device, &call)
            {
                self.push("sts.assume-role", session, std::slice::from_ref(&call), true, gains(None));
            }
            for tag in Tag::all() {
                let tagged = |action| reference.assume(action, role).with("aws:RequestTag/team", tag.text());
                if !self.is_asked_for("sts.assume-role-with-tags", true, gains(Some(tag))) {
                    continue;
                }
                let calls = [tagged("sts:AssumeRole"), tagged("sts:TagSession")];
                if calls.iter().all(|c| reference.can_with(state, session, device, c)) {
                    self.push("sts.assume-role-with-tags", session, &calls, true, gains(Some(tag)));
                }
            }
        }
    }

    fn services(&mut self, session: Session) {
        let world = self.reference.world;
        for role in (USERS..PRINCIPALS).filter(|r| world.account(*r) == HOME) {
            let trusted = SERVICES.map(|service| self.reference.service_can(self.state, service, role));
            let gains = move |s: &mut State| {
                s.sessions.insert(Session { principal: role, held: Held::Service, tag: None });
            };
            let pass = |n: usize| self.on("iam:PassRole", role).with("iam:PassedToService", SERVICES[n]);
            let (lambda, codebuild) = (pass(0), pass(1));
            if trusted[0] {
                for name in free(world.function.map(|_| FUNCTION)) {
                    if !self.is_asked_for("lambda.new-function", true, gains) {
                        break;
                    }
                    let call = |action| Call::at_home(action, function_arn(name));
                    let make = [lambda.clone(), call("lambda:CreateFunction")];
                    for run in ["lambda:InvokeFunction", "lambda:AddPermission", "lambda:PublishVersion"] {
                        let calls = [&make[..], &[call(run)]].concat();
                        self.add("lambda.new-function", session, &calls, true, gains);
                    }
                }
                let call = |action| Call::at_home(action, function_arn(FUNCTION));
                if world.function == Some(role) {
                    let code = [call("lambda:UpdateFunctionCode")];
                    self.add("lambda.update-function-code", session, &code, true, gains);
                }
                if world.function.is_some() {
                    let calls = [lambda, call("lambda:UpdateFunctionConfiguration")];
                    self.add("lambda.update-function-role", session, &calls, true, gains);
                }
            }
            if trusted[1] {
                for name in free(world.project.map(|_| PROJECT)) {
                    if !self.is_asked_for("codebuild.new-project", true, gains) {
                        break;
                    }
                    let call = |action| Call::at_home(action, project_arn(name));
                    let make = [codebuild.clone(), call("codebuild:CreateProject")];
                    for run in
                        ["codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:CreateWebhook"]
                    {
                        let calls = [&make[..], &[call(run)]].concat();
                        self.add("codebuild.new-project", session, &calls, true, gains);
                    }
                }
                if world.project == Some(role) {
                    for run in ["codebuild:StartBuild", "codebuild:StartBuildBatch"] {
                        let call = Call::at_home(run, project_arn(PROJECT));
                        self.add("codebuild.start-build", session, &[call], true, gains);
                    }
                }
            }
        }
    }

    fn resources(&mut self, session: Session) {
        let world = self.reference.world;
        let caller = session.principal;
        if world.key_policy.is_some() {
            let call = |action| Call { by: Governed::Key, ..Call::at_home(action, key_arn()) };
            self.add("kms.put-key-policy", session, &[call("kms:PutKeyPolicy")], true, move |s| {
                s.key_written = true
            });
            self.add("kms.create-grant", session, &[call("kms:CreateGrant")], true, move |s| {
                s.grants.insert(caller);
            });
        }
        if world.bucket_policy.is_some() {
            let call =
                Call { by: Governed::Bucket, ..Call::at_home("s3:PutBucketPolicy", "arn:aws:s3:::secret") };
            self.add("s3.put-bucket-policy", session, &[call], true, move |s| s.bucket_written = true);
        }
        if world.scp.is_some() && world.account(caller) == HOME {
            let call = Call::at_home("organizations:LeaveOrganization", "*");
            self.add("organizations.leave", session, &[call], true, move |s| s.left = true);
        }
    }
}

fn denies(document: &Document) -> bool {
    document.statements.iter().any(|s| s.effect == Effect::Deny)
}
