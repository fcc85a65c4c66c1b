//! `check`: exit codes, exports, and what calls it.

use crate::program::{ask, gateproof, run, stderr, stdout};
use crate::schema::{check_properties, check_sarif, mutants};
use gateproof::check::{Names, PropertyFile};
use serde_json::Value;
use std::path::{Path, PathBuf};

const ACME: &str = "corpus/snapshots/acme";
const FIXED: &str = "corpus/snapshots/acme-fixed";
const EXAMPLE: &str = "docs/checks/example.yaml";

fn file_of(says: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checks.yaml");
    std::fs::write(&file, format!("properties:\n  - name: it\n    {says}\n")).unwrap();
    let shown = file.display().to_string();
    (folder, shown)
}

#[test]
fn the_exit_code_is_that_of_the_worst_property() {
    let secret = "action: secretsmanager:GetSecretValue, resource: \"arn:aws:secretsmanager:us-east-1:333333333333:secret:staging/payments/db-Zx81Qw\"";
    let (_a, holds) = file_of("never: {from: anyone, action: iam:CreateRole}");
    let (_b, undecided) = file_of(&format!("never: {{from: role/acme-build-prod, {secret}}}"));
    let (_c, violated) = file_of("never: {from: role/acme-build-prod, action: sts:AssumeRole}");
    let (_d, wrong) = file_of("never: {from: role/acme-build-prod, action: sts:AsumeRole}");
    for (file, code) in [(&holds, 0), (&undecided, 3), (&violated, 2), (&wrong, 1)] {
        assert_eq!(run(&["check", ACME, file]).status.code(), Some(code), "{file}");
    }
    let together = run(&["check", ACME, &undecided, &holds]);
    assert_eq!(together.status.code(), Some(1), "{}", stderr(&together));
    assert!(stderr(&together).contains("found `it` a second time (first in "), "{}", stderr(&together));
    let missing = run(&["check", ACME, "nowhere.yaml"]);
    assert_eq!((missing.status.code(), stdout(&missing)), (Some(1), String::new()));
    assert_eq!(run(&["check", ACME]).status.code(), Some(64));
    assert_eq!(run(&["check", ACME, EXAMPLE, "--set", "nothing=x"]).status.code(), Some(64));
    assert_eq!(run(&["check", ACME, EXAMPLE, "--export", "page.html"]).status.code(), Some(64));
}

#[test]
fn the_json_says_what_the_text_says() {
    let (code, document) = ask(&["check", ACME, EXAMPLE]);
    let verdicts: Vec<&str> = document["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    assert_eq!((code, verdicts), (2, vec!["holds", "violated", "holds", "violated", "violated"]));
    let text = stdout(&run(&["check", ACME, EXAMPLE]));
    assert!(text.ends_with("\n3 violated, 0 undecided, 2 hold\n"), "{text}");
    let (code, document) = ask(&["check", FIXED, EXAMPLE, "--set", "pipeline=staging-deploy"]);
    assert_eq!((code, document["properties"][0]["verdict"].as_str()), (2, Some("holds")));
}

#[test]
fn a_change_is_checked_before_it_is_made() {
    let (_folder, file) = file_of("never: {from: user/ci-legacy, action: codepipeline:PutApprovalResult}");
    assert_eq!(run(&["check", ACME, &file]).status.code(), Some(2));
    let gone = "user/ci-legacy#attached/arn:aws:iam::aws:policy/AWSCodePipelineApproverAccess";
    let output = run(&["check", ACME, &file, "--remove", gone]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn exports_list_what_is_violated() {
    let folder = tempfile::tempdir().unwrap();
    let export = |ending: &str| {
        let file = folder.path().join(format!("checks.{ending}")).display().to_string();
        assert_eq!(run(&["check", ACME, EXAMPLE, "--quiet", "--export", &file]).status.code(), Some(2));
        std::fs::read_to_string(file).unwrap()
    };
    let sarif: Value = serde_json::from_str(&export("sarif")).unwrap();
    assert_eq!(check_sarif(&sarif), Ok(()));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5, "one of the chain, three who approve, one of the role");
    let first = &results[0];
    assert_eq!(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], EXAMPLE);
    assert_eq!(first["locations"][0]["physicalLocation"]["region"]["startLine"], 12);
    assert!(first["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap().len() > 1);
    let junit = export("junit.xml");
    assert!(
        junit.contains(
            "<testsuites name=\"gateproof check\" tests=\"5\" failures=\"3\" errors=\"0\" skipped=\"0\">"
        ),
        "{junit}"
    );
    let csv = export("csv");
    assert_eq!(csv.matches("\"violated\"").count(), 5, "{csv}");
    assert!(export("md").starts_with("# Properties\n"));
}

/// A file as JSON, with a property of each kind.
fn files() -> Vec<Value> {
    let read = |path: &Path| serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/checks");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push(Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE));
    paths.iter().map(|path| read(path)).collect()
}

#[test]
fn files_fit_their_schema_and_spoilt_ones_fit_neither_it_nor_the_parser() {
    let mut tried = 0;
    let parses =
        |document: &Value| PropertyFile::parse("checks.yaml", &document.to_string(), &Names::default());
    for document in files() {
        assert_eq!(check_properties(&document), Ok(()), "{document}");
        assert!(parses(&document).is_ok(), "{:?}", parses(&document));
        for (place, mutant) in
            mutants(&document).into_iter().filter(|(place, _)| !place.starts_with("/parameters"))
        {
            let (parsed, fits) = (parses(&mutant).is_ok(), check_properties(&mutant).is_ok());
            assert!(fits || !parsed, "spoilt at `{place}`, only the schema refuses it: {mutant}");
            // Some members may be left out; whatever else is changed, it is no file of properties any more.
            let spoilt = mutant.to_string().contains("7.5");
            assert!(!spoilt || !fits, "spoilt at `{place}`, it still fits: {mutant}");
            tried += usize::from(!fits);
        }
    }
    assert!(tried > 100, "only {tried} mutants");
}

/// A YAML file of the repository.
fn yaml(name: &str) -> Value {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    serde_saphyr::from_str(&std::fs::read_to_string(place).unwrap()).unwrap()
}

#[test]
fn the_action_runs_what_it_says() {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["shell"] == "bash"));
    let check = steps.last().unwrap();
    let inputs = action["inputs"].as_object().unwrap();
    let named = check["env"].as_object().unwrap();
    for value in named.values() {
        let input = value.as_str().unwrap().trim_start_matches("${{ inputs.").trim_end_matches(" }}");
        assert!(inputs.contains_key(input), "{value}");
    }
    let folder = tempfile::tempdir().unwrap();
    let sarif = folder.path().join("out.sarif").display().to_string();
    let program = Path::new(env!("CARGO_BIN_EXE_gateproof")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = assert_cmd::Command::new("bash");
    shell.env_clear().env("PATH", path).current_dir(env!("CARGO_MANIFEST_DIR"));
    shell.env("SNAPSHOT", ACME).env("FILES", EXAMPLE).env("ARGUMENTS", "--quiet").env("SARIF", &sarif);
    let output = shell.arg("-c").arg(check["run"].as_str().unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let written: Value = serde_json::from_str(&std::fs::read_to_string(sarif).unwrap()).unwrap();
    assert_eq!(check_sarif(&written), Ok(()));
}

#[test]
fn the_hook_runs_what_it_says() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    assert_eq!(hook["pass_filenames"], false, "the arguments name the files");
    let entry: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
    assert_eq!(entry[0], "gateproof");
    let output = gateproof(&entry[1..]).args([FIXED, EXAMPLE]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
