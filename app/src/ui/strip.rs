//! The last minute of the broadcast in small pictures, under the large one.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Align2, Color32, CornerRadius, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::look;
use super::preview::{Picture, STRIP};
use crate::state::State;

/// Of the strip, in points.
pub(super) const HEIGHT: f32 = 76.0;
/// Between two pictures.
const GAP: f32 = 6.0;
/// Of a picture's corners.
const RADIUS: u8 = 6;

pub(super) fn show(ui: &mut Ui, state: &State, strip: &[Picture], rect: Rect) {
    let colours = look::colours(ui);
    let response = ui.interact(rect, ui.scope_id().with("strip"), Sense::hover());
    if !state.on_air.is_on() || strip.is_empty() {
        let words =
            if state.on_air.is_on() { "The last minute appears here" } else { "The last minute appears here once you are live" };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
        ui.painter().extend(dashes(rect.shrink(0.5), Stroke::new(1.0, colours.line)));
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, look::small(), colours.muted);
        return;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "The last minute"));
    #[expect(clippy::cast_precision_loss, reason = "ten")]
    let width = (rect.width() - GAP * (STRIP - 1) as f32) / STRIP as f32;
    let mut left = rect.left();
    for picture in strip {
        let slot = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        paint(ui, picture, slot);
        left = slot.right() + GAP;
    }
    // Around the newest.
    let newest = Rect::from_min_size(pos2(left - GAP - width, rect.top()), vec2(width, rect.height()));
    ui.painter().rect_stroke(newest, RADIUS, Stroke::new(2.0, colours.accent), StrokeKind::Inside);
}

/// Fills `slot` with the middle of the picture.
fn paint(ui: &Ui, picture: &Picture, slot: Rect) {
    let size = picture.texture.size_vec2();
    let part = slot.size() / size / (slot.size() / size).max_elem();
    let middle = Rect::from_center_size(pos2(0.5, 0.5), part);
    let shape = egui::epaint::RectShape::filled(slot, CornerRadius::same(RADIUS), Color32::WHITE);
    ui.painter().add(shape.with_texture(picture.texture.id(), middle));
}

/// A dashed line around `rect`.
fn dashes(rect: Rect, stroke: Stroke) -> Vec<Shape> {
    let radius = f32::from(look::PICTURE_RADIUS);
    let mut line: Vec<Pos2> = Vec::new();
    egui::epaint::tessellator::path::rounded_rectangle(&mut line, egui::epaint::RoundedRect::new(rect, radius));
    line.extend(line.first().copied());
    Shape::dashed_line(&line, stroke, 4.0, 4.0)
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn strip(state: State, pictures: usize) -> Harness<'static, Drawn> {
        fixture::panel(state, move |ui, state, _| {
            let strip = vec![fixture::picture(ui.ctx()); pictures];
            let rect = ui.available_rect_before_wrap().with_max_y(HEIGHT);
            show(ui, state, &strip, rect);
        })
    }

    #[test]
    fn before_going_live_it_says_what_will_be_here() {
        strip(fixture::ready(), 0).get_by_label("The last minute appears here once you are live");
    }

    #[test]
    fn what_is_left_of_a_broadcast_that_ended_is_not_shown() {
        assert!(strip(fixture::ready(), 3).query_by_label("The last minute").is_none());
    }

    #[test]
    fn while_live_the_last_minute_is_shown() {
        strip(fixture::live(), 3).get_by_role_and_label(Role::Image, "The last minute");
        strip(fixture::live(), 0).get_by_label("The last minute appears here");
    }
}
