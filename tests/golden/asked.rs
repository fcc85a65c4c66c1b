//! Questions, as the command line would read them.

use gateproof::question::{Quantifier, Requests, Selector};
use gateproof_model::catalogue::AccessLevel;
use serde_json::Value;

/// A question; without principals, `who-can`.
pub struct Asked {
    pub principals: Option<Vec<String>>,
    pub requests: Requests,
    pub quantifier: Quantifier,
}

impl Asked {
    /// The question of command-line arguments.
    pub fn of(arguments: &[Value]) -> Self {
        let mut words = arguments.iter().map(|a| a.as_str().unwrap().to_owned());
        let principals = match words.next().unwrap().as_str() {
            "can" => Some(Vec::new()),
            "who-can" => None,
            other => panic!("unknown command {other}"),
        };
        let mut asked = Self { principals, requests: Requests::default(), quantifier: Quantifier::Some };
        while let Some(flag) = words.next() {
            let mut value = || words.next().unwrap();
            match flag.as_str() {
                "--principal" => asked.principals.as_mut().unwrap().push(value()),
                "--action" => asked.requests.actions.push(value()),
                "--resource" => asked.requests.resources.push(value()),
                "--in" => asked.requests.within.push(value().parse().unwrap()),
                "--when" => asked.requests.when.push(value().parse().unwrap()),
                "--access" => {
                    let levels = value();
                    asked.requests.access.extend(levels.split(',').map(|l| AccessLevel::parse(l).unwrap()));
                }
                "--every" => asked.quantifier = Quantifier::Every,
                other => panic!("unknown flag {other}"),
            }
        }
        asked
    }

    /// The principals of `can`.
    pub fn selectors(&self) -> Option<Vec<Selector>> {
        self.principals.as_ref().map(|list| list.iter().map(|s| s.parse().unwrap()).collect())
    }
}
