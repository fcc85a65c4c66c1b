//! How much is shown of each pipeline, and what the page has shown already: it must open where everybody of a large organization can do
//! something.

use super::html::Html;
use rustc_hash::FxHashMap;

/// How much is shown of the findings of one control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// So many findings are shown with their requests.
    pub full: usize,
    /// So many more have a line each.
    pub lines: usize,
    /// Whether all is said at its place: what is to be done, what shows findings that hold, and what is missing. Else the first is said once,
    /// with the controls, the second is in the JSON document, and the third is said once for the page, with a line at each control.
    pub whole: bool,
}

/// Of more pipelines than these each has less room.
const MANY: usize = 100;

impl Room {
    /// That of each of so many pipelines.
    pub fn among(pipelines: usize) -> Self {
        let many = pipelines > MANY;
        let (full, lines) = if many { (1, 5) } else { (5, 50) };
        Self { full, lines, whole: !many }
    }
}

/// Evidence shorter than this, in bytes of markup, is shown again rather than pointed to.
const SHORT: usize = 400;

/// Where evidence stands on the page that shows more than one finding: pipelines of an account run with the same roles.
#[derive(Debug, Default)]
pub(super) struct Shown {
    places: FxHashMap<String, Place>,
}

/// What a link to evidence needs.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub anchor: String,
    /// Whose pipeline's it is there.
    pub pipeline: String,
}

/// Whether evidence is to be shown here.
#[derive(Debug)]
pub(super) enum Showing {
    /// Here, at this anchor if others may point to it.
    Here(Option<String>),
    /// It stands there.
    There(Place),
}

impl Shown {
    /// Where this evidence is to be shown, and from now on stands.
    pub fn at(&mut self, evidence: &Html, pipeline: impl FnOnce() -> String) -> Showing {
        if evidence.as_str().len() < SHORT {
            return Showing::Here(None);
        }
        if let Some(place) = self.places.get(evidence.as_str()) {
            return Showing::There(place.clone());
        }
        let anchor = format!("e{}", self.places.len());
        self.places
            .insert(evidence.as_str().to_owned(), Place { anchor: anchor.clone(), pipeline: pipeline() });
        Showing::Here(Some(anchor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_evidence_is_shown_once() {
        let mut shown = Shown::default();
        let mut at = |text: &str, pipeline: &str| {
            let mut html = Html::new();
            html.text(text);
            match shown.at(&html, || pipeline.to_owned()) {
                Showing::Here(anchor) => format!("here {}", anchor.unwrap_or_default()),
                Showing::There(place) => format!("{} of {}", place.anchor, place.pipeline),
            }
        };
        let (one, other) = ("a".repeat(SHORT), "b".repeat(SHORT));
        let found: Vec<String> =
            [(&one, "p"), (&other, "q"), (&one, "r"), (&one, "s")].map(|(text, name)| at(text, name)).into();
        assert_eq!(found, ["here e0", "here e1", "e0 of p", "e0 of p"]);
        assert_eq!([at("short", "p"), at("short", "q")], ["here ", "here "]);
    }
}
