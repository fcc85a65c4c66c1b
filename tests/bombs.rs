//! Policies made to be hard: each question ends within its budget, as the right answer or as *undecided*.
//!
//! Every bomb is a process of its own that may take a gigabyte of memory and so many seconds of processor time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

use rayon::prelude::*;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Kilobytes of address space, and seconds of processor time.
const LIMITS: &str = "ulimit -v 1048576; ulimit -t 10; exec \"$0\" \"$@\"";

const REACHABLE: i32 = 2;
const IMPOSSIBLE: i32 = 0;
const UNDECIDED: i32 = 3;

struct Bomb {
    name: &'static str,
    statements: Vec<Value>,
    question: Vec<String>,
    truth: i32,
}

fn bomb(name: &'static str, truth: i32, statements: Vec<Value>) -> Bomb {
    let question = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/*"].map(str::to_owned).to_vec();
    Bomb { name, statements, question, truth }
}

fn allow(resources: &[String]) -> Value {
    json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources})
}

fn deny(resources: &[String]) -> Value {
    json!({"Effect": "Deny", "Action": "s3:*", "Resource": resources})
}

/// The request must match one of these, too.
fn demand(resources: &[String]) -> Value {
    json!({"Effect": "Deny", "Action": "s3:*", "NotResource": resources})
}

fn under(condition: Value) -> Value {
    json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition})
}

fn object(pattern: &str) -> String {
    format!("arn:aws:s3:::b/{pattern}")
}

/// An `a` so many characters from the end: an automaton needs a state for each of as many guesses.
fn ladder(letter: char, length: usize) -> String {
    object(&format!("*{letter}{}", "?".repeat(length)))
}

fn everything() -> Vec<String> {
    vec![object("*")]
}

fn pattern_bombs() -> Vec<Bomb> {
    let contains = |i: usize| object(&format!("*x{i:02}*"));
    let forty: Vec<String> = (0..40).map(contains).collect();
    let ladders: Vec<String> = (1..=24).map(|n| ladder('a', n)).collect();
    let letters: String = (0..3_000).map(|i| ['a', 'b', 'c'][i % 3].to_string() + "*").collect();
    let reversed: String = letters.chars().rev().collect();
    vec![
        bomb("a ladder is met", REACHABLE, vec![allow(&ladders), deny(&[ladder('b', 20), ladder('c', 22)])]),
        bomb(
            "a ladder within all long names",
            IMPOSSIBLE,
            vec![allow(&[ladder('a', 14)]), deny(&[ladder('?', 14)])],
        ),
        bomb("a ladder and itself", IMPOSSIBLE, vec![allow(&[ladder('a', 40)]), deny(&[ladder('a', 40)])]),
        bomb(
            "a ladder and its twins",
            IMPOSSIBLE,
            vec![allow(&[ladder('a', 18)]), demand(&[ladder('b', 18), ladder('c', 18)])],
        ),
        bomb(
            "every rung at once",
            REACHABLE,
            std::iter::once(allow(&everything()))
                .chain(ladders.iter().map(|l| demand(std::slice::from_ref(l))))
                .collect(),
        ),
        bomb("forty in one list", IMPOSSIBLE, vec![allow(&forty), deny(&forty)]),
        bomb(
            "forty, all of them",
            REACHABLE,
            std::iter::once(allow(&everything()))
                .chain(forty.iter().map(|p| demand(std::slice::from_ref(p))))
                .collect(),
        ),
        bomb(
            "forty, none of them",
            REACHABLE,
            std::iter::once(allow(&everything()))
                .chain(forty.iter().map(|p| deny(std::slice::from_ref(p))))
                .collect(),
        ),
        bomb(
            "forty, each shut off by the next",
            IMPOSSIBLE,
            forty.iter().map(|p| allow(std::slice::from_ref(p))).chain([deny(&[object("*x*")])]).collect(),
        ),
        bomb("one long pattern", REACHABLE, vec![allow(&[object(&letters)])]),
        bomb("two long patterns", REACHABLE, vec![allow(&[object(&letters)]), demand(&[object(&reversed)])]),
        bomb(
            "intersections of many lists",
            REACHABLE,
            std::iter::once(allow(&everything()))
                .chain((0..200).map(|i| {
                    let list: Vec<String> =
                        (0..5).map(|n| object(&format!("*{}*", (i * 7 + n * 3) % 11))).collect();
                    demand(&list)
                }))
                .collect(),
        ),
    ]
}

fn statement_bombs() -> Vec<Bomb> {
    let thousand = |i: usize| {
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": object(&format!("team-{i}/*/x?z*")),
               "Condition": {"StringLike": {"aws:PrincipalTag/team": format!("t{i}*")}, "IpAddress": {"aws:SourceIp": format!("10.{}.{}.0/24", i / 250, i % 250)}}})
    };
    let many = |what: &str| (0..500).map(|i| format!("{what}{i}*")).collect::<Vec<_>>();
    let sets = |i: usize| {
        under(json!({"ForAllValues:StringLike": {"aws:TagKeys": many(&format!("k{i}-"))},
            "ForAnyValue:StringLike": {"aws:CalledVia": [format!("*svc{i}*")]}, "StringNotLike": {"aws:UserAgent": many("u")}}))
    };
    let networks: Vec<String> = (0..1_000).map(|i| format!("{}.{}.0.0/16", i / 250 + 1, i % 250)).collect();
    let numbers: Vec<String> = (0..1_000).map(|i| (2 * i).to_string()).collect();
    let chains = |i: usize| {
        json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition":
            {"ForAnyValue:StringNotLike": {"aws:CalledVia": [format!("*{}*", i % 7)]}, "StringLike": {"aws:UserAgent": format!("*{i}*")}}})
    };
    let variables = |i: usize| {
        json!({"Effect": if i.is_multiple_of(3) { "Deny" } else { "Allow" }, "Action": "s3:GetObject",
               "Resource": object(&format!("${{aws:PrincipalTag/t{i}}}/*/${{aws:userid}}*")), "Condition":
               {"StringNotLike": {"aws:RequestTag/x": format!("*${{aws:PrincipalTag/t{}}}*", i + 1)}}})
    };
    let mut denied: Vec<Value> = (0..1_000).map(thousand).collect();
    denied.push(deny(&everything()));
    vec![
        bomb("a thousand statements", REACHABLE, (0..1_000).map(thousand).collect()),
        bomb("a thousand statements for nothing", IMPOSSIBLE, denied),
        bomb("large sets", REACHABLE, (0..30).map(sets).collect()),
        bomb("sets against sets", REACHABLE, (0..40).map(chains).chain([allow(&everything())]).collect()),
        bomb(
            "a thousand networks",
            REACHABLE,
            vec![under(json!({"NotIpAddress": {"aws:SourceIp": networks.clone()}}))],
        ),
        bomb(
            "a thousand networks, in and out",
            IMPOSSIBLE,
            vec![under(
                json!({"NotIpAddress": {"aws:SourceIp": networks.clone()}, "IpAddress": {"aws:SourceIp": networks}}),
            )],
        ),
        bomb(
            "a thousand numbers",
            REACHABLE,
            vec![under(
                json!({"NumericNotEquals": {"aws:MultiFactorAuthAge": numbers}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            )],
        ),
        bomb("hundreds of variables", REACHABLE, (0..300).map(variables).collect()),
    ]
}

fn question_bombs() -> Vec<Bomb> {
    let broad = || vec![json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})];
    let mut stars = bomb("a question of stars", REACHABLE, broad());
    stars.question =
        vec!["--action".into(), "s3:*e*e*".into(), "--resource".into(), object(&"*a?".repeat(40))];
    let mut ladders = bomb("a question of ladders", REACHABLE, broad());
    let list: Vec<String> = (1..30).map(|n| ladder('a', n)).collect();
    ladders.question = vec!["--action".into(), "s3:GetObject".into(), "--resource".into(), list.join(",")];
    vec![stars, ladders]
}

/// The authorization details of an account with one role, which may carry session tags.
fn details(statements: &[Value]) -> Value {
    json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
        "Path": "/", "RoleName": "r", "RoleId": "AROABOMB", "Arn": "arn:aws:iam::111122223333:role/r",
        "CreateDate": "2024-01-01T00:00:00+00:00", "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"},
            "Action": ["sts:AssumeRole", "sts:TagSession"]}]},
        "RolePolicyList": [{"PolicyName": "bomb", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]}]})
}

/// What became of a bomb: the exit code, or how it was stopped.
fn explode(bomb: &Bomb) -> Result<i32, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gaad.json");
    std::fs::write(&file, details(&bomb.statements).to_string()).unwrap();
    let output = Command::new("sh")
        .args(["-c", LIMITS, env!("CARGO_BIN_EXE_gateproof"), "can"])
        .arg(&file)
        // Where the engine gives up, solvers of strings are asked: for as long as this.
        .args(["--principal", "role/r", "--threads", "1", "--quiet", "--timeout", "4"])
        .args(&bomb.question)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    output
        .status
        .code()
        .filter(|c| [REACHABLE, IMPOSSIBLE, UNDECIDED].contains(c))
        .ok_or_else(|| format!("{}: {}", output.status, text.chars().take(500).collect::<String>()))
}

#[test]
fn bombs_end_as_the_truth_or_undecided() {
    let bombs: Vec<Bomb> =
        pattern_bombs().into_iter().chain(statement_bombs()).chain(question_bombs()).collect();
    let ends: Vec<(&Bomb, Result<i32, String>, f64)> = bombs
        .par_iter()
        .map(|bomb| {
            let start = Instant::now();
            (bomb, explode(bomb), start.elapsed().as_secs_f64())
        })
        .collect();
    let mut wrong = Vec::new();
    let mut decided = 0;
    for (bomb, end, seconds) in ends {
        println!("{:40} {end:?} of {} in {seconds:.2} s", bomb.name, bomb.truth);
        decided += usize::from(end == Ok(bomb.truth));
        if end != Ok(bomb.truth) && end != Ok(UNDECIDED) {
            wrong.push(format!("{}: {end:?}, the truth is {}", bomb.name, bomb.truth));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(decided * 2 > bombs.len(), "only {decided} of {} were decided", bombs.len());
}
