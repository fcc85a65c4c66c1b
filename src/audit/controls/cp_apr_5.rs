//! CP-APR-5: who approves doesn't write the log of approvals.

use super::super::answers::Answers;
use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use super::super::log::{Log, Logged};
use crate::ask::AskError;
use crate::question::Verdict;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-APR-5",
    title: "approvals are logged where those who approve can't write",
    reason: "who can change the log of approvals approves without trace",
    severity: Severity::High,
    reads: &[
        "cloudtrail describe-trails",
        "cloudtrail get-trail-status: IsLogging",
        "cloudtrail get-event-selectors",
        "s3api get-bucket-policy",
        "kms get-key-policy",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
    ],
    decides: "a trail logs, in the pipeline's region, management events that write and are CodePipeline's; nobody can both approve and change the trail, write or delete its files, or make its key useless; no other service writes to its bucket, and no pipeline keeps artifacts there",
    remedy: "log to a trail of the organization, whose bucket and key are of an account where nobody approves",
    decide,
};

const TRAIL: [&str; 4] = [
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
];

const FILES: [&str; 7] = [
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutObject",
];

const KEY: [&str; 3] = ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"];

const WRITER: &str = "cloudtrail.amazonaws.com";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let gates: Vec<String> = case.pipeline.gates().into_iter().map(|(_, arn)| arn).collect();
    if gates.is_empty() {
        case.holds("the pipeline", "there is no gate", Vec::new());
        return Ok(());
    }
    let Logged { logs, missing } = Logged::of_approvals(case);
    let approving = case.who_can(&["codepipeline:PutApprovalResult"], &gates, Vec::new())?;
    // One log that those who approve can't touch is enough.
    let mut best: Option<(usize, Log, Vec<Tampering>)> = None;
    for log in logs {
        let ways = ways(case, &log)?;
        let who = ways.iter().map(|way| open(&approving.and(&way.answers))).sum();
        if best.as_ref().is_none_or(|(least, ..)| who < *least) {
            best = Some((who, log, ways));
        }
    }
    match best {
        Some((_, log, ways)) => {
            of_log(case, &log);
            for Tampering { of, answers, does } in ways {
                case.only_both(&of, (&approving, &answers), |_| false, does);
            }
            of_bucket(case, &log)?;
        }
        None if missing.is_empty() => {
            let message = "no trail that logs takes in the approvals of the pipeline";
            case.violated(("the log", ""), message, Vec::new());
        }
        None => case.unknown("the log", "whether a trail logs approvals is not told", missing),
    }
    Ok(())
}

/// A way to spoil a log.
struct Tampering {
    /// What of it.
    of: String,
    answers: Answers,
    does: &'static str,
}

fn ways(case: &Case<'_>, log: &Log) -> Result<Vec<Tampering>, AskError> {
    let trail = case.who_can(&TRAIL, std::slice::from_ref(&log.trail), Vec::new())?;
    let resources = [log.bucket.clone(), log.files.clone()];
    let files = case.who_can(&FILES, &resources, Vec::new())?;
    let mut ways = vec![
        Tampering {
            of: log.trail.clone(),
            answers: trail,
            does: "may approve, and stop or change the trail",
        },
        Tampering { of: log.files.clone(), answers: files, does: "may approve, and write the log's files" },
    ];
    if let Some(key) = &log.key {
        let answers = case.who_can(&KEY, std::slice::from_ref(key), Vec::new())?;
        ways.push(Tampering {
            of: key.clone(),
            answers,
            does: "may approve, and make the log's key useless",
        });
    }
    Ok(ways)
}

/// How many can, or may be able to.
fn open(answers: &Answers) -> usize {
    let can = |verdict| answers.each.iter().filter(|(_, answer)| answer.verdict == verdict).count();
    can(Verdict::Reachable) + can(Verdict::Undecided)
}

fn of_log(case: &mut Case<'_>, log: &Log) {
    let fields = vec![
        Field::of("TrailARN", &log.trail),
        Field::of("S3BucketName", &log.bucket),
        Field { name: "KmsKeyId".to_owned(), value: log.key.clone() },
    ];
    case.holds("the log", "a trail takes in the approvals of the pipeline", vec![Evidence::Fields(fields)]);
}

/// The bucket is the log's alone.
fn of_bucket(case: &mut Case<'_>, log: &Log) -> Result<(), AskError> {
    let subject = format!("{}, its use", log.bucket);
    let stores = case.map.pipelines.iter().filter(|pipeline| {
        pipeline.stores.iter().any(|store| log.bucket.ends_with(&format!(":::{}", store.bucket)))
    });
    let mut keeping: Vec<Field> = stores.map(|pipeline| Field::of("artifacts of", &*pipeline.arn)).collect();
    if !keeping.is_empty() {
        keeping.sort_by(|a, b| a.value.cmp(&b.value));
        let message = "the log's bucket keeps artifacts of pipelines, too";
        case.violated((&subject, "artifacts"), message, vec![Evidence::Fields(keeping)]);
    }
    let everywhere = format!("{}/*", log.bucket);
    let writing = case.who_can(&["s3:PutObject"], &[everywhere], Vec::new())?;
    let no_service = |arn: &str| !arn.ends_with(".amazonaws.com") || arn == WRITER;
    case.only(
        &subject,
        &writing,
        no_service,
        "may write to the log's bucket, too: it is not the log's alone",
    );
    Ok(())
}
