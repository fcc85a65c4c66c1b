//! Asking the snapshot's files and `errors.json` for one output, one item of an output, or a whole list.

use super::Told;
use super::shape::parse_shape;
use crate::json::{Json, pointer_push};
use crate::problem::Problem;
use crate::snapshot::{Failed, Page, Snapshot};
use serde::de::DeserializeOwned;
use std::sync::Arc;

const ERRORS_FILE: &str = "errors.json";

/// A call of the AWS CLI.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    /// What follows the operation; `NAME` stands for what is asked about.
    pub(super) arguments: &'static str,
    /// Whether it prints nothing where there is nothing to tell, so that an empty file is an answer.
    pub(super) may_print_nothing: bool,
}

impl Call {
    pub(super) const fn new(service: &'static str, operation: &'static str, arguments: &'static str) -> Self {
        Self { service, operation, arguments, may_print_nothing: false }
    }

    pub(super) const fn may_print_nothing(self) -> Self {
        Self { may_print_nothing: true, ..self }
    }

    fn shown(&self) -> String {
        format!("{} {}", self.service, self.operation)
    }
}

/// What is asked: a call in an account and region, about something.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    pub(super) call: Call,
    pub(super) account: &'a str,
    /// `None`: whatever folder the file stands in.
    pub(super) region: Option<&'a str>,
    /// How the argument of the call may be written, first as the command gives it; none: the call takes none.
    pub(super) names: Vec<&'a str>,
    /// The argument as the command gives it, where a file's name says more.
    pub(super) argument: Option<&'a str>,
    /// More arguments of the command.
    pub(super) more: String,
}

/// A part of an output with its place.
pub(super) struct Part<'p> {
    pub(super) json: &'p Json,
    pub(super) pointer: String,
}

impl<'a> Question<'a> {
    pub(super) fn new(call: Call, account: &'a str, region: Option<&'a str>, names: &[&'a str]) -> Self {
        Self { call, account, region, names: names.to_vec(), argument: None, more: String::new() }
    }

    /// The same question, whose command has one more option.
    pub(super) fn with(mut self, option: &str, value: &str) -> Self {
        self.more.push_str(&format!(" {option} {}", quoted(value)));
        self
    }

    /// The command that answers it.
    pub(super) fn command(&self) -> String {
        let Call { service, operation, arguments, .. } = self.call;
        let mut command = format!("aws {service} {operation}");
        if !arguments.is_empty() {
            let name = quoted(self.argument.or(self.names.first().copied()).unwrap_or_default());
            command.push_str(&format!(" {}", arguments.replace("NAME", &name)));
        }
        command.push_str(&self.more);
        if let Some(region) = self.region {
            command.push_str(&format!(" --region {region}"));
        }
        command
    }

    pub(super) fn untold<T>(&self, problem: Option<Problem>) -> Told<T> {
        Told::Untold { command: self.command(), problem }
    }

    fn is_about(&self, page: &Page) -> bool {
        self.region.is_none_or(|region| *page.region == *region)
    }

    fn is_named(&self, page: &Page) -> bool {
        page.name.as_deref().is_some_and(|name| self.names.contains(&name))
    }

    /// What no file answers: what `errors.json` says of the call.
    fn failed<T>(&self, snapshot: &Snapshot) -> Told<T> {
        let call = (self.call.service, self.call.operation);
        match snapshot.failure(self.account, self.region, call, &self.names) {
            Some(Failed { is_absent: true, .. }) => Told::Absent { file: ERRORS_FILE.into() },
            Some(Failed { problem, .. }) => self.untold(Some(problem)),
            None => self.untold(None),
        }
    }

    /// The output of a page; an empty file is none, unless the call may print nothing.
    fn output<'p>(&self, page: &'p Page) -> Result<&'p Json, Problem> {
        static NOTHING: Json = Json::Object(Vec::new());
        match &page.json {
            Ok(Some(json)) if json.as_object().is_some() => Ok(json),
            Ok(Some(json)) => Err(self.problem(&page.file, "", json.kind())),
            Ok(None) if self.call.may_print_nothing => Ok(&NOTHING),
            Ok(None) => Err(self.problem(&page.file, "", "an empty file")),
            Err(problem) => Err(problem.clone()),
        }
    }

    pub(super) fn problem(&self, file: &Arc<str>, pointer: &str, found: &str) -> Problem {
        let (pointer, found) = (pointer.to_owned(), found.to_owned());
        let expected = format!("what {} prints", self.call.shown());
        Problem { file: file.clone(), pointer, found, expected, warning: false }
    }
}

impl Snapshot {
    /// What a call prints about one thing. A file that isn't named after it counts where `is_about` says so.
    pub(super) fn ask_one<T: DeserializeOwned + PartialEq>(
        &self,
        question: &Question<'_>,
        is_about: impl Fn(&Json) -> bool,
    ) -> Told<T> {
        self.ask_part(question, |page, json| {
            let is_it = question.is_named(page) || (page.name.is_none() && is_about(json));
            is_it.then(|| Part { json, pointer: String::new() })
        })
    }

    /// One item of a list that a call prints.
    pub(super) fn ask_item<T: DeserializeOwned + PartialEq>(
        &self,
        question: &Question<'_>,
        list: &str,
        is_it: impl Fn(&Json) -> bool,
    ) -> Told<T> {
        self.ask_part(question, |_, json| {
            let items = json.get(list)?.as_array()?.iter().enumerate();
            let (i, json) = items.into_iter().find(|(_, item)| is_it(item))?;
            Some(Part { json, pointer: format!("{}/{i}", pointer_push("", list)) })
        })
    }

    /// A part of whatever file has it. Files that contradict each other in what is read of them tell nothing.
    pub(super) fn ask_part<T: DeserializeOwned + PartialEq>(
        &self,
        question: &Question<'_>,
        pick: impl for<'p> Fn(&'p Page, &'p Json) -> Option<Part<'p>>,
    ) -> Told<T> {
        let Call { service, operation, .. } = question.call;
        let pages = self.pages(question.account, service, operation);
        let mut found: Option<(T, &Arc<str>)> = None;
        let mut doubt = None;
        for page in pages.iter().filter(|page| question.is_about(page)) {
            let part = match question.output(page) {
                Ok(json) => pick(page, json),
                Err(problem) if page.name.is_none() || question.is_named(page) => {
                    doubt.get_or_insert(problem);
                    None
                }
                Err(_) => None,
            };
            let Some(Part { json, pointer }) = part else { continue };
            match (parse_shape(json, (&page.file, &pointer), &question.call.shown()), &found) {
                (Err(problem), _) => return question.untold(Some(problem)),
                (Ok(value), Some((same, earlier))) if value != *same => {
                    let says = format!("another output than {earlier} has");
                    return question.untold(Some(question.problem(&page.file, &pointer, &says)));
                }
                (Ok(value), None) => found = Some((value, &page.file)),
                (Ok(_), Some(_)) => {}
            }
        }
        match (found, doubt) {
            (Some((value, file)), _) => Told::Known { value, file: file.clone() },
            (None, Some(problem)) => question.untold(Some(problem)),
            (None, None) => question.failed(self),
        }
    }

    /// A whole list that a call prints, be it in pages. With names in the question, of the calls with these arguments.
    pub(super) fn ask_list<T: DeserializeOwned>(&self, question: &Question<'_>, list: &str) -> Told<Vec<T>> {
        self.ask_items(question, list).and_then(|items, file| {
            let mut values = Vec::with_capacity(items.len());
            for (file, pointer, json) in items {
                match parse_shape(&json, (&file, &pointer), &question.call.shown()) {
                    Ok(value) => values.push(value),
                    Err(problem) => return question.untold(Some(problem)),
                }
            }
            Told::Known { value: values, file }
        })
    }

    /// The items of such a list with their files and places.
    fn ask_items(&self, question: &Question<'_>, list: &str) -> Told<Vec<(Arc<str>, String, Json)>> {
        let Call { service, operation, .. } = question.call;
        let pages = self.pages(question.account, service, operation);
        let of_name = |page: &Page, name: &str| question.is_about(page) && page.name.as_deref() == Some(name);
        // Of files with different names for the same call one is read: its items would be there twice.
        let name = question.names.iter().find(|name| pages.iter().any(|page| of_name(page, name)));
        let is_asked = |page: &&Page| match name {
            Some(name) => of_name(page, name),
            None => question.is_about(page) && page.name.is_none() && question.names.is_empty(),
        };
        let (mut items, mut file) = (Vec::new(), None);
        for page in pages.iter().filter(is_asked) {
            let output =
                question.output(page).and_then(|output| page.cut_short.clone().map_or(Ok(output), Err));
            let output = match output {
                Ok(output) => output,
                Err(problem) => return question.untold(Some(problem)),
            };
            let at = pointer_push("", list);
            let Some(found) = output.get(list).and_then(Json::as_array) else {
                let found = output.get(list).map_or("nothing", Json::kind);
                return question.untold(Some(question.problem(&page.file, &at, found)));
            };
            let places = found.iter().enumerate();
            items.extend(places.map(|(i, item)| (page.file.clone(), format!("{at}/{i}"), item.clone())));
            file.get_or_insert(page.file.clone());
        }
        match file {
            Some(file) => Told::Known { value: items, file },
            None => question.failed(self),
        }
    }
}

/// A text as a word of the shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
