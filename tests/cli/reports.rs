//! `--export FILE.junit.xml` and `FILE.html`.

use crate::program::run;
use std::collections::BTreeMap;

fn exported(ending: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("report.{ending}")).display().to_string();
    let fixed = ["audit", "corpus/snapshots/acme", "--quiet", "--cross-check", "never", "--export", &file];
    let output = run(&[&fixed[..], more].concat());
    assert!(matches!(output.status.code(), Some(2 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(file).unwrap()
}

/// Elements of HTML that are never closed.
const VOID: [&str; 2] = ["meta", "input"];

/// How often each element is opened; every one is closed, the last opened first.
fn elements(xml: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    let mut open: Vec<&str> = Vec::new();
    for tag in xml.split('<').skip(1).filter(|tag| !tag.starts_with(['?', '!'])) {
        let (inside, _) = tag.split_once('>').unwrap();
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if inside.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{xml}");
            continue;
        }
        *counts.entry(name).or_default() += 1;
        if !inside.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    counts
}

#[test]
fn junit_counts_what_it_lists() {
    let xml = exported("junit.xml", &[]);
    let counts = elements(&xml);
    assert_eq!(counts["testsuites"], 1);
    // Three pipelines, and what is not known of others.
    assert_eq!(counts["testsuite"], 4);
    let head = xml.lines().nth(1).unwrap();
    let said = |name: &str| -> usize {
        let (_, rest) = head.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    assert_eq!(said("tests"), counts["testcase"]);
    assert_eq!(said("failures"), counts["failure"]);
    assert_eq!(said("skipped"), counts["skipped"]);
    assert!(counts["failure"] > 20 && counts["testcase"] > counts["failure"] + counts["skipped"]);
}

#[test]
fn junit_skips_what_is_waived_and_fails_with_an_expired_waiver() {
    let one = ["--control", "CP-A1", "--pipeline", "images", "--config", "tests/cli/waived.toml", "--today"];
    let waived = exported("junit.xml", &[&one[..], &["2027-01-31"]].concat());
    assert!(waived.contains("<skipped message=\"waived until 2027-01-31, platform: moves"), "{waived}");
    assert_eq!(elements(&waived).get("failure"), None);
    let expired = exported("junit.xml", &[&one[..], &["2027-02-01"]].concat());
    // The violation, and the waiver.
    assert_eq!(elements(&expired)["failure"], 2, "{expired}");
}

#[test]
fn the_page_is_one_file_that_loads_nothing() {
    let html = exported("html", &[]);
    for loads in
        [" src=", "url(", "@import", "<link", "<iframe", "<img", " style=", "fetch(", "XMLHttpRequest"]
    {
        assert!(!html.contains(loads), "{loads}");
    }
    assert!(html.contains("default-src &#39;none&#39;; style-src &#39;sha256-"));
    assert!(!html.contains("unsafe-inline"));
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, rest) = rest.split_once("<script>").unwrap();
    let (_, rest) = rest.split_once("</script>").unwrap();
    let page = [head, body, rest].concat();
    let counts = elements(&page);
    assert_eq!((counts["html"], counts["main"], counts["svg"]), (1, 1, 4), "three drawings and a bar");
}
