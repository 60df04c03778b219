//! The picture, and what has to be said over it.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align2, Color32, CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::clock::{self, Moment};
use super::preview::{Picture, Shown};
use super::widgets::{Icon, chip};
use super::{Action, look, notices, strip};
use crate::frame::Size;
use crate::source::SourceSpec;
use crate::state::{Fault, OnAir, State};

/// What stands over the picture, or in its place.
struct Words<'a> {
    icon: Option<Icon>,
    title: &'a str,
    sentence: &'a str,
}

/// Between the picture and the strip.
const GAP: f32 = 12.0;
/// What is under the picture.
const BELOW: f32 = GAP + strip::HEIGHT;
/// The least width of the strip.
const LEAST_STRIP: f32 = 480.0;

/// Draws the stage; returns its size in pixels, for the preview.
pub(super) fn show(ui: &mut Ui, state: &State, shown: &Shown, moment: &Moment, actions: &mut Vec<Action>) -> [usize; 2] {
    let colours = look::colours(ui);
    let frame = egui::Frame::new().fill(colours.background).inner_margin(look::BETWEEN);
    let stage = egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let whole = ui.available_rect_before_wrap();
        // What is known about a source says more than the last picture of another one.
        let picture = shown.picture.as_ref().filter(|_| state.mode.is_some() || state.source_fault.is_some());
        let (rect, below) = places(proportions(state, picture), whole);
        let response = ui.allocate_rect(rect, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name(state, picture, shown.problem.as_deref())));
        match picture {
            Some(picture) => paint(ui, picture, rect),
            None => paint_empty(ui, rect),
        }
        if let Some(words) = words(state, picture, shown.problem.as_deref()) {
            say(ui, &words, rect, picture);
        }
        if fault(state).is_none() {
            chips(ui, state, picture, moment, rect);
        }
        strip::show(ui, state, &shown.strip, below);
        notices::show(ui, state, whole.with_min_y(rect.top()), actions);
        whole.size() - vec2(0.0, BELOW)
    });
    let pixels = stage.inner * ui.pixels_per_point();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size on a screen")]
    let stage = [pixels.x.max(1.0) as usize, pixels.y.max(1.0) as usize];
    stage
}

/// Why the source gives no pictures; while paused it is not to, and what was told of it is of before.
fn fault(state: &State) -> Option<&Fault> {
    state.source_fault.as_ref().filter(|_| !matches!(state.on_air, OnAir::Paused { .. }))
}

fn name(state: &State, picture: Option<&Picture>, problem: Option<&str>) -> &'static str {
    if fault(state).is_some() || problem.is_some() {
        "No live picture"
    } else if picture.is_some() {
        "Live picture"
    } else {
        "No picture yet"
    }
}

fn proportions(state: &State, picture: Option<&Picture>) -> Vec2 {
    #[expect(clippy::cast_precision_loss, reason = "at most 16384")]
    let of = |size: Size| vec2(size.width as f32, size.height as f32);
    picture.map_or_else(
        || of(state.mode.as_ref().map_or(state.choices.size, |mode| mode.size)),
        |picture| picture.texture.size_vec2(),
    )
}

/// Where the picture and the strip go: close together, and both of them in the middle of `whole`.
fn places(proportions: Vec2, whole: Rect) -> (Rect, Rect) {
    let picture = fitted(proportions, whole.with_max_y(whole.max.y - BELOW));
    // As wide as the picture, unless that is too narrow for what is in it.
    let across = if picture.width() < LEAST_STRIP { whole.x_range() } else { picture.x_range() };
    let strip = Rect::from_x_y_ranges(across, picture.bottom() + GAP..=picture.bottom() + BELOW);
    (picture, strip)
}

/// The largest rectangle of these proportions in the middle of `available`.
fn fitted(proportions: Vec2, available: Rect) -> Rect {
    let scale = (available.size() / proportions.max(Vec2::splat(1.0))).min_elem().max(0.0);
    let rect = Rect::from_center_size(available.center(), proportions * scale);
    Rect::from_min_max(pos2(rect.min.x.round(), rect.min.y.round()), pos2(rect.max.x.round(), rect.max.y.round()))
}

fn paint(ui: &Ui, picture: &Picture, rect: Rect) {
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let radius = CornerRadius::same(look::PICTURE_RADIUS);
    ui.painter().add(egui::epaint::RectShape::filled(rect, radius, Color32::WHITE).with_texture(picture.texture.id(), whole));
}

fn paint_empty(ui: &Ui, rect: Rect) {
    let colours = look::colours(ui);
    ui.painter().rect_filled(rect, look::PICTURE_RADIUS, colours.surface);
    ui.painter().rect_stroke(rect, look::PICTURE_RADIUS, Stroke::new(1.0, colours.line), StrokeKind::Inside);
}

fn words<'a>(state: &'a State, picture: Option<&Picture>, problem: Option<&'a str>) -> Option<Words<'a>> {
    if let Some(fault) = fault(state) {
        return Some(Words { icon: Some(Icon::Warning), title: "No picture", sentence: &fault.sentence });
    }
    if matches!(state.on_air, OnAir::Paused { .. }) {
        return Some(Words { icon: None, title: "Paused", sentence: "Viewers are told so. Go on whenever you like." });
    }
    if let Some(problem) = problem {
        return Some(Words { icon: Some(Icon::Warning), title: "This picture can’t be shown", sentence: problem });
    }
    match (picture, &state.mode) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(Words { icon: None, title: "One moment", sentence: "The first picture is on its way." }),
        (None, None) => Some(Words { icon: None, title: "One moment", sentence: being_opened(&state.choices.source) }),
    }
}

fn being_opened(source: &SourceSpec) -> &'static str {
    match source {
        SourceSpec::FirstCamera | SourceSpec::Camera(_) => "The camera is being opened.",
        SourceSpec::TestPattern => "The test pattern is being drawn.",
        SourceSpec::Images(_) => "The pictures are being read.",
    }
}

/// Says `words` in the middle of `rect`; over a picture, which is dimmed for it.
fn say(ui: &mut Ui, words: &Words<'_>, rect: Rect, picture: Option<&Picture>) {
    let colours = look::colours(ui);
    let (title_colour, text_colour, icon_colour) = if picture.is_some() {
        ui.painter().rect_filled(rect, look::PICTURE_RADIUS, Color32::from_black_alpha(0xB4));
        (Color32::WHITE, Color32::from_gray(0xE6), Color32::from_rgb(0xFF, 0xB4, 0x4A))
    } else {
        (colours.text, colours.muted, colours.warn)
    };
    let width = (rect.width() - 64.0).clamp(120.0, 440.0);
    let mut sentence = egui::text::LayoutJob::simple(words.sentence.to_owned(), look::body(), text_colour, width);
    sentence.halign = egui::Align::Center;
    let sentence = ui.painter().layout_job(sentence);
    let title = ui.painter().layout_no_wrap(words.title.to_owned(), look::semibold(18.0), title_colour);
    let icon_height = if words.icon.is_some() { 28.0 } else { 0.0 };
    let height = icon_height + title.size().y + 8.0 + sentence.size().y;
    let mut top = rect.center().y - height / 2.0;
    let said = Rect::from_center_size(rect.center(), vec2(width, height));
    let response = ui.interact(said, ui.scope_id().with("words"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{}. {}", words.title, words.sentence)));
    if let Some(icon) = words.icon {
        icon.paint(ui.painter(), Rect::from_center_size(pos2(rect.center().x, top + 8.0), Vec2::splat(16.0)), icon_colour);
        top += icon_height;
    }
    let left = rect.center().x - title.size().x / 2.0;
    let below = top + title.size().y + 8.0;
    ui.painter().galley(pos2(left, top), title, title_colour);
    ui.painter().galley(pos2(rect.center().x, below), sentence, text_colour);
}

fn chips(ui: &mut Ui, state: &State, picture: Option<&Picture>, moment: &Moment, rect: Rect) {
    let Some(mode) = &state.mode else { return };
    let fps = if state.numbers.fps > 0.0 { state.numbers.fps } else { mode.fps };
    let Size { width, height } = mode.size;
    let source = format!("{} · {width} × {height} · {} a second", mode.name, clock::rate(fps));
    let mut room = rect.shrink(12.0);
    if let Some(picture) = picture
        && state.on_air.is_on()
    {
        let clock = chip(ui, room, Align2::RIGHT_BOTTOM, &moment.tenth(picture.captured_ms));
        room.max.x = clock.left() - look::WITHIN;
    }
    // The line of text in the picture itself stands below.
    let retouch = &state.choices.picture;
    let corner = if retouch.has_line() { Align2::LEFT_TOP } else { Align2::LEFT_BOTTOM };
    chip(ui, room, corner, &source);
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn stage(state: State, picture: Option<fn(&egui::Context) -> Picture>) -> Harness<'static, Drawn> {
        fixture::panel(state, move |ui, state, actions| {
            let shown = Shown { picture: picture.map(|picture| picture(ui.ctx())), ..Shown::default() };
            show(ui, state, &shown, &fixture::moment(), actions);
        })
    }

    #[test]
    fn the_source_its_size_and_its_rate_are_said() {
        stage(fixture::ready(), Some(fixture::picture)).get_by_label("Logitech C920 · 1280 × 720 · 15 a second");
    }

    #[test]
    fn the_time_of_the_picture_is_shown_while_live() {
        stage(fixture::live(), Some(fixture::picture)).get_by_label("14:21:07.4");
        assert!(stage(fixture::ready(), Some(fixture::picture)).query_by_label("14:21:07.4").is_none());
    }

    #[test]
    fn a_fault_says_its_cure_over_the_picture() {
        let harness = stage(fixture::fault(), Some(fixture::picture));
        harness.get_by_role_and_label(
            Role::Status,
            "No picture. The camera “Logitech C920” is in use by another program (Zoom). Close it there, and it will appear here.",
        );
        harness.get_by_role_and_label(Role::Image, "No live picture");
        assert!(harness.query_by_label_contains("a second").is_none(), "no rate is told of a source that gives nothing");
    }

    #[test]
    fn a_source_that_opens_is_waited_for_in_words() {
        let mut opening = fixture::ready();
        opening.mode = None;
        stage(opening.clone(), Some(fixture::picture)).get_by_label("One moment. The camera is being opened.");
        opening.choices.source = SourceSpec::Images("/home/ada/birds".into());
        stage(opening, None).get_by_label("One moment. The pictures are being read.");
        stage(fixture::ready(), None).get_by_label("One moment. The first picture is on its way.");
    }

    #[test]
    fn a_picture_that_cannot_be_shown_is_said_why() {
        let problem = Some("The picture is damaged: it ends too early.".to_owned());
        for picture in [None, Some(fixture::picture as fn(&egui::Context) -> Picture)] {
            let problem = problem.clone();
            let harness = fixture::panel(fixture::live(), move |ui, state, actions| {
                let picture = picture.map(|picture| picture(ui.ctx()));
                let shown = Shown { picture, problem: problem.clone(), ..Shown::default() };
                show(ui, state, &shown, &fixture::moment(), actions);
            });
            harness.get_by_label("This picture can’t be shown. The picture is damaged: it ends too early.");
            harness.get_by_role_and_label(Role::Image, "No live picture");
        }
    }

    #[test]
    fn what_is_said_of_a_narrow_picture_leaves_its_clock_alone() {
        let mut state = fixture::live();
        state.mode.as_mut().unwrap().name = "A camera with an uncommonly long name of its own".to_owned();
        let narrow = |ctx: &egui::Context| {
            let texture = ctx.load_texture("", egui::ColorImage::filled([90, 160], Color32::RED), egui::TextureOptions::LINEAR);
            Picture { texture, ..fixture::picture(ctx) }
        };
        let harness = stage(state, Some(narrow));
        let picture = harness.get_by_role_and_label(Role::Image, "Live picture").rect();
        let source = harness.get_by_label("A camera with an uncommonly long name of its own · 1280 × 720 · 15 a second").rect();
        let clock = harness.get_by_label("14:21:07.4").rect();
        assert!(picture.contains_rect(source) && picture.contains_rect(clock), "{picture} {source} {clock}");
        assert!(source.right() <= clock.left() - look::WITHIN && source.width() > 60.0, "{source} {clock}");
    }

    #[test]
    fn a_pause_is_said_over_the_picture() {
        let mut paused = fixture::live();
        paused.on_air = OnAir::Paused { since_ms: fixture::SINCE_MS };
        let with_a_fault_of_before = State { source_fault: fixture::fault().source_fault, ..paused.clone() };
        for paused in [paused, with_a_fault_of_before] {
            let harness = stage(paused, Some(fixture::picture));
            harness.get_by_label("Paused. Viewers are told so. Go on whenever you like.");
            assert!(harness.query_by_label_contains("in use by another program").is_none());
        }
    }

    #[test]
    fn the_strip_is_close_under_the_picture_and_both_are_in_the_middle() {
        let whole = Rect::from_min_size(pos2(16.0, 68.0), vec2(752.0, 636.0));
        for proportions in [vec2(1280.0, 720.0), vec2(640.0, 480.0), vec2(720.0, 1280.0)] {
            let (picture, strip) = places(proportions, whole);
            assert_eq!((strip.top() - picture.bottom(), strip.height()), (12.0, strip::HEIGHT), "{proportions}");
            let beside = |block: Rect| (block.top() - whole.top(), whole.bottom() - block.bottom(), strip.left() - whole.left());
            let (above, under, left) = beside(picture.union(strip));
            assert!((above - under).abs() <= 1.0 && left >= 0.0, "{proportions}: {above} {under} {left}");
        }
        let (picture, strip) = places(vec2(640.0, 480.0), whole);
        assert_eq!(strip.x_range(), picture.x_range());
        let (_, strip) = places(vec2(720.0, 1280.0), whole);
        assert_eq!(strip.x_range(), whole.x_range(), "ten pictures need their room");
    }

    #[test]
    fn the_picture_keeps_its_proportions() {
        let available = Rect::from_min_size(pos2(16.0, 68.0), vec2(752.0, 636.0));
        let rect = fitted(vec2(1280.0, 720.0), available);
        assert_eq!((rect.width(), rect.height(), rect.center().x), (752.0, 423.0, available.center().x));
        assert_eq!(fitted(vec2(720.0, 1280.0), available).height(), 636.0);
    }
}
