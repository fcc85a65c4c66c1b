//! Topics, queues and functions with their policies.
//!
//! AWS CloudFormation User Guide, "Amazon SNS", "Amazon SQS" and "AWS Lambda resource type reference".

use super::{Phase, Resource, Writer, object, string};
use crate::json::Json;
use crate::overlay::Change;
use crate::overlay::unknown::{hole, is_open};

impl Writer<'_, '_> {
    /// Writes what a topic, queue or function changes; whether it is one.
    pub(super) fn message(&mut self, resource: &Resource<'_>, phase: Phase) -> bool {
        let things = phase == Phase::Things;
        match resource.kind {
            "AWS::SNS::Topic" if things => {
                self.thing(resource, ("sns", "list-topics"), ("Topics", "TopicArn"));
            }
            "AWS::SQS::Queue" if things => self.queue(resource),
            "AWS::Lambda::Function" if things => self.function(resource),
            "AWS::SNS::Topic" | "AWS::SQS::Queue" => {
                if let Some(identity) = self.scope.identity(resource.logical) {
                    self.policy(resource, &identity.arn, "Policy");
                }
            }
            "AWS::SNS::TopicPolicy" if !things => self.policies(resource, "Topics"),
            "AWS::SQS::QueuePolicy" if !things => self.policies(resource, "Queues"),
            "AWS::SNS::TopicInlinePolicy" if !things => {
                let arn = resource.text("TopicArn").unwrap_or_default().to_owned();
                self.policy(resource, &arn, "PolicyDocument");
            }
            "AWS::SQS::QueueInlinePolicy" if !things => {
                let arn = self.queue_arn(resource.text("Queue").unwrap_or_default());
                self.policy(resource, &arn, "PolicyDocument");
            }
            "AWS::Lambda::Permission" if !things => self.permission(resource),
            "AWS::Lambda::Function"
            | "AWS::SNS::TopicPolicy"
            | "AWS::SQS::QueuePolicy"
            | "AWS::SNS::TopicInlinePolicy"
            | "AWS::SQS::QueueInlinePolicy"
            | "AWS::Lambda::Permission"
            | "AWS::Lambda::Version"
            | "AWS::Lambda::Alias"
            | "AWS::SNS::Subscription" => {}
            _ => return false,
        }
        true
    }

    fn thing(&mut self, resource: &Resource<'_>, call: (&str, &str), (list, key): (&str, &str)) {
        if let Some(identity) = self.scope.identity(resource.logical) {
            self.doubt_name(resource);
            self.listed(call, (list, key), object([(key, string(&identity.arn))]), false);
        }
    }

    fn queue(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        self.doubt_name(resource);
        if let Some(url) = identity.attribute("QueueUrl") {
            self.listed(("sqs", "list-queues"), ("QueueUrls", ""), url, false);
        }
    }

    fn queue_arn(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.scope.fill("arn:{p}:sqs:{r}:{a}:{n}", name, "/")
    }

    fn policies(&mut self, resource: &Resource<'_>, list: &str) {
        let Some(Json::Array(items)) = resource.properties.get(list) else {
            return self.blind(format!("whose policy {} ({}) is", resource.logical, resource.kind));
        };
        for item in items {
            let text = item.as_str().unwrap_or_default();
            let arn = if list == "Queues" { self.queue_arn(text) } else { text.to_owned() };
            self.policy(resource, &arn, "PolicyDocument");
        }
    }

    fn function(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        self.doubt_name(resource);
        let mut told =
            object([("FunctionName", string(&identity.name)), ("FunctionArn", string(&identity.arn))]);
        for key in ["Role", "Runtime", "Handler"] {
            if let Some(value) = resource.properties.get(key) {
                told.set(key, value.clone());
            }
        }
        self.output(("lambda", "get-function"), &identity.name, object([("Configuration", told.clone())]));
        self.listed(("lambda", "list-functions"), ("Functions", "FunctionArn"), told, false);
    }

    /// A statement of a function's policy (AWS Lambda API Reference, "AddPermission").
    fn permission(&mut self, resource: &Resource<'_>) {
        let named = resource.text("FunctionName").unwrap_or_default();
        let arn = match named.starts_with("arn:") {
            true => named.to_owned(),
            false => self.scope.fill("arn:{p}:lambda:{r}:{a}:function:{n}", named, "/"),
        };
        let principal = resource.text("Principal").unwrap_or_default();
        let is_service = principal.ends_with(".amazonaws.com") || principal.ends_with(".amazonaws.com.cn");
        let who = match principal {
            "*" => string("*"),
            _ if is_service => object([("Service", string(principal))]),
            _ => object([("AWS", string(principal))]),
        };
        let mut sid = resource.text("StatementId").unwrap_or(resource.logical).to_owned();
        sid.push_str(&resource.maybe.as_deref().map(hole).unwrap_or_default());
        let mut statement = object([
            ("Sid", string(&sid)),
            ("Effect", string("Allow")),
            ("Principal", who),
            ("Action", string(resource.text("Action").unwrap_or_default())),
            ("Resource", string(&arn)),
        ]);
        let mut conditions = Vec::new();
        for (key, operator, condition) in [
            ("SourceArn", "ArnLike", "AWS:SourceArn"),
            ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
            ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
            ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ] {
            if let Some(value) = resource.properties.get(key) {
                conditions.push((operator.to_owned(), condition, value.clone()));
            }
        }
        if !conditions.is_empty() {
            let mut all = Json::Object(Vec::new());
            for (operator, key, value) in conditions {
                let mut keys = all.remove(&operator).unwrap_or_else(|| Json::Object(Vec::new()));
                keys.set(key, value);
                all.set(&operator, keys);
            }
            statement.set("Condition", all);
        }
        if is_open(&string(&arn)) {
            return self.blind(format!("which function {} lets be called", resource.logical));
        }
        // A permission on a version or alias is no wider than one on the function.
        let governing = crate::resource::governing_arn(&arn).to_owned();
        let account = self.scope.stack.account.clone();
        self.change(Change::WithStatement { arn: governing, account, statement });
    }
}
