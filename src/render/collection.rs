//! A shell script that collects a snapshot.

use gateproof_model::configuration::{Collected, CollectedCall, Collection};

const HEAD: &str = include_str!("collection/head.sh");

/// Where the files of a section go, and the region in which its calls are made.
#[derive(Clone, Copy)]
struct Place {
    folder: &'static str,
    region: &'static str,
}

/// The script, for `sh`.
pub fn collection_script(collection: &Collection) -> String {
    let mut script = Script { text: HEAD.to_owned(), indent: 0 };
    script.line("");
    script.line("# The organization, as its management account sees it.");
    let master = "aws organizations describe-organization --query Organization.MasterAccountId --output text";
    script.line(&format!("if [ \"$({master} 2>\"$work/error\")\" = \"$account\" ] ||"));
    script.line("  grep -q AWSOrganizationsNotInUse \"$work/error\"; then");
    script.section(&collection.organization, Place { folder: "organization", region: "$home" });
    script.line("else");
    script.line("  printf '%s\\n' 'the organization: run this in its management account too' >&2");
    script.line("fi");
    script.line("");
    script.line("printf '%s\\n' \"account $account\" >&2");
    script.groups(&collection.account, Place { folder: "global", region: "$home" }, 0);
    script.line("");
    script.line("for region in $regions; do");
    script.line("  printf '%s\\n' \"account $account, $region\" >&2");
    script.section(&collection.region, Place { folder: "$region", region: "$region" });
    script.line("done");
    script.line("");
    script.line("{");
    script.line("  echo '['");
    script.line("  sed '$!s/$/,/' \"$errors\"");
    script.line("  echo ']'");
    script.line("} >\"$snapshot/errors.json\"");
    script.text
}

struct Script {
    text: String,
    indent: usize,
}

impl Script {
    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"  ".repeat(self.indent));
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn section(&mut self, groups: &[Collected], place: Place) {
        self.indent += 1;
        self.groups(groups, place, 0);
        self.indent -= 1;
    }

    fn groups(&mut self, groups: &[Collected], place: Place, depth: usize) {
        for group in groups {
            let (Some(each), Some(names)) = (&group.each, &group.names) else {
                for call in &group.calls {
                    self.call(call, place, depth);
                }
                continue;
            };
            let inner = depth + 1;
            let listing = if group.deep {
                self.deep(each, names, place);
                format!("below {}", word("OUTER", inner))
            } else {
                listing(each, names, place, inner)
            };
            self.line(&format!("{listing} | while IFS= read -r name{inner}; do"));
            self.indent += 1;
            for call in &group.calls {
                self.call(call, place, inner);
            }
            self.groups(&group.within, place, inner);
            self.indent -= 1;
            self.line("done");
        }
    }

    /// A function that prints the names of a listing, and those that the listing prints for each of them.
    fn deep(&mut self, each: &str, names: &str, place: Place) {
        let of_argument = listing(&each.replace("OUTER", "\"$1\""), names, place, 0);
        self.line("below() {");
        self.line(&format!("  for below in $({of_argument}); do"));
        self.line("    printf '%s\\n' \"$below\"");
        self.line("    below \"$below\"");
        self.line("  done");
        self.line("}");
    }

    fn call(&mut self, call: &CollectedCall, place: Place, depth: usize) {
        let file = call.file.as_deref().unwrap_or(if depth > 0 { "NAME" } else { "" });
        // Entries of `errors.json` name what was asked about.
        let name = if file.contains("NAME") && !file.contains("OUTER") { "NAME" } else { file };
        let listed =
            call.listed.as_ref().map(|(each, names)| format!("$({})", listing(each, names, place, depth)));
        let mut line = format!("save {}", word(place.folder, depth));
        for (i, part) in call.command.split(' ').enumerate() {
            line.push(' ');
            match &listed {
                Some(listed) if part == "LISTED" => line.push_str(listed),
                _ => line.push_str(&word(part, depth)),
            }
            if i == 1 {
                line.push_str(&format!(" {} {}", word(file, depth), word(name, depth)));
            }
        }
        line.push_str(&region_of(&call.command, place));
        self.line(&line);
    }
}

/// The names of a listing.
fn listing(each: &str, names: &str, place: Place, depth: usize) -> String {
    let words: Vec<String> = each.split(' ').map(|part| word(part, depth)).collect();
    format!("names '{names}' {}{}", words.join(" "), region_of(each, place))
}

fn region_of(command: &str, place: Place) -> String {
    if command.contains(" --region ") { String::new() } else { format!(" --region \"{}\"", place.region) }
}

/// A word of a command, its placeholders as variables.
fn word(text: &str, depth: usize) -> String {
    if text.starts_with('"') {
        return text.to_owned();
    }
    let mut filled = text.replace("NAME", &format!("$name{depth}"));
    filled = filled.replace("OUTER", &format!("$name{}", depth.saturating_sub(1)));
    for (placeholder, variable) in
        [("ACCOUNT", "$account"), ("REGION", "$region"), ("PARTITION", "$partition")]
    {
        filled = filled.replace(placeholder, variable);
    }
    if filled.is_empty() || filled.contains('$') { format!("\"{filled}\"") } else { filled }
}
