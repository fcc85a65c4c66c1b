//! What the documentation shows is what the program prints.

use assert_cmd::Command;

/// The blocks of a file that begin with a call of the program: the call, and what is shown below it.
fn shown(file: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let text = text.replace("```yaml\n", "```\n");
    let blocks = text.split("```\n").skip(1).step_by(2);
    blocks
        .filter_map(|block| {
            let block = block.strip_prefix("$ ")?;
            let mut call = String::new();
            let mut rest = block;
            loop {
                let (line, after) = rest.split_once('\n').unwrap();
                rest = after;
                match line.strip_suffix('\\') {
                    Some(part) => call.push_str(part),
                    None => {
                        call.push_str(line);
                        break Some((call, rest.to_owned()));
                    }
                }
            }
        })
        .collect()
}

#[test]
fn every_call_that_is_shown_prints_what_is_shown() {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_gateproof"));
    let mut compared = 0;
    for file in ["README.md", "docs/questions.md", "docs/checks.md", "docs/compare.md"] {
        for (call, expected) in shown(file) {
            let mut shell = Command::new("/bin/sh");
            shell.env_clear().env("PATH", program.parent().unwrap()).arg("-c").arg(&call);
            let output = shell.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(printed, expected, "{file}: {call}\nprints\n{printed}");
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}
