//! Connections to repositories outside AWS.
//!
//! AWS CodeConnections API Reference, GetConnection, ListConnections.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

/// The service has two names, and its ARNs have either.
///
/// Developer Tools console User Guide, "Connections rename".
const SERVICES: [[Call; 2]; 2] = [
    [
        Call::new("codeconnections", "get-connection", "--connection-arn NAME"),
        Call::new("codeconnections", "list-connections", ""),
    ],
    [
        Call::new("codestar-connections", "get-connection", "--connection-arn NAME"),
        Call::new("codestar-connections", "list-connections", ""),
    ],
];

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Connection {
    /// Its ARN.
    pub connection_arn: String,
    /// Its name.
    #[serde(default)]
    pub connection_name: Option<String>,
    /// `GitHub`, `Bitbucket`, `GitLab`, …
    #[serde(default)]
    pub provider_type: Option<String>,
    /// `AVAILABLE`, `PENDING` (nobody has finished it yet) or `ERROR`.
    #[serde(default)]
    pub connection_status: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    connection: Connection,
}

impl Snapshot {
    /// A connection by its ARN, in either name of the service.
    pub fn connection(&self, arn: &str) -> Told<Connection> {
        let parsed = Arn::parse(arn);
        let (account, region) = parsed.map_or(("", ""), |arn| (arn.account, arn.region));
        let place = |arn: Option<Arn<'_>>| arn.map(|a| [a.region, a.account, a.resource].map(str::to_owned));
        let wanted = place(parsed);
        let is_it = |json: &Json| {
            let told = json.get("ConnectionArn").and_then(Json::as_str);
            told == Some(arn) || (wanted.is_some() && place(told.and_then(Arn::parse)) == wanted)
        };
        let other = parsed.map(|a| {
            let [one, two] = ["codeconnections", "codestar-connections"];
            let service = if a.service == one { two } else { one };
            format!("arn:{}:{service}:{}:{}:{}", a.partition, a.region, a.account, a.resource)
        });
        let names = [Some(arn), other.as_deref()].map(|name| name.unwrap_or(arn));
        let of_service = |[get, list]: [Call; 2]| {
            let got = Question::new(get, account, Some(region), &names);
            let listed = Question::new(list, account, Some(region), &[]);
            let told: Told<Got> = self.ask_one(&got, |json| json.get("Connection").is_some_and(is_it));
            told.map(|got| got.connection).or_else(|| match self.ask_item(&listed, "Connections", is_it) {
                Told::Untold { problem, .. } => got.untold(problem),
                told => told,
            })
        };
        let [first, second] = SERVICES;
        of_service(first).or_else(|| of_service(second))
    }
}
