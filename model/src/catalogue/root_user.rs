//! Calls that can be about an account's root user.

use super::ActionInfo;
use crate::arn::Arn;
use crate::text::fold_text;

/// Calls about credentials that the root user makes about itself, though the reference lists users only.
///
/// IAM API Reference, `DeleteAccessKey` and its kin: "you can use this operation to manage AWS account root user
/// credentials"; `IAMDeleteRootUserCredentials` and the other policies of root tasks, which spare `arn:aws:iam::*:root`.
const ABOUT_ROOT: [&str; 18] = [
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:deactivatemfadevice",
    "iam:deleteaccesskey",
    "iam:deleteloginprofile",
    "iam:deletesigningcertificate",
    "iam:deletevirtualmfadevice",
    "iam:enablemfadevice",
    "iam:getaccesskeylastused",
    "iam:getloginprofile",
    "iam:getuser",
    "iam:listaccesskeys",
    "iam:listmfadevices",
    "iam:listsigningcertificates",
    "iam:resyncmfadevice",
    "iam:updateaccesskey",
    "iam:updatesigningcertificate",
    "iam:uploadsigningcertificate",
];

impl ActionInfo<'_> {
    /// Whether the root user can make the call about itself. Nobody else can make it about the root user. CONFORMANCE 1.4.8.
    pub fn may_be_about_root(&self) -> bool {
        ABOUT_ROOT.binary_search(&&*fold_text(self.name())).is_ok()
    }
}

/// Whether an ARN is a root user's.
pub(super) fn is_root_user(resource: &str) -> bool {
    Arn::parse(resource).is_some_and(|arn| arn.service == "iam" && arn.resource == "root")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::catalogue::Catalogue;
    use std::collections::BTreeSet;

    #[test]
    fn the_catalogue_knows_every_call() {
        assert!(ABOUT_ROOT.is_sorted());
        for name in ABOUT_ROOT {
            let action = Catalogue::embedded().find_action(name).unwrap();
            assert!(action.accepts_resource("arn:aws:iam::111122223333:root"), "{name}");
        }
    }

    /// What the policies of root tasks allow about the root user itself is listed.
    #[test]
    fn the_tasks_of_root_sessions_are_listed() {
        let catalogue = Catalogue::embedded();
        let mut named = BTreeSet::new();
        for policy in catalogue.managed_policies().filter(|p| p.arn().contains(":policy/root-task/IAM")) {
            let text = catalogue.managed_document(policy.arn()).unwrap();
            named.extend(text.split('"').filter(|t| t.starts_with("iam:")).map(fold_text));
        }
        let about_user = |name: &str| {
            let action = catalogue.find_action(name).unwrap();
            action.resource_types().any(|row| row.resource_type.name() == "user")
        };
        assert!(named.len() > 8);
        let missing: Vec<_> = named
            .iter()
            .filter(|n| about_user(n) && !catalogue.find_action(n).unwrap().may_be_about_root())
            .collect();
        assert_eq!(missing, Vec::<&String>::new());
    }
}
