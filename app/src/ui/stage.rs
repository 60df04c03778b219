//! The picture, and what has to be said over it.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align2, Color32, CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::clock::{self, Moment};
use super::preview::{Picture, Shown};
use super::widgets::{Icon, chip};
use super::{Action, look, notices, strip};
use crate::frame::Size;
use crate::state::{OnAir, State};

/// What stands over the picture, or in its place.
struct Words<'a> {
    icon: Option<Icon>,
    title: &'a str,
    sentence: &'a str,
}

/// Draws the stage; returns its size in pixels, for the preview.
pub(super) fn show(ui: &mut Ui, state: &State, shown: &Shown, moment: &Moment, actions: &mut Vec<Action>) -> [usize; 2] {
    let colours = look::colours(ui);
    let frame = egui::Frame::new().fill(colours.background).inner_margin(look::BETWEEN);
    let stage = egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let whole = ui.available_rect_before_wrap();
        let available = whole.with_max_y(whole.max.y - strip::HEIGHT - 12.0);
        // What is known about a source says more than the last picture of another one.
        let picture = shown.picture.as_ref().filter(|_| state.mode.is_some() || state.source_fault.is_some());
        let rect = fitted(proportions(state, picture), available);
        let response = ui.allocate_rect(rect, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name(state, picture)));
        match picture {
            Some(picture) => paint(ui, picture, rect),
            None => paint_empty(ui, rect),
        }
        if let Some(words) = words(state, picture) {
            say(ui, &words, rect, picture);
        }
        if state.source_fault.is_none() {
            chips(ui, state, picture, moment, rect);
        }
        strip::show(ui, state, &shown.strip, whole.with_min_y(whole.max.y - strip::HEIGHT));
        notices::show(ui, state, available, actions);
        available.size()
    });
    let pixels = stage.inner * ui.pixels_per_point();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size on a screen")]
    let stage = [pixels.x.max(1.0) as usize, pixels.y.max(1.0) as usize];
    stage
}

fn name(state: &State, picture: Option<&Picture>) -> &'static str {
    match (picture, &state.source_fault) {
        (_, Some(_)) => "No live picture",
        (Some(_), None) => "Live picture",
        (None, None) => "No picture yet",
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

fn words<'a>(state: &'a State, picture: Option<&Picture>) -> Option<Words<'a>> {
    if let Some(fault) = &state.source_fault {
        return Some(Words { icon: Some(Icon::Warning), title: "No picture", sentence: &fault.sentence });
    }
    if matches!(state.on_air, OnAir::Paused { .. }) {
        return Some(Words { icon: None, title: "Paused", sentence: "Viewers are told so. Go on whenever you like." });
    }
    match (picture, &state.mode) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(Words { icon: None, title: "One moment", sentence: "The first picture is on its way." }),
        (None, None) => Some(Words { icon: None, title: "One moment", sentence: "The camera is being opened." }),
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
    chip(ui, rect, Align2::LEFT_BOTTOM, &source);
    if let Some(picture) = picture
        && state.on_air.is_on()
    {
        chip(ui, rect, Align2::RIGHT_BOTTOM, &moment.tenth(picture.captured_ms));
    }
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
        stage(opening, Some(fixture::picture)).get_by_label("One moment. The camera is being opened.");
        stage(fixture::ready(), None).get_by_label("One moment. The first picture is on its way.");
    }

    #[test]
    fn a_pause_is_said_over_the_picture() {
        let mut paused = fixture::live();
        paused.on_air = OnAir::Paused { since_ms: fixture::SINCE_MS };
        stage(paused, Some(fixture::picture)).get_by_label("Paused. Viewers are told so. Go on whenever you like.");
    }

    #[test]
    fn the_picture_keeps_its_proportions() {
        let available = Rect::from_min_size(pos2(16.0, 68.0), vec2(752.0, 636.0));
        let rect = fitted(vec2(1280.0, 720.0), available);
        assert_eq!((rect.width(), rect.height(), rect.center().x), (752.0, 423.0, available.center().x));
        assert_eq!(fitted(vec2(720.0, 1280.0), available).height(), 636.0);
    }
}
