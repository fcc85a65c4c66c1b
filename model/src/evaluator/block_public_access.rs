//! S3 Block Public Access: `RestrictPublicBuckets`.
//!
//! Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", sections "Block public
//! access settings" and "The meaning of 'public'". CONFORMANCE 1.8.

use super::Evaluation;
use super::explanation::Reason;
use crate::operand::Point;
use crate::operator::{Comparison, Operator, SetOperator};
use crate::pattern::{PatternText, PieceRef, Token};
use crate::policy::{Condition, Document, Effect, Operand, PrincipalEntry, Statement};
use crate::request::PrincipalKind;

/// Keys whose fixed values make a grant non-public. The principal keys stand for the list's "AWS
/// principal, user, role, or service principal (e.g. aws:PrincipalOrgID)".
pub const CONFINING_KEYS: [&str; 12] = [
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalservicename",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// Where `RestrictPublicBuckets` cuts the request: a public bucket policy then serves only services
/// and principals of the bucket's own account.
pub fn cut(evaluation: &Evaluation<'_>) -> Option<Reason> {
    let setting = evaluation.policies.block_public_access.restrict_public_buckets;
    if !setting || evaluation.service() != "s3" {
        return None;
    }
    let spared = match evaluation.principal().kind {
        PrincipalKind::Service(_) => true,
        PrincipalKind::Anonymous | PrincipalKind::Federated(_) => false,
        _ => evaluation.same_account(),
    };
    let policy = evaluation.policies.resource.as_ref()?;
    (!spared && is_public(policy))
        .then_some(Reason::Rule("S3 Block Public Access restricts a bucket whose policy is public"))
}

/// Whether S3 calls the bucket policy public: one public statement makes the whole of it so.
///
/// A statement that stands for an unreadable document is not called public; what it may grant is
/// left to its assumption.
pub fn is_public(policy: &Document) -> bool {
    policy.statements.iter().any(is_public_statement)
}

fn is_public_statement(statement: &Statement) -> bool {
    let Some(principals) = &statement.principal else { return false };
    // Identity providers' tokens are anybody's: S3 gives `"Federated": "graph.facebook.com"` as an
    // example of a public policy.
    let open = principals.negated
        || principals
            .entries
            .iter()
            .any(|e| matches!(e, PrincipalEntry::Everyone | PrincipalEntry::Federated(_)));
    statement.effect == Effect::Allow
        && statement.assumption.is_none()
        && open
        && !statement.conditions.iter().any(confines)
}

/// Whether a condition confines a grant to fixed values. One that a request without the key
/// satisfies confines nothing.
fn confines(condition: &Condition) -> bool {
    let Operator { comparison, negated, if_exists, set } = condition.operator;
    if negated || if_exists || set == Some(SetOperator::ForAllValues) || condition.operands.is_empty() {
        return false;
    }
    let key = &*condition.key;
    condition.operands.iter().all(|operand| match (comparison, operand) {
        (Comparison::IpAddress, Operand::Network(first, last)) => {
            key == "aws:sourceip" && is_narrow(*first, *last)
        }
        (
            Comparison::StringEquals { .. } | Comparison::StringLike | Comparison::Arn,
            Operand::Text(pattern),
        ) => {
            (CONFINING_KEYS.contains(&key) && is_fixed(pattern.pieces()))
                || (key == "s3:dataaccesspointarn" && has_fixed_account(pattern))
        }
        _ => false,
    })
}

/// "This includes values broader than /8 for IPv4 and /32 for IPv6": those are public.
pub fn is_narrow(first: Point, last: Point) -> bool {
    let host_bits = if first.family == 4 { 24 } else { 96 };
    last.value.saturating_sub(first.value) < 1u128 << host_bits
}

fn is_fixed<'p>(mut pieces: impl Iterator<Item = PieceRef<'p>>) -> bool {
    pieces.all(|p| matches!(p, PieceRef::Token(Token::Char(_))))
}

/// An access point's ARN may end in a wildcard so long as its account is fixed.
fn has_fixed_account(pattern: &PatternText) -> bool {
    let colon = |p: &PieceRef<'_>| matches!(p, PieceRef::Token(Token::Char(':')));
    let colons = pattern.pieces().enumerate().filter(|(_, p)| colon(p)).map(|(at, _)| at);
    colons.take(5).nth(4).is_some_and(|fifth| is_fixed(pattern.pieces().take(fifth)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::json::Json;
    use crate::policy::Source;
    use crate::policy_parse::{DocumentKind, parse_document};

    /// Whether a policy with one statement, of these members, is public.
    fn public(members: &str) -> bool {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*",{members}}}}}"#
        );
        let source = Source { policy: "p".into(), file: "f".into(), pointer: "".into() };
        is_public(&parse_document(&Json::parse(&text).unwrap(), DocumentKind::Resource, source).unwrap().0)
    }

    fn public_if(condition: &str) -> bool {
        public(&format!(r#""Principal":"*","Condition":{{{condition}}}"#))
    }

    #[test]
    fn who_is_the_public() {
        assert!(public(r#""Principal":"*""#));
        assert!(public(r#""Principal":{"AWS":["111122223333","*"]}"#));
        assert!(public(r#""Principal":{"Federated":"graph.facebook.com"}"#));
        assert!(public(r#""NotPrincipal":{"AWS":"111122223333"}"#));
        assert!(!public(r#""Principal":{"AWS":"111122223333"}"#));
        assert!(!public(r#""Principal":{"AWS":"arn:aws:iam::111122223333:user/a"}"#));
        assert!(!public(r#""Principal":{"Service":"cloudfront.amazonaws.com"}"#));
        assert!(!public(r#""Sid":"nobody""#));
    }

    #[test]
    fn what_confines_a_grant() {
        assert!(!public_if(r#""StringEquals":{"aws:SourceVpc":"vpc-1"}"#));
        assert!(!public_if(r#""StringEquals":{"AWS:PrincipalOrgID":["o-1","o-2"]}"#));
        assert!(!public_if(r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}"#));
        assert!(!public_if(r#""ForAnyValue:StringEquals":{"aws:SourceAccount":"111122223333"}"#));
        assert!(!public_if(r#""StringEquals":{"aws:SecureTransport":"true","aws:SourceVpce":"vpce-1"}"#));
        assert!(!public_if(
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:111122223333:accesspoint/*"}"#
        ));
    }

    #[test]
    fn what_does_not_confine_it() {
        assert!(public_if(r#""StringLike":{"aws:SourceVpc":"vpc-*"}"#));
        assert!(public_if(r#""StringEquals":{"aws:SourceVpc":["vpc-1","${aws:userid}"]}"#));
        assert!(public_if(r#""StringNotEquals":{"aws:SourceVpc":"vpc-1"}"#));
        assert!(public_if(r#""StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}"#));
        assert!(public_if(r#""ForAllValues:StringEquals":{"aws:SourceVpc":"vpc-1"}"#));
        assert!(public_if(r#""StringEquals":{"aws:SourceVpc":[]}"#));
        assert!(public_if(r#""StringEquals":{"aws:Referer":"me"}"#));
        assert!(public_if(
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:*:accesspoint/x"}"#
        ));
    }

    #[test]
    fn how_broad_a_range_is() {
        for narrow in ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"] {
            assert!(!public_if(&format!(r#""IpAddress":{{"aws:SourceIp":"{narrow}"}}"#)), "{narrow}");
        }
        for broad in ["0.0.0.0/1", "10.0.0.0/7", "::/0", "2001::/31", "nonsense"] {
            assert!(
                public_if(&format!(r#""IpAddress":{{"aws:SourceIp":["192.0.2.1","{broad}"]}}"#)),
                "{broad}"
            );
        }
    }
}
