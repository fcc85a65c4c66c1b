//! Where everything of a pipeline's drawing stands: stages in columns, actions in boxes, chains of escalation in rows below.

use super::content::{ActionContent, Content};
use super::measure::{fit, width};

pub(super) const MARGIN: i32 = 16;
const COLUMN: i32 = 232;
const GAP: i32 = 48;
const HEAD: i32 = 30;
const BETWEEN: i32 = 12;
const PADDING: i32 = 12;
const LINE: i32 = 18;
const ROW: i32 = 36;
const LEAST: i32 = 760;
/// Chains side by side in a gap, and pixels between them.
const TRACKS: i32 = 5;
const TRACK: i32 = 6;
/// The sizes of letters: 13 pixels in bold, which are as wide as 15 that are not; 12; 12 in bold.
const NAME: i32 = 15;
const SMALL: i32 = 12;
const STRONG: i32 = 14;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

/// Text at its place.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub x: i32,
    pub y: i32,
    pub class: &'static str,
    pub text: String,
    /// The whole of it, where it was cut.
    pub whole: Option<String>,
}

/// A shape with labels.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub area: Area,
    pub class: &'static str,
    pub labels: Vec<Label>,
}

/// A drawing.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub width: i32,
    pub height: i32,
    pub chips: Vec<Shape>,
    pub heads: Vec<Shape>,
    pub actions: Vec<Shape>,
    /// Arrows from one stage to the next: from, to, height.
    pub arrows: Vec<(i32, i32, i32)>,
    /// Chains: the way from the action to its target, where an action runs with the role.
    pub chains: Vec<(Vec<(i32, i32)>, Shape)>,
}

fn label(text: &str, class: &'static str, size: i32, (x, y): (i32, i32), most: i32) -> Label {
    let fitted = fit(text, size, most);
    let whole = (fitted != text).then(|| text.to_owned());
    Label { x, y, class, text: fitted, whole }
}

/// Lays a pipeline out.
pub(super) fn of(content: &Content) -> Layout {
    let columns = i32::try_from(content.stages.len()).unwrap_or(i32::MAX / 1000).max(1);
    let wide = (2 * MARGIN + columns * COLUMN + (columns - 1) * GAP).max(LEAST);
    let (chips, mut y) = chips(&content.abilities, wide);
    let mut layout = Layout { width: wide, chips, ..Layout::default() };
    y += BETWEEN;
    let (head, top) = (y, y + HEAD + BETWEEN);
    let mut bottom = top;
    let mut x = MARGIN;
    let mut places = Vec::new();
    for (n, stage) in content.stages.iter().enumerate() {
        let area = Area { x, y: head, width: COLUMN, height: HEAD };
        let name = label(&stage.name, "stage", NAME, (x + PADDING, head + 20), COLUMN - 2 * PADDING);
        layout.heads.push(Shape { area, class: "head", labels: vec![name] });
        if n > 0 {
            layout.arrows.push((x - GAP, x, head + HEAD / 2));
        }
        let mut at = top;
        for action in &stage.actions {
            let shape = action_shape(action, x, at);
            at += shape.area.height + BETWEEN;
            places.push((x, shape.area));
            layout.actions.push(shape);
        }
        bottom = bottom.max(at);
        x += COLUMN + GAP;
    }
    layout.height = bottom + MARGIN;
    chains(&mut layout, content, &places, bottom);
    layout
}

/// Chips in rows; what stands below them begins at the height that is returned.
fn chips(texts: &[String], wide: i32) -> (Vec<Shape>, i32) {
    let (mut x, mut y) = (MARGIN, MARGIN);
    let mut shapes = Vec::new();
    for text in texts {
        let most = wide - 2 * MARGIN - 2 * PADDING;
        let own = width(text, SMALL).min(most) + 2 * PADDING;
        if x > MARGIN && x + own > wide - MARGIN {
            (x, y) = (MARGIN, y + HEAD);
        }
        let area = Area { x, y, width: own, height: HEAD - 6 };
        let label = label(text, "small", SMALL, (x + PADDING, y + 16), most);
        shapes.push(Shape { area, class: "chip", labels: vec![label] });
        x += own + 8;
    }
    (shapes, if texts.is_empty() { MARGIN } else { y + HEAD })
}

fn action_shape(action: &ActionContent, x: i32, y: i32) -> Shape {
    let room = COLUMN - 2 * PADDING - 6;
    let mut labels = vec![label(&action.name, "name", NAME, (x + PADDING + 4, y + 22), room)];
    for (n, (class, text)) in action.lines.iter().enumerate() {
        let line = i32::try_from(n).unwrap_or(0);
        let size = if *class == "small" { SMALL } else { STRONG };
        labels.push(label(text, class, size, (x + PADDING + 4, y + 22 + LINE * (line + 1)), room));
    }
    let lines = i32::try_from(action.lines.len()).unwrap_or(0);
    let area = Area { x, y, width: COLUMN, height: 34 + LINE * lines };
    let class = match (action.gate, action.hot) {
        (true, _) => "gate",
        (false, true) => "action hot",
        (false, false) => "action",
    };
    Shape { area, class, labels }
}

/// A row a chain: those of the last columns first, so that no way crosses a row that stands above its own.
fn chains(layout: &mut Layout, content: &Content, places: &[(i32, Area)], bottom: i32) {
    let mut order: Vec<(Option<&(i32, Area)>, &String)> =
        content.chains.iter().map(|chain| (chain.action.and_then(|n| places.get(n)), &chain.text)).collect();
    order.sort_by_key(|(place, _)| std::cmp::Reverse(place.map_or(0, |(x, _)| *x)));
    let (mut y, mut track, mut last) = (bottom + BETWEEN, 0, None);
    for (place, text) in order {
        let x = place.map_or(MARGIN, |(x, _)| *x);
        track = if last == Some(x) { (track + 1).min(TRACKS) } else { 0 };
        last = Some(x);
        let most = layout.width - x - MARGIN - 2 * PADDING;
        let own = width(text, STRONG).min(most) + 2 * PADDING;
        let area = Area { x, y, width: own, height: ROW - 10 };
        let labels = vec![label(text, "target", STRONG, (x + PADDING, y + 17), most)];
        let way = place.map_or_else(Vec::new, |(_, from)| {
            let side = (x - 12 - TRACK * track).max(4);
            let middle = from.y + from.height / 2;
            vec![(x, middle), (side, middle), (side, y + 13), (x, y + 13)]
        });
        layout.chains.push((way, Shape { area, class: "target", labels }));
        y += ROW;
    }
    if !layout.chains.is_empty() {
        layout.height = y + MARGIN;
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::{ChainContent, StageContent};
    use super::*;

    fn sample() -> Content {
        let action = |name: &str| ActionContent {
            name: name.to_owned(),
            gate: false,
            hot: true,
            lines: vec![("small", "CodeBuild".to_owned()), ("small", "runs as W".repeat(40))],
        };
        let stage = |n: usize| StageContent {
            name: format!("stage {n}"),
            actions: vec![action("Build"), action(&"W".repeat(99))],
        };
        let chain = |action| ChainContent { action, text: "administers account 111122223333".repeat(9) };
        Content {
            abilities: (0..9).map(|n| format!("{n} may do something with the pipeline")).collect(),
            stages: (0..4).map(stage).collect(),
            chains: vec![chain(Some(0)), chain(Some(5)), chain(Some(0)), chain(None)],
            words: String::new(),
        }
    }

    #[test]
    fn nothing_overlaps_and_all_is_inside() {
        let layout = of(&sample());
        let all: Vec<&Shape> = layout.chips.iter().chain(&layout.heads).chain(&layout.actions).collect();
        let all: Vec<&Shape> = all.into_iter().chain(layout.chains.iter().map(|(_, shape)| shape)).collect();
        for (n, one) in all.iter().enumerate() {
            let Area { x, y, width: w, height: h } = one.area;
            assert!(x >= 0 && y >= 0 && x + w <= layout.width && y + h <= layout.height, "{one:?}");
            for label in &one.labels {
                let size = match label.class {
                    "name" | "stage" => NAME,
                    "small" => SMALL,
                    _ => STRONG,
                };
                let end = label.x + width(&label.text, size);
                assert!(end <= x + w + 1 && label.y < y + h, "{label:?} in {:?}", one.area);
            }
            for other in &all[n + 1..] {
                let o = other.area;
                let apart = x + w <= o.x || o.x + o.width <= x || y + h <= o.y || o.y + o.height <= y;
                assert!(apart, "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn a_pipeline_of_nothing_can_be_drawn() {
        let layout = of(&Content::default());
        assert!(layout.width > 0 && layout.height > 0);
    }
}
