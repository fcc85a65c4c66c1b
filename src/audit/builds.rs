//! The build projects that start from outside, and who starts them.

use super::case::Case;
use crate::pipelines::Untold;
use gateproof_encodings::regular::{Common, Regular, RegularError};
use gateproof_model::configuration::codebuild::{BuildProject, PullRequestPolicy, Webhook, WebhookFilter};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Letters of account numbers and names, those first that most are made of.
const OF_ACTORS: &[u8] = b"1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_{}:.";

/// Letters of references: all but those that git forbids.
///
/// git-check-ref-format(1).
const OF_REFERENCES: &[u8] =
    b"abcdefghijklmnopqrstuvwxyz0123456789/-._ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()+,;<=>@]`{|}\x80\xa9\xc3\xe2\xf0";

/// Who may say that a pull request be built: those who may write, as the provider has it.
///
/// AWS CodeBuild API Reference, PullRequestBuildPolicy, `approverRoles`.
const WRITERS: [&str; 8] = [
    "BITBUCKET_ADMIN",
    "BITBUCKET_WRITE",
    "GITHUB_ADMIN",
    "GITHUB_MAINTAIN",
    "GITHUB_WRITE",
    "GITLAB_DEVELOPER",
    "GITLAB_MAINTAINER",
    "GITLAB_OWNER",
];

/// Those of the roles who may not write.
const READERS: [&str; 6] =
    ["BITBUCKET_READ", "GITHUB_READ", "GITHUB_TRIAGE", "GITLAB_GUEST", "GITLAB_PLANNER", "GITLAB_REPORTER"];

/// What is known of the texts that some filters let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admitted {
    /// No filter limits them.
    Anything,
    /// None but those that are meant.
    Meant,
    /// So many, and nobody says whether they are meant.
    Few,
    /// This one, which isn't meant or is one of endlessly many.
    Other(String),
    /// A filter can't be read.
    Unread(String),
}

/// Whether pull requests wait for somebody's comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comments {
    /// For that of somebody who may write.
    OfWriters,
    /// For that of these roles too, who may not.
    OfReaders(Vec<String>),
    /// They don't.
    NotAwaited,
    /// It is not told.
    Untold,
}

/// One group of filters: what starts a build.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'w>(pub &'w [WebhookFilter]);

impl<'w> Group<'w> {
    fn of_kind(self, kind: &'static str) -> impl Iterator<Item = &'w WebhookFilter> {
        self.0.iter().filter(move |filter| filter.kind == kind)
    }

    /// The events that it names; none: all.
    pub fn events(self) -> Vec<&'w str> {
        self.of_kind("EVENT").flat_map(|filter| filter.pattern.split(',')).map(str::trim).collect()
    }

    /// Whether pull requests start it.
    pub fn is_of_pull_requests(self) -> bool {
        let events = self.events();
        let theirs = |event: &&str| event.starts_with("PULL_REQUEST_") && *event != "PULL_REQUEST_MERGED";
        events.is_empty() || events.iter().any(theirs)
    }

    /// Whether it runs jobs of workflows, which may be those of a pull request, and wait for no comment that CodeBuild knows of.
    fn is_of_workflows(self) -> bool {
        self.events().iter().any(|event| event.starts_with("WORKFLOW_JOB_"))
    }

    /// Whether whoever opens a pull request, whose head is theirs to name, starts it, and nobody who may write has to say so.
    pub fn is_anybodys(self, webhook: &Webhook) -> bool {
        let waits = comments(webhook) == Comments::OfWriters;
        self.is_of_workflows() || self.is_of_pull_requests() && !waits
    }

    /// Whose events it lets in; with the accounts that are meant, where somebody says which.
    pub fn actors(self, meant: Option<&[String]>) -> Admitted {
        let filters: Vec<_> = self.of_kind("ACTOR_ACCOUNT_ID").collect();
        let meant = meant.map(|meant| Regular::globs(meant.iter().map(String::as_str)));
        admitted(&filters, None, meant, OF_ACTORS)
    }

    /// Which references it lets in, as against the branches that are meant.
    pub fn references(self, meant: &[String]) -> Admitted {
        let is_reference = |filter: &&WebhookFilter| ["HEAD_REF", "BASE_REF"].contains(&&*filter.kind);
        let full = |glob: &String| match glob.starts_with("refs/") {
            true => glob.clone(),
            false => format!("refs/heads/{glob}"),
        };
        let full: Vec<String> = meant.iter().map(full).collect();
        // Of a push the head is what is pushed to; a base says of what is merged where it goes.
        let kinds = ["HEAD_REF", "BASE_REF"].map(|kind| {
            let filters: Vec<_> = self.0.iter().filter(is_reference).filter(|f| f.kind == kind).collect();
            let meant = Some(Regular::globs(full.iter().map(String::as_str)));
            admitted(&filters, Some(&["refs/heads/*", "refs/tags/*"]), meant, OF_REFERENCES)
        });
        let [head, base] = kinds;
        if head == Admitted::Anything { base } else { head }
    }
}

fn admitted(
    filters: &[&WebhookFilter],
    among: Option<&[&str]>,
    meant: Option<Result<Regular, RegularError>>,
    letters: &[u8],
) -> Admitted {
    if filters.is_empty() {
        return Admitted::Anything;
    }
    let unread = |error: RegularError| Admitted::Unread(error.to_string());
    let look = || -> Result<Admitted, RegularError> {
        let languages = |excluded: bool| -> Result<Vec<Regular>, RegularError> {
            let some = filters.iter().filter(|filter| filter.exclude_matched_pattern == excluded);
            some.map(|filter| Regular::found(&filter.pattern)).collect()
        };
        let (mut all, mut none) = (languages(false)?, languages(true)?);
        all.push(Regular::text()?);
        all.extend(among.map(|globs| Regular::globs(globs.iter().copied())).transpose()?);
        let meant = meant.transpose()?;
        let is_known = meant.is_some();
        none.extend(meant);
        let (all, none): (Vec<&Regular>, Vec<&Regular>) = (all.iter().collect(), none.iter().collect());
        let common = Common { all: &all, none: &none, letters };
        if !is_known && common.is_finite()? {
            return Ok(Admitted::Few);
        }
        Ok(common.shortest()?.map_or(Admitted::Meant, Admitted::Other))
    };
    look().unwrap_or_else(unread)
}

/// Whether a webhook's pull requests wait for somebody's comment.
pub(super) fn comments(webhook: &Webhook) -> Comments {
    let Some(PullRequestPolicy { requires_comment_approval, approver_roles }) =
        &webhook.pull_request_build_policy
    else {
        return Comments::Untold;
    };
    match requires_comment_approval.as_str() {
        "DISABLED" => Comments::NotAwaited,
        "ALL_PULL_REQUESTS" | "FORK_PULL_REQUESTS" => {
            let readers: Vec<String> =
                approver_roles.iter().filter(|role| READERS.contains(&role.as_str())).cloned().collect();
            let known = approver_roles.iter().all(|role| WRITERS.contains(&role.as_str()));
            match (readers.is_empty(), known && !approver_roles.is_empty()) {
                (false, _) => Comments::OfReaders(readers),
                (true, true) => Comments::OfWriters,
                (true, false) => Comments::Untold,
            }
        }
        _ => Comments::Untold,
    }
}

/// The groups of a webhook; one that lets everything in, where there is none.
pub(super) fn groups(webhook: &Webhook) -> Vec<Group<'_>> {
    if webhook.filter_groups.is_empty() {
        return vec![Group(&[])];
    }
    webhook.filter_groups.iter().map(|group| Group(group)).collect()
}

impl Case<'_> {
    /// The projects with webhooks that have to do with the pipeline: those that it runs, those that run with its roles, and at the first
    /// pipeline of an account all others of the account, which belong to no pipeline.
    pub fn started_from_outside(&mut self) -> Vec<(Arc<str>, BuildProject)> {
        let own: BTreeSet<Arc<str>> = self.projects().into_iter().map(|(arn, _)| arn).collect();
        let roles = self.roles();
        let elsewhere = self.is_first_of_its_account().then(|| self.taken_by_others());
        let account = self.pipeline.account.clone();
        let inventory = self.estate.snapshot.inventory();
        let things = inventory.of_kind("codebuild.project").iter().filter(|thing| thing.account == account);
        let belongs = |arn: &Arc<str>, thing_roles: &[Arc<str>]| {
            own.contains(arn)
                || thing_roles.iter().any(|role| roles.contains(role))
                || elsewhere.as_ref().is_some_and(|(projects, taken)| {
                    !projects.contains(arn) && !thing_roles.iter().any(|role| taken.contains(role))
                })
        };
        let listed: BTreeSet<Arc<str>> =
            things.filter(|thing| belongs(&thing.arn, thing.field("role"))).map(|t| t.arn.clone()).collect();
        if elsewhere.is_some()
            && let Some(commands) = inventory.not_collected("codebuild.project", &account)
        {
            let what = format!("the build projects of account {account}");
            self.unknown_by(&account, &what, commands.first().cloned());
        }
        let mut found = Vec::new();
        for arn in own.union(&listed) {
            let told = self.estate.snapshot.build_project(&account, &self.pipeline.region, arn);
            if let Some(Some(project)) = self.told(arn, "the build project", told)
                && project.webhook.is_some()
            {
                found.push((arn.clone(), project));
            }
        }
        found
    }

    /// Something that a command would tell isn't told.
    pub fn unknown_by(&mut self, subject: &str, what: &str, command: Option<String>) {
        let missing = Untold { what: what.to_owned(), command };
        self.unknown(subject, format!("{what} is not told"), vec![missing]);
    }

    /// The roles of the pipeline: its own, those that call providers and those that do the work.
    pub fn roles(&self) -> BTreeSet<Arc<str>> {
        let mut roles: BTreeSet<Arc<str>> = self.pipeline.roles_of(|_| true);
        roles.insert(self.pipeline.role.as_str().into());
        roles.extend(self.pipeline.actions().into_iter().map(|(_, action)| action.role.as_str().into()));
        roles
    }

    /// Whether no pipeline before it is of its account.
    fn is_first_of_its_account(&self) -> bool {
        let first = self.map.pipelines.iter().find(|pipeline| pipeline.account == self.pipeline.account);
        first.is_some_and(|first| first.arn == self.pipeline.arn)
    }

    /// The projects that the account's pipelines run, and their roles.
    fn taken_by_others(&self) -> (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>) {
        let (mut projects, mut roles) = (BTreeSet::new(), BTreeSet::new());
        for pipeline in self.map.pipelines.iter().filter(|p| p.account == self.pipeline.account) {
            roles.insert(pipeline.role.as_str().into());
            for action in pipeline.each_action() {
                roles.insert(action.role.as_str().into());
                roles.extend(action.runs_as.iter().cloned());
                projects.extend(action.by.iter().map(|by| by.name.clone()));
            }
        }
        (projects, roles)
    }
}
