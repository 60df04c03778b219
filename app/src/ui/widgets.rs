//! The few widgets that egui doesn't have, and the words and lines that all panels share.

use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{
    self, Align2, Color32, FontId, Id, Painter, Pos2, Rect, Response, RichText, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    vec2,
};

use super::look::{self, Colours};

/// Drawn, not taken from a font: they look the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Icon {
    /// Opens the menu.
    Menu,
    /// Takes something away.
    Cross,
    /// Something went well.
    Check,
    /// Something is wrong.
    Warning,
    /// Opens a list.
    Down,
    /// Opens what there is more.
    More,
}

impl Icon {
    /// In the middle of `rect`, 14 points large.
    pub(super) fn paint(self, painter: &Painter, rect: Rect, colour: Color32) {
        let at = |x: f32, y: f32| rect.center() + vec2(x, y);
        let stroke = Stroke::new(1.6, colour);
        let line = |points: &[Pos2]| {
            painter.add(egui::Shape::line(points.to_vec(), stroke));
        };
        match self {
            Self::Menu => [-4.5, 0.0, 4.5].into_iter().for_each(|y| line(&[at(-6.5, y), at(6.5, y)])),
            Self::Cross => {
                line(&[at(-4.0, -4.0), at(4.0, 4.0)]);
                line(&[at(-4.0, 4.0), at(4.0, -4.0)]);
            }
            Self::Check => line(&[at(-5.0, 0.5), at(-1.5, 4.0), at(5.0, -4.0)]),
            Self::Warning => {
                painter.add(egui::Shape::closed_line(vec![at(0.0, -6.0), at(7.0, 6.0), at(-7.0, 6.0)], stroke));
                line(&[at(0.0, -1.8), at(0.0, 2.0)]);
                painter.circle_filled(at(0.0, 4.0), 1.0, colour);
            }
            Self::More => {
                for x in [-5.0, 0.0, 5.0] {
                    painter.circle_filled(at(x, 0.0), 1.6, colour);
                }
            }
            Self::Down => line(&[at(-4.0, -2.0), at(0.0, 2.0), at(4.0, -2.0)]),
        }
    }

    /// As a part of a line of text.
    pub(super) fn show(self, ui: &mut Ui, colour: Color32) {
        let (rect, _) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
        self.paint(ui.painter(), rect, colour);
    }
}

/// A ring around what has the focus, with a gap so that it shows on any colour.
pub(super) fn focus_ring(ui: &Ui, response: &Response, radius: u8, colours: &Colours) {
    if response.has_focus() {
        let rect = response.rect.expand(3.0);
        ui.painter().rect_stroke(rect, radius + 3, Stroke::new(2.0, colours.accent), StrokeKind::Inside);
    }
}

/// The same for one of several things that lie close together.
pub(super) fn focus_edge(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, look::colours(ui).accent);
        ui.painter().rect_stroke(response.rect, look::FIELD_RADIUS, stroke, StrokeKind::Inside);
    }
}

/// Gives the focus to what a dialog begins with, while nothing else has it.
pub(super) fn focus_first(response: &Response) {
    if response.ctx.memory(|memory| memory.focused().is_none()) {
        response.request_focus();
    }
}

/// A click that is meant, where the wrong one could show somebody: not the second one of a double click, and not the repetition
/// of a key that is held down.
pub(super) fn pressed(response: &Response) -> bool {
    let repeated =
        |input: &egui::InputState| input.events.iter().any(|event| matches!(event, egui::Event::Key { repeat: true, .. }));
    response.clicked() && !response.double_clicked() && !response.triple_clicked() && !response.ctx.input(repeated)
}

/// A square button with an icon, 32 points large.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let (id, rect) = ui.allocate_space(Vec2::splat(32.0));
    icon_button_at(ui, id, rect, icon, name)
}

/// The same in a place of its own.
pub(super) fn icon_button_at(ui: &mut Ui, id: Id, rect: Rect, icon: Icon, name: &str) -> Response {
    let colours = look::colours(ui);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, look::FIELD_RADIUS, colours.raised);
    }
    focus_ring(ui, &response, look::FIELD_RADIUS, colours);
    icon.paint(ui.painter(), rect, if response.hovered() { colours.text } else { colours.muted });
    response.on_hover_text(name)
}

/// How much a button calls for a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// The one thing to do.
    Accent,
    /// Ends what is live.
    Live,
    /// One thing among others.
    Plain,
}

/// A filled button in the whole width of `rect`. With its own `id`, so that the focus doesn't pass on to another button that
/// takes its place.
pub(super) fn filled_button(ui: &mut Ui, id: Id, rect: Rect, text: &str, size: f32, weight: Weight) -> Response {
    let colours = look::colours(ui);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    let (fill, on) = match weight {
        Weight::Accent => (colours.accent, colours.on),
        Weight::Live => (colours.live, colours.on),
        Weight::Plain => (colours.raised, colours.text),
    };
    let fill = if response.is_pointer_button_down_on() {
        fill.lerp_to_gamma(colours.text, 0.16)
    } else if response.hovered() {
        fill.lerp_to_gamma(colours.text, 0.08)
    } else {
        fill
    };
    let radius = if rect.height() > 40.0 { look::BIG_RADIUS } else { look::FIELD_RADIUS };
    ui.painter().rect_filled(rect, radius, fill);
    if weight == Weight::Plain {
        ui.painter().rect_stroke(rect, radius, Stroke::new(1.0, colours.line), StrokeKind::Inside);
    }
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, look::semibold(size), on);
    focus_ring(ui, &response, radius, colours);
    response
}

/// A button of a dialog or a panel, as wide as its text.
pub(super) fn button(ui: &mut Ui, text: &str, weight: Weight) -> Response {
    let (id, rect) = ui.allocate_space(vec2(button_width(ui, text), look::FIELD_HEIGHT));
    filled_button(ui, id, rect, text, 14.0, weight)
}

/// How wide the button with this text is.
pub(super) fn button_width(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), look::semibold(14.0), Color32::PLACEHOLDER).size().x + 28.0
}

/// A field to type one line into, in the whole width.
pub(super) fn text_field(ui: &mut Ui, name: &str, text: &mut String) -> Response {
    let field = egui::TextEdit::singleline(text)
        .margin(egui::Margin::symmetric(12, 8))
        .align(Align2::LEFT_CENTER)
        .min_size(vec2(0.0, look::FIELD_HEIGHT))
        .desired_width(f32::INFINITY);
    ui.add(field).accessible_name(name)
}

/// The title of a section: small capitals.
pub(super) fn section(ui: &mut Ui, title: &str) -> Response {
    let colours = look::colours(ui);
    let text = RichText::new(title.to_uppercase()).font(look::semibold(12.0)).extra_letter_spacing(0.6).color(colours.muted);
    let response = ui.label(text);
    response.clone().accessible_name(title)
}

/// Text that is read second.
pub(super) fn muted(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colours = look::colours(ui);
    ui.label(RichText::new(text).font(look::small()).color(colours.muted))
}

/// `text` with all its digits equally wide, so that a number that changes moves nothing.
pub(super) fn steady(ui: &Ui, text: &str, font: &FontId, colour: Color32) -> LayoutJob {
    let width_of = |digit: char| ui.fonts_mut(|fonts| fonts.glyph_width(font, digit));
    let cell = ('0'..='9').map(width_of).fold(0.0, f32::max);
    let mut job = LayoutJob::default();
    let mut space = 0.0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // A digit by itself, and everything between two digits in one piece.
        let (end, margin) = if first.is_ascii_digit() {
            (1, (cell - width_of(first)) / 2.0)
        } else {
            (rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len()), 0.0)
        };
        let (part, after) = rest.split_at(end);
        job.append(part, space + margin, TextFormat::simple(font.clone(), colour));
        (space, rest) = (margin, after);
    }
    job
}

/// A dark label in a `corner` of `room`, cut off where it would not fit. Returns its place.
pub(super) fn chip(ui: &mut Ui, room: Rect, corner: Align2, text: &str) -> Rect {
    let margin = vec2(10.0, 4.0);
    let mut job = steady(ui, text, &FontId::proportional(12.5), Color32::WHITE);
    job.wrap = TextWrapping::truncate_at_width((room.width() - 2.0 * margin.x).max(0.0));
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let rect = corner.align_size_within_rect(galley.size() + 2.0 * margin, room);
    let response = ui.interact(rect, ui.scope_id().with(("chip", corner.x() as i8)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter().rect_filled(rect, look::FIELD_RADIUS, Color32::from_black_alpha(0xB4));
    ui.painter().galley(rect.min + margin, galley, Color32::WHITE);
    rect
}

/// What is wrong with what was typed or chosen, in words.
pub(super) fn warning(ui: &mut Ui, sentence: &str) {
    let colours = look::colours(ui);
    ui.horizontal_top(|ui| {
        Icon::Warning.show(ui, colours.warn);
        let text = RichText::new(sentence).font(look::small()).color(colours.warn);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// A line that parts two things of a list.
pub(super) fn hairline(ui: &mut Ui) {
    let colours = look::colours(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, colours.line));
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::*;

    #[test]
    fn numbers_that_change_keep_their_width() {
        let mut harness = Harness::builder().with_context_setup(look::install).build_ui(|ui| {
            let width = |text: &str| ui.painter().layout_job(steady(ui, text, &look::body(), Color32::WHITE)).size().x;
            let widths = ["newest 0.0 s old", "newest 1.1 s old", "newest 4.7 s old"].map(width);
            assert!(widths.iter().all(|each| (each - widths[0]).abs() < 0.51), "{widths:?}");
        });
        harness.run();
    }
}
