//! Keys of the way that a request takes: network, and services that call on the caller's behalf.

use super::Ties;
use std::collections::BTreeSet;
use std::sync::Arc;

/// There exactly where the request comes through a VPC endpoint.
const ENDPOINT: [&str; 3] = ["aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"];

/// There only where it does, in services that support them.
const OF_ENDPOINT: [&str; 4] = ["aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"];

/// Services that don't say whether a service calls for somebody.
///
/// IAM User Guide, "AWS global condition context keys", `aws:ViaAWSService`.
const SILENT_ABOUT_VIA: [&str; 5] = ["ec2", "glue", "lakeformation", "opsworks", "opsworks-cm"];

/// Whether a service doesn't say that a service calls for somebody.
pub fn is_silent_about_via(service: &str) -> bool {
    SILENT_ABOUT_VIA.contains(&service)
}

impl Ties<'_, '_> {
    /// Through a VPC endpoint the source address is absent; otherwise, and where no service calls on the
    /// caller's behalf, it is there. CONFORMANCE 3.5.
    pub fn network(&mut self, mentioned: &BTreeSet<Arc<str>>) {
        let mut of_network = ENDPOINT.iter().chain(&OF_ENDPOINT).chain(&["aws:sourceip"]);
        if !of_network.any(|k| mentioned.contains(*k)) {
            return;
        }
        let endpoint = self.present(ENDPOINT[0]);
        for key in &ENDPOINT[1..] {
            let present = self.present(key);
            self.same(present, endpoint);
        }
        for key in OF_ENDPOINT.into_iter().filter(|k| mentioned.contains(*k)) {
            let present = self.present(key);
            self.implies(present, endpoint);
        }
        if mentioned.contains("aws:sourceip") {
            let ip = self.present("aws:sourceip");
            let outside = self.encoder.terms.not(endpoint);
            self.implies(ip, outside);
            let via = self.equals("aws:viaawsservice", &["true"], true);
            let excused = self.encoder.terms.or([endpoint, via]);
            let no_ip = self.encoder.terms.not(ip);
            self.implies(no_ip, excused);
        }
    }

    /// The chain of calls is there only where a service calls on the caller's behalf: not every service that
    /// does supports the chain. Its first and last link come with it and are members of it.
    pub fn called_via(&mut self, mentioned: &BTreeSet<Arc<str>>) {
        let silent = self.facts.action().is_some_and(|a| is_silent_about_via(a.service()));
        if mentioned.contains("aws:viaawsservice") && !silent {
            let said = self.present("aws:viaawsservice");
            self.parts.push(said);
        }
        if mentioned.contains("kms:grantisforawsresource") {
            let (said, via) = (
                self.present("kms:grantisforawsresource"),
                self.equals("aws:viaawsservice", &["true"], true),
            );
            self.implies(said, via);
        }
        let chain = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];
        let listed: Vec<&str> = chain.into_iter().filter(|k| mentioned.contains(*k)).collect();
        let Some((first, others)) = listed.split_first() else { return };
        let present = self.present(first);
        for other in others {
            let other = self.present(other);
            self.same(present, other);
        }
        if !silent {
            let via = self.equals("aws:viaawsservice", &["true"], true);
            self.implies(present, via);
        }
        if mentioned.contains("aws:calledvia") {
            for end in chain.into_iter().skip(1).filter(|k| mentioned.contains(*k)) {
                self.among_members(end, "aws:calledvia");
            }
        }
    }

    /// The value of the one key is a member of the other: stated for every set that it is compared with.
    fn among_members(&mut self, key: &str, list: &str) {
        for set in self.sets_compared_with(key) {
            let (it, member) = (self.in_set(key, &set), self.member(list, set.clone(), true));
            self.implies(it, member);
            let (is_other, other) = (self.encoder.terms.not(it), self.member(list, set, false));
            let present = self.present(key);
            let outside = self.encoder.terms.and([present, is_other]);
            self.implies(outside, other);
        }
    }
}
