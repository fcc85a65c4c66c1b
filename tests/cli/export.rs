//! `--export`: files by their endings, checked before anything is solved.

use crate::program::run;
use crate::snapshots::{OneUser, statement};
use serde_json::{Value, json};

fn exported(snapshot: &OneUser, command: &[&str], endings: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<String> =
        endings.iter().map(|e| folder.path().join(format!("out.{e}")).display().to_string()).collect();
    let path = snapshot.path();
    let mut arguments = vec![command[0], &path];
    arguments.extend(&command[1..]);
    arguments.extend(files.iter().flat_map(|f| ["--export", f]));
    let output = run(&arguments);
    assert!(matches!(output.status.code(), Some(0 | 2)), "{}", String::from_utf8_lossy(&output.stderr));
    files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect()
}

#[test]
fn each_ending_has_its_form() {
    let snapshot = OneUser::with(&[statement("Allow", "iam:ListUsers", json!("*"))]);
    let can = ["can", "--principal", "user/ana", "--action", "iam:ListUsers"];
    let who_can = ["who-can", "--action", "iam:ListUsers"];
    let ana = "arn:aws:iam::111122223333:user/ana";
    let explain = ["explain", "--principal", ana, "--action", "iam:ListUsers", "--resource", "*"];
    for (command, format) in [
        (&can[..], "gateproof-verdict/1"),
        (&who_can, "gateproof-who-can/1"),
        (&explain, "gateproof-explain/1"),
    ] {
        let files = exported(&snapshot, command, &["json", "csv", "md", "CSV"]);
        let document: Value = serde_json::from_str(&files[0]).unwrap();
        assert_eq!(document["format"], format);
        let lines: Vec<&str> = files[1].split("\r\n").collect();
        assert!(lines.len() >= 3 && lines.last() == Some(&""), "{}", files[1]);
        assert!(lines[0].starts_with('"') && lines[0].ends_with('"'), "{}", files[1]);
        assert!(files[2].starts_with("# ") && files[2].contains("\n| --- |"), "{}", files[2]);
        assert_eq!(files[3], files[1]);
        if command[0] != "explain" {
            let row = lines.iter().find(|l| l.starts_with(&format!("\"{ana}\",\"reachable\"")));
            assert!(row.is_some(), "{}", files[1]);
            assert!(files[2].contains("inline policy inline-0"), "{}", files[2]);
        }
    }
}

#[test]
fn other_endings_are_refused_before_anything_is_read() {
    let refused = |command: &[&str], file: &str| {
        let output = run(&[command, &["--export", file]].concat());
        assert_eq!(output.status.code(), Some(64), "{file}");
        assert!(!std::path::Path::new(file).exists());
        String::from_utf8(output.stderr).unwrap()
    };
    // There is no such snapshot: exit 64 shows that it was not looked for.
    let can = ["can", "no/such/snapshot", "--principal", "anyone", "--action", "s3:GetObject"];
    assert!(refused(&can, "out.txt").contains(".json, .csv or .md"));
    assert!(refused(&can, "out.xml").contains(".json, .csv or .md"));
    assert!(refused(&can, "out").contains(".json, .csv or .md"));
    assert!(refused(&can, "out.html").contains("only `audit` writes such a report"));
    for file in ["out.sarif", "out.junit.xml"] {
        assert!(refused(&can, file).contains("only `audit` and `check` write such a report"));
    }
    assert!(refused(&["version"], "out.csv").contains("ends in .json"));
    assert!(refused(&["decide"], "out.json").contains("nothing to export"));
}
