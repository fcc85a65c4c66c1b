//! What a pipeline's role needs, made from the pipeline: everything else is too much.
//!
//! CodePipeline User Guide, "Manage the CodePipeline service role" and "Add permissions to the CodePipeline service role", by provider.
//! That a role's permissions lie within a template is one question: under a session policy that denies the template, it is allowed nothing.

use super::asked::Asked;
use super::case::Case;
use super::controls::CONTROLS;
use super::intent::Intent;
use crate::ask::{Answered, AskError, Estate, Settings, glob_matches};
use crate::escalation::EscalationSettings;
use crate::pipelines::{Map, MappedAction, MappedPipeline};
use gateproof_model::json::Json;
use gateproof_model::pipeline::Action;
use gateproof_model::policy::{Document, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

const OBJECTS: [&str; 5] =
    ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"];

const BUCKET: [&str; 3] = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"];

const SOURCE_OBJECT: [&str; 4] =
    ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"];

const KEY: [&str; 7] = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

const BUILDS: [&str; 5] = [
    "codebuild:BatchGetBuildBatches",
    "codebuild:BatchGetBuilds",
    "codebuild:StartBuild",
    "codebuild:StartBuildBatch",
    "codebuild:StopBuild",
];

const CONNECTION: [&str; 2] = ["codeconnections:UseConnection", "codestar-connections:UseConnection"];

const REPOSITORY: [&str; 6] = [
    "codecommit:CancelUploadArchive",
    "codecommit:GetBranch",
    "codecommit:GetCommit",
    "codecommit:GetRepository",
    "codecommit:GetUploadArchiveStatus",
    "codecommit:UploadArchive",
];

const STACK: [&str; 10] = [
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:SetStackPolicy",
    "cloudformation:UpdateStack",
];

/// Statements of a template, as AWS would have them.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    statements: Vec<Value>,
    /// The actions, each by its place and provider, of which it isn't known what their provider needs.
    pub unknown: Vec<(String, String)>,
}

impl Template {
    /// What the pipeline's own role needs.
    pub fn of_role(case: &Case<'_>) -> Self {
        let mut template = Self::default();
        template.add_stores(case);
        for (place, action, said) in case.declared_actions() {
            if action.role != case.pipeline.role {
                template.add(&["sts:AssumeRole"], std::slice::from_ref(&action.role));
            } else if !template.add_action(case, action, said) {
                template.unknown.push((place, action.provider.clone()));
            }
        }
        template
    }

    /// Some calls on some resources.
    pub fn of_calls(actions: &[&str], resources: &[String]) -> Self {
        let mut template = Self::default();
        template.add(actions, resources);
        template
    }

    fn add(&mut self, actions: &[&str], resources: &[String]) {
        if !resources.is_empty() {
            self.statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": resources}));
        }
    }

    fn add_stores(&mut self, case: &Case<'_>) {
        for store in &case.pipeline.stores {
            let bucket = case.bucket(store);
            self.add(&OBJECTS, &[format!("{bucket}/*")]);
            self.add(&BUCKET, &[bucket]);
            if let Some(keys) = case.keys(store) {
                self.add(&KEY, &keys);
            }
        }
    }

    /// What the pipeline's role needs for an action that it calls itself; whether that is known.
    fn add_action(&mut self, case: &Case<'_>, action: &MappedAction, said: &Action) -> bool {
        let pipeline = case.pipeline;
        let named = |key: &str| said.configuration.get(key).cloned().into_iter().collect::<Vec<_>>();
        let by = || {
            let names = action.by.iter().map(|by| by.name.to_string());
            names.filter(|name| name.starts_with("arn:")).collect::<Vec<_>>()
        };
        let stacks = || {
            let arns = action.by.iter().map(|by| stack_globs(pipeline, by.account.as_ref(), &by.name));
            arns.flatten().collect::<Vec<String>>()
        };
        match action.provider.as_str() {
            "CodeBuild" => self.add(&BUILDS, &by()),
            "CodeStarSourceConnection" => self.add(&CONNECTION, &named("ConnectionArn")),
            "CodeCommit" => {
                self.add(&REPOSITORY, &case.declared.source_arn(said).into_iter().collect::<Vec<_>>())
            }
            "ECR" => self.add(
                &["ecr:DescribeImages"],
                &case.declared.source_arn(said).into_iter().collect::<Vec<_>>(),
            ),
            "S3" if action.category == "Source" => {
                let object = case.declared.source_arn(said);
                let bucket = object.as_deref().and_then(|arn| arn.split('/').next()).map(str::to_owned);
                self.add(&SOURCE_OBJECT, &object.into_iter().collect::<Vec<_>>());
                self.add(&BUCKET, &bucket.into_iter().collect::<Vec<_>>());
            }
            "CloudFormation" => {
                self.add(&STACK, &stacks());
                self.add(&["cloudformation:ValidateTemplate"], &["*".to_owned()]);
                for role in &action.runs_as {
                    self.pass(role, "cloudformation.amazonaws.com");
                }
            }
            "Manual" => self.add(&["sns:Publish"], &named("NotificationArn")),
            "Lambda" => self.add(&["lambda:InvokeFunction"], &by()),
            "StepFunctions" => self.add(&["states:DescribeStateMachine", "states:StartExecution"], &by()),
            // Workers that poll for jobs have credentials of their own.
            _ => return said.action_type_id.owner != "AWS",
        }
        true
    }

    /// `iam:PassRole` to one service only.
    fn pass(&mut self, role: &str, service: &str) {
        self.statements.push(json!({
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
            "Condition": {"StringEquals": {"iam:PassedToService": service}},
        }));
    }

    /// A session policy that leaves everything but the template.
    pub fn left_out(&self) -> Option<Arc<Document>> {
        let denied = self.statements.iter().map(|statement| {
            let mut denied = statement.clone();
            if let Some(effect) = denied.get_mut("Effect") {
                *effect = json!("Deny");
            }
            denied
        });
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let statements: Vec<Value> = std::iter::once(all).chain(denied).collect();
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let source = Source { policy: "(all but the template)".into(), file: "".into(), pointer: "".into() };
        let json = Json::parse(&text).ok()?;
        parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
    }

    /// Its statements.
    pub fn statements(&self) -> &[Value] {
        &self.statements
    }

    /// The template as a policy document, for whoever wants to attach it.
    pub fn document(&self) -> Value {
        json!({"Version": "2012-10-17", "Statement": self.statements})
    }
}

/// What the pipelines of a name (a glob) need of the roles that run them, as one policy, and the providers of which that isn't known;
/// `None` where there is no such pipeline.
pub(crate) fn needs_of_pipelines(
    estate: &Estate,
    name: &str,
    settings: &Settings,
) -> Result<Option<(Value, Vec<String>)>, AskError> {
    let answered = Answered::new(estate, settings);
    let map = &Map::asking(&answered, None)?;
    let escalation = EscalationSettings {
        ask: settings.clone(),
        primitives: Vec::new(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    };
    let (asked, intent) = (Asked::new(&answered, &escalation), Intent::default());
    let declared = estate.snapshot.pipelines();
    let mut template: Option<Template> = None;
    for pipeline in map.pipelines.iter().filter(|pipeline| glob_matches(name, &pipeline.name)) {
        let said = declared.all.iter().find(|declared| declared.arn == pipeline.arn);
        let (Some(declared), Some(control)) = (said, CONTROLS.first()) else { continue };
        let (asked, settings, intent, findings) = (&asked, &escalation, &intent, Vec::new());
        let own = Template::of_role(&Case {
            estate,
            asked,
            settings,
            intent,
            map,
            declared,
            pipeline,
            control,
            findings,
        });
        let all = template.get_or_insert_default();
        all.statements.extend(own.statements);
        all.unknown.extend(own.unknown);
    }
    Ok(template.map(|template| {
        let providers: BTreeSet<String> =
            template.unknown.iter().map(|(_, provider)| provider.clone()).collect();
        (template.document(), providers.into_iter().collect())
    }))
}

/// The ARNs of a stack, whatever its id; of one whose ARN isn't known, by its name.
fn stack_globs(pipeline: &MappedPipeline, account: &str, name: &str) -> Vec<String> {
    let name = name.split(":stack/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(name);
    let (partition, region) = (pipeline.partition(), &pipeline.region);
    vec![format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/*")]
}
