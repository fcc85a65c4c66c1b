//! Small pipelines at random: what `reach` says of each is what a search by brute force finds; what is impossible is certified, and a
//! certificate without a gate that can be passed is refused.

use crate::invariants::{Asked, refused};
use crate::random::Random;
use crate::worlds::{ACCOUNT, account, allow, arn, role, user};
use gateproof::ask::{Estate, EstateOptions};
use gateproof::certificate::{Fault, verify_invariants_loaded};
use gateproof::escalation::Fact;
use gateproof::question::Verdict;
use gateproof_encodings::primitive::embedded;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const REPOSITORIES: usize = 2;
const ROLES: usize = 4;
const LEDGER: &str = "arn:aws:dynamodb:us-east-1:111111111111:table/ledger";

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Push to the branch that is shipped, or to another one, of a repository.
    Push(usize, bool),
    Approve(usize),
    Replace,
    Start,
    Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Source(usize),
    Gate(usize),
    /// Runs what earlier actions make (by place), as a role, in code or by a service's calls.
    Runs {
        from: usize,
        role: usize,
        code: bool,
    },
}

/// A pipeline and its people: the first is the attacker, then come the roles. Each trusts some of the others by name, who need no
/// policy of their own to assume it (IAM User Guide, "Policy evaluation for requests within a single account").
#[derive(Debug)]
struct World {
    /// Each with its stage and its place in it.
    actions: Vec<(usize, usize, What)>,
    rights: Vec<Vec<Right>>,
    trust: Vec<BTreeSet<usize>>,
}

impl World {
    fn random(random: &mut Random) -> Self {
        let mut actions: Vec<(usize, usize, What)> =
            (0..REPOSITORIES).map(|n| (0, 1, What::Source(n))).collect();
        let mut gates = 0;
        for stage in 1..=1 + random.below(3) {
            for order in 1..=1 + random.below(3) {
                let earlier: Vec<usize> = (0..actions.len())
                    .filter(|n| !matches!(actions[*n].2, What::Gate(_)))
                    .filter(|n| (actions[*n].0, actions[*n].1) < (stage, order))
                    .collect();
                let what = match random.percent(40) {
                    true => What::Gate(gates),
                    false => What::Runs {
                        from: *random.pick(&earlier),
                        role: random.below(ROLES),
                        code: random.percent(50),
                    },
                };
                gates += usize::from(matches!(what, What::Gate(_)));
                actions.push((stage, order, what));
            }
        }
        let mut all: Vec<(Right, usize)> = vec![(Right::Replace, 6), (Right::Start, 25), (Right::Target, 18)];
        for n in 0..REPOSITORIES {
            all.extend([(Right::Push(n, true), 12), (Right::Push(n, false), 15)]);
        }
        all.extend((0..gates).map(|n| (Right::Approve(n), 25)));
        let mut rights: Vec<Vec<Right>> = (0..=ROLES)
            .map(|_| all.iter().filter(|(_, p)| random.percent(*p)).map(|(right, _)| *right).collect())
            .collect();
        rights[0].retain(|right| *right != Right::Target);
        let trust = (0..ROLES).map(|_| (0..=ROLES).filter(|_| random.percent(20)).collect()).collect();
        Self { actions, rights, trust }
    }

    /// The repositories that an action's content comes from.
    fn sources(&self, at: usize) -> BTreeSet<usize> {
        match self.actions[at].2 {
            What::Source(n) => [n].into(),
            What::Runs { from, .. } => self.sources(from),
            What::Gate(_) => BTreeSet::new(),
        }
    }

    /// The gates before an action.
    fn gates(&self, at: usize) -> BTreeSet<usize> {
        let place = |n: usize| (self.actions[n].0, self.actions[n].1);
        let gate = |n: usize| if let What::Gate(gate) = self.actions[n].2 { Some(gate) } else { None };
        (0..self.actions.len()).filter(|n| place(*n) < place(at)).filter_map(gate).collect()
    }

    /// Whether the attacker comes to the target: all that anybody whom it holds may do, until nothing is added.
    fn is_reached(&self) -> bool {
        // By person, and whether it has credentials.
        let mut held: BTreeSet<(usize, bool)> = [(0, true)].into();
        let (mut passed, mut written, mut shipped) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut replaces, mut starts) = (false, false);
        loop {
            let before = (held.len(), passed.len(), written.len(), shipped.len(), replaces, starts);
            for (person, credentials) in held.clone() {
                let trusting = (0..ROLES).filter(|role| credentials && self.trust[*role].contains(&person));
                held.extend(trusting.map(|role| (role + 1, true)));
                for right in &self.rights[person] {
                    match *right {
                        Right::Target => return true,
                        Right::Approve(gate) => {
                            passed.insert(gate);
                        }
                        Right::Push(repository, tracked) => {
                            written.insert(repository);
                            if tracked {
                                shipped.insert(repository);
                            }
                        }
                        Right::Replace => replaces = true,
                        Right::Start => starts = true,
                    }
                }
            }
            for at in 0..self.actions.len() {
                let What::Runs { role, code, .. } = self.actions[at].2 else { continue };
                let sources = self.sources(at);
                let fed = sources.iter().any(|s| shipped.contains(s) || starts && written.contains(s));
                if replaces || fed && self.gates(at).is_subset(&passed) {
                    held.insert((role + 1, code));
                }
            }
            if before == (held.len(), passed.len(), written.len(), shipped.len(), replaces, starts) {
                return false;
            }
        }
    }

    fn statement(&self, right: Right) -> Value {
        let repository = |n: usize| json!(format!("arn:aws:codecommit:us-east-1:{ACCOUNT}:repository{n}"));
        let pipeline = format!("arn:aws:codepipeline:us-east-1:{ACCOUNT}:ship");
        match right {
            Right::Push(n, tracked) => {
                let branch = format!("refs/heads/{}", if tracked { "main" } else { "dev" });
                let mut push = allow(json!("codecommit:GitPush"), repository(n));
                push["Condition"] = json!({"StringEquals": {"codecommit:References": branch}});
                push
            }
            Right::Approve(gate) => {
                let is_it = |(_, _, what): &&(usize, usize, What)| *what == What::Gate(gate);
                let (stage, ..) = self.actions.iter().find(is_it).unwrap();
                let gate = format!("{pipeline}/Stage{stage}/Gate{gate}");
                allow(json!("codepipeline:PutApprovalResult"), json!(gate))
            }
            Right::Replace => allow(json!("s3:PutObject"), json!("arn:aws:s3:::artifacts/ship/*")),
            Right::Start => allow(json!("codepipeline:StartPipelineExecution"), json!(pipeline)),
            Right::Target => allow(json!("dynamodb:DeleteTable"), json!(LEDGER)),
        }
    }

    fn principals(&self) -> Value {
        let statements = |person: usize| -> Vec<Value> {
            let known = self.rights[person].iter().map(|right| self.statement(*right)).collect::<Vec<_>>();
            if known.is_empty() { vec![allow(json!("sts:GetCallerIdentity"), json!("*"))] } else { known }
        };
        let name = |person: &usize| match person {
            0 => arn("user/alice"),
            n => arn(&format!("role/r{}", n - 1)),
        };
        let roles = (0..ROLES).map(|n| {
            let trusted: Vec<String> = self.trust[n].iter().map(name).collect();
            let services = json!(["codebuild.amazonaws.com", "cloudformation.amazonaws.com"]);
            let by_name = if trusted.is_empty() { vec![arn("role/nobody")] } else { trusted };
            role(&format!("r{n}"), json!({"AWS": by_name, "Service": services}), &statements(n + 1))
        });
        account(&[user("alice", &statements(0))], &roles.collect::<Vec<_>>(), &[], &[])
    }

    fn stages(&self) -> Vec<Value> {
        let last = self.actions.iter().map(|(stage, ..)| *stage).max().unwrap();
        let stage = |stage: usize| {
            let actions = self.actions.iter().enumerate().filter(|(_, (s, ..))| *s == stage);
            let actions = actions.map(|(at, (_, order, what))| action(at, *order, *what));
            json!({"name": format!("Stage{stage}"), "actions": actions.collect::<Vec<_>>()})
        };
        (0..=last).map(stage).collect()
    }

    fn load(&self) -> Estate {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, value: &Value| {
            let file = folder.path().join(format!("accounts/{ACCOUNT}/{path}.json"));
            std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).unwrap();
            std::fs::write(file, value.to_string()).unwrap();
        };
        write("global/iam/get-account-authorization-details", &self.principals());
        let mut projects = Vec::new();
        for (at, (_, _, what)) in self.actions.iter().enumerate() {
            if let What::Runs { role, code: true, .. } = what {
                let arn_of_project = format!("arn:aws:codebuild:us-east-1:{ACCOUNT}:project/p{at}");
                projects.push(json!({"name": format!("p{at}"), "arn": arn_of_project, "serviceRole": arn(&format!("role/r{role}"))}));
            }
        }
        let names: Vec<Value> = projects.iter().map(|p| p["name"].clone()).collect();
        write("us-east-1/codebuild/list-projects", &json!({ "projects": names }));
        write("us-east-1/codebuild/batch-get-projects", &json!({ "projects": projects }));
        let repositories: Vec<Value> = (0..REPOSITORIES)
            .map(|n| json!({"repositoryName": format!("repository{n}"), "repositoryId": format!("id{n}")}))
            .collect();
        write("us-east-1/codecommit/list-repositories", &json!({ "repositories": repositories }));
        write("us-east-1/codepipeline/list-pipelines", &json!({"pipelines": [{"name": "ship"}]}));
        let pipeline = json!({
            "name": "ship", "roleArn": arn("role/elsewhere"), "version": 1,
            "artifactStore": {"type": "S3", "location": "artifacts"}, "stages": self.stages()
        });
        let metadata = json!({"pipelineArn": format!("arn:aws:codepipeline:us-east-1:{ACCOUNT}:ship")});
        write(
            "us-east-1/codepipeline/get-pipeline/ship",
            &json!({ "pipeline": pipeline, "metadata": metadata }),
        );
        let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
        // The folder goes with the function: what is read later must be read now.
        estate.snapshot.inventory();
        estate
    }
}

fn action(at: usize, order: usize, what: What) -> Value {
    let (name, category, provider, configuration, from) = match what {
        What::Source(n) => {
            let reads = json!({"RepositoryName": format!("repository{n}"), "BranchName": "main"});
            (format!("Source{n}"), "Source", "CodeCommit", reads, None)
        }
        What::Gate(n) => (format!("Gate{n}"), "Approval", "Manual", json!({}), None),
        What::Runs { from, code: true, .. } => {
            (format!("Build{at}"), "Build", "CodeBuild", json!({"ProjectName": format!("p{at}")}), Some(from))
        }
        What::Runs { from, role, code: false } => {
            let stack = json!({
                "ActionMode": "CREATE_UPDATE", "StackName": format!("s{at}"),
                "RoleArn": arn(&format!("role/r{role}")), "TemplatePath": format!("a{from}::t.yaml")
            });
            (format!("Stack{at}"), "Deploy", "CloudFormation", stack, Some(from))
        }
    };
    let inputs: Vec<Value> = from.iter().map(|from| json!({"name": format!("a{from}")})).collect();
    let outputs = if category == "Approval" { json!([]) } else { json!([{"name": format!("a{at}")}]) };
    json!({
        "name": name, "runOrder": order, "configuration": configuration,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "inputArtifacts": inputs, "outputArtifacts": outputs
    })
}

const ASK: [&str; 6] = ["--from", "user/alice", "--action", "dynamodb:DeleteTable", "--resource", LEDGER];

#[test]
fn random_pipelines_are_followed_as_by_brute_force() {
    let primitives = embedded().unwrap();
    let (mut reached, mut certified, mut refusals) = (0, 0, 0);
    for seed in 0..300 {
        let world = World::random(&mut Random(seed));
        let estate = world.load();
        assert!(estate.snapshot.problems().is_empty(), "{:?}", estate.snapshot.problems());
        let asked = Asked::of(&ASK);
        let expected = if world.is_reached() { Verdict::Reachable } else { Verdict::Impossible };
        let answer = asked.reach(&estate, primitives).overall;
        assert_eq!(answer.verdict, expected, "seed {seed}: {:?} {world:#?}", answer.undecided);
        let Some(certificate) = asked.certify(&estate, primitives) else {
            reached += 1;
            continue;
        };
        verify_invariants_loaded(&certificate, primitives, &estate)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        certified += 1;
        let facts = certificate.callers[0].claim.as_ref().unwrap().facts.clone();
        for fact in facts.iter().filter(|f| matches!(f, Fact::Passes(_) | Fact::Writes(_))) {
            let mut changed = certificate.clone();
            changed.callers[0].claim.as_mut().unwrap().facts.remove(fact);
            let fault = refused(&format!("seed {seed} without {fact}"), &changed, primitives, &estate);
            assert!(matches!(fault, Fault::Outside(_)), "{fault:?}");
            refusals += 1;
        }
    }
    assert!(reached >= 60 && certified >= 60 && refusals >= 40, "{reached} {certified} {refusals}");
}
