//! The points that AWS's documentation leaves open, each in one switch.

/// How to read what the documentation doesn't settle. [`Rules::default`] is what the program uses;
/// CONFORMANCE.md says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether an operator without `ForAllValues`/`ForAnyValue` can match a multivalued key
    /// (CONFORMANCE 3.1): then as `ForAnyValue` would.
    pub plain_operator_matches_multivalued: bool,
    /// Whether a grant alone lets a principal of another account use a KMS key (CONFORMANCE 1.4.6);
    /// otherwise its identity policies must allow too.
    pub grant_suffices_across_accounts: bool,
    /// Whether service-linked roles and roles under `role/aws-reserved/` can be passed to a service
    /// (CONFORMANCE 1.8); the EC2 Auto Scaling User Guide describes it for service-linked roles.
    pub reserved_roles_can_be_passed: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            plain_operator_matches_multivalued: false,
            grant_suffices_across_accounts: true,
            reserved_roles_can_be_passed: false,
        }
    }
}
