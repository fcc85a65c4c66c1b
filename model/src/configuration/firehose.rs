//! Streams that keep events in buckets.
//!
//! Amazon Data Firehose API Reference, DescribeDeliveryStream.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

const DESCRIBE: Call = Call::new("firehose", "describe-delivery-stream", "--delivery-stream-name NAME");

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeliveryStream {
    /// `ACTIVE`, …
    #[serde(rename = "DeliveryStreamStatus")]
    pub status: String,
    /// Where it delivers to. Destinations that are no buckets have no bucket here.
    #[serde(rename = "Destinations")]
    pub destinations: Vec<Destination>,
}

impl DeliveryStream {
    /// The ARNs of the buckets that it delivers to.
    pub fn buckets(&self) -> impl Iterator<Item = &str> {
        let buckets = self.destinations.iter().flat_map(|d| d.extended.iter().chain(&d.simple));
        buckets.map(|bucket| bucket.bucket_arn.as_str())
    }
}

/// Where a stream delivers to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Destination {
    /// A bucket, in the newer form.
    #[serde(rename = "ExtendedS3DestinationDescription", default)]
    pub extended: Option<DestinationBucket>,
    /// A bucket, in the older form, which AWS prints beside the newer.
    #[serde(rename = "S3DestinationDescription", default)]
    pub simple: Option<DestinationBucket>,
}

/// A bucket that a stream delivers to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DestinationBucket {
    /// Its ARN.
    #[serde(rename = "BucketARN")]
    pub bucket_arn: String,
    /// How the keys begin.
    #[serde(rename = "Prefix", default)]
    pub prefix: Option<String>,
}

#[derive(PartialEq, Deserialize)]
struct Got {
    #[serde(rename = "DeliveryStreamDescription")]
    description: DeliveryStream,
}

impl Snapshot {
    /// A stream by its ARN.
    pub fn delivery_stream(&self, arn: &str) -> Told<DeliveryStream> {
        let parsed = Arn::parse(arn);
        let (account, region) = parsed.map_or(("", ""), |arn| (arn.account, arn.region));
        let name = parsed.and_then(|arn| arn.resource.strip_prefix("deliverystream/")).unwrap_or(arn);
        let is_it = |json: &Json| {
            let told = json.get("DeliveryStreamDescription").and_then(|d| d.get("DeliveryStreamARN"));
            told.and_then(Json::as_str) == Some(arn)
        };
        let question = Question::new(DESCRIBE, account, Some(region), &[name, arn]);
        self.ask_one(&question, is_it).map(|output: Got| output.description)
    }
}
