//! A pipeline as a drawing: SVG, laid out here and styled by the page.

mod content;
mod layout;
mod measure;

use super::html::Html;
use crate::audit::Finding;
use crate::pipelines::MappedPipeline;
use content::Content;
use layout::{Area, Label, Layout, Shape};

/// The drawing of a pipeline; `number` tells its ids from those of others.
pub(super) fn of(pipeline: &MappedPipeline, findings: &[&Finding], number: usize) -> Html {
    let content = Content::of(pipeline, findings);
    let layout = layout::of(&content);
    let (title, words) = (format!("d{number}t"), format!("d{number}d"));
    let mut html = Html::new();
    let name = format!("Drawing of {}", pipeline.name);
    html.tag(
        "div",
        &[("class", &"drawing"), ("tabindex", &"0"), ("role", &"group"), ("aria-label", &name)],
        |html| {
            let view = format!("0 0 {} {}", layout.width, layout.height);
            let about = format!("{title} {words}");
            let (width, height) = (layout.width, layout.height);
            html.tag(
                "svg",
                &[
                    ("viewBox", &view),
                    ("width", &width),
                    ("height", &height),
                    ("role", &"img"),
                    ("aria-labelledby", &about),
                ],
                |svg| {
                    svg.leaf("title", &[("id", &title)], &name);
                    svg.leaf("desc", &[("id", &words)], &content.words);
                    draw(svg, &layout);
                },
            );
        },
    );
    html
}

fn draw(svg: &mut Html, layout: &Layout) {
    for (from, to, y) in &layout.arrows {
        let way = format!("M{} {y}H{}m-6 -5l6 5l-6 5", from + 6, to - 6);
        svg.tag("path", &[("class", &"flow"), ("d", &way)], |_| {});
    }
    for (way, _) in &layout.chains {
        let points: Vec<String> = way.iter().map(|(x, y)| format!("{x} {y}")).collect();
        if !points.is_empty() {
            svg.tag("path", &[("class", &"chain"), ("d", &format!("M{}", points.join("L")))], |_| {});
        }
    }
    let targets = layout.chains.iter().map(|(_, shape)| shape);
    for one in layout.chips.iter().chain(&layout.heads).chain(&layout.actions).chain(targets) {
        shape(svg, one);
    }
}

fn shape(svg: &mut Html, shape: &Shape) {
    let Area { x, y, width, height } = shape.area;
    if shape.class == "gate" {
        // A gate has its corners cut, so that it is told by its form too.
        let (right, below, cut) = (x + width, y + height, 14);
        let way = format!(
            "M{} {y}H{}L{right} {}V{}L{} {below}H{}L{x} {}V{}Z",
            x + cut,
            right - cut,
            y + cut,
            below - cut,
            right - cut,
            x + cut,
            below - cut,
            y + cut
        );
        svg.tag("path", &[("class", &shape.class), ("d", &way)], |_| {});
    } else {
        let round = if shape.class == "chip" { 12 } else { 8 };
        svg.tag(
            "rect",
            &[
                ("class", &shape.class),
                ("x", &x),
                ("y", &y),
                ("width", &width),
                ("height", &height),
                ("rx", &round),
            ],
            |_| {},
        );
    }
    shape.labels.iter().for_each(|one| label(svg, one));
}

fn label(svg: &mut Html, label: &Label) {
    svg.tag("text", &[("class", &label.class), ("x", &label.x), ("y", &label.y)], |text| {
        text.text(&label.text);
        if let Some(whole) = &label.whole {
            text.leaf("title", &[], whole);
        }
    });
}
