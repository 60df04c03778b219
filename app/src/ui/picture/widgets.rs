//! What this panel is made of.

use std::ops::RangeInclusive;

use eframe::egui::accesskit::{self, Role};
use eframe::egui::{
    self, Align, Align2, Button, ComboBox, Id, Key, Layout, Rect, Response, Sense, Slider, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

use super::super::look;
use super::super::widgets::{Icon, Weight, button, focus_edge, focus_ring, muted, steady};

/// Whether something can be changed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Can {
    BeChanged,
    OnlyBeSeen,
}

/// The panel's name, and the button that closes it.
pub(super) fn title(ui: &mut Ui, name: &str, close: &str) -> Response {
    ui.horizontal(|ui| {
        ui.label(egui::RichText::new(name).font(look::semibold(15.0)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| button(ui, close, Weight::Plain)).inner
    })
    .inner
}

pub(super) fn checkbox(ui: &mut Ui, name: &str, value: &mut bool) {
    // An empty box has nothing else to be seen by.
    ui.scope(|ui| {
        ui.visuals_mut().widgets.inactive.bg_stroke.color = look::colours(ui).muted;
        ui.checkbox(value, name);
    });
}

/// Parts of one field, of which one is chosen; which was just now. Each has its text, and its words for those who don't see it.
pub(super) fn segments<T: Copy + PartialEq>(ui: &mut Ui, id: Id, parts: &[(T, String, &str)], chosen: T) -> Option<T> {
    let colours = look::colours(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), look::FIELD_HEIGHT), Sense::hover());
    ui.painter().rect_stroke(rect, look::FIELD_RADIUS, Stroke::new(1.0, colours.line), StrokeKind::Inside);
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let width = rect.width() / parts.len().max(1) as f32;
    let mut left = rect.left();
    let mut now = None;
    for (value, text, words) in parts {
        let part = Rect::from_min_max(pos2(left, rect.top()), pos2(left + width, rect.bottom()));
        left += width;
        let is_chosen = *value == chosen;
        let response = ui.interact(part, id.with(text), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, *words));
        if is_chosen {
            ui.painter().rect_filled(part, look::FIELD_RADIUS, colours.raised);
            ui.painter().rect_stroke(part, look::FIELD_RADIUS, Stroke::new(1.5, colours.accent), StrokeKind::Inside);
        }
        let font = if is_chosen { look::semibold(13.0) } else { look::small() };
        let colour = if is_chosen || response.hovered() { colours.text } else { colours.muted };
        ui.painter().text(part.center(), Align2::CENTER_CENTER, text, font, colour);
        focus_ring(ui, &response, look::FIELD_RADIUS, colours);
        if response.clicked() && !is_chosen {
            now = Some(*value);
        }
        response.on_hover_text(*words);
    }
    now
}

/// A name, its number at the right, and below both a slider in the whole width.
///
/// The value changes only by the person: drawing alone leaves one that is off the steps or the range as it is.
pub(super) fn slider(ui: &mut Ui, name: &str, value: &mut i64, range: RangeInclusive<i64>, step: i64, can: Can) {
    let (colours, before) = (look::colours(ui), *value);
    ui.add_enabled_ui(can == Can::BeChanged, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            muted(ui, name);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let number = steady(ui, &value.to_string(), &look::semibold(13.0), colours.text);
                ui.label(number);
            });
        });
        ui.spacing_mut().slider_width = ui.available_width();
        ui.spacing_mut().interact_size.y = 32.0;
        let visuals = ui.visuals_mut();
        visuals.slider_trailing_fill = true;
        visuals.selection.bg_fill = colours.accent;
        visuals.widgets.inactive.bg_fill = colours.line;
        visuals.widgets.inactive.fg_stroke = Stroke::new(1.5, colours.accent);
        #[expect(clippy::cast_precision_loss, reason = "a step of a control")]
        let slider = Slider::new(value, range).step_by(step.max(1) as f64).show_value(false);
        let response = ui.add(slider).accessible_name(name);
        focus_edge(ui, &response);
        if !is_moved(ui, &response) {
            *value = before;
        }
    });
}

/// Whether the person moves a slider now: by pointer, by keys, or by what reads the screen to them.
fn is_moved(ui: &Ui, slider: &Response) -> bool {
    const KEYS: [Key; 4] = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
    const ASKED: [accesskit::Action; 3] =
        [accesskit::Action::SetValue, accesskit::Action::Increment, accesskit::Action::Decrement];
    let by_pointer = slider.is_pointer_button_down_on() || slider.dragged() || slider.drag_stopped() || slider.clicked();
    let by_keys = || slider.has_focus() && ui.input(|input| KEYS.iter().any(|key| input.key_pressed(*key)));
    let asked = || ui.input(|input| ASKED.iter().any(|action| input.has_accesskit_action_request(slider.id, *action)));
    by_pointer || by_keys() || asked()
}

/// A name, and below it a list; the value that is chosen afterwards.
pub(super) fn menu(ui: &mut Ui, name: &str, items: &[(i64, String)], value: i64, can: Can) -> i64 {
    let mut chosen = value;
    ui.add_enabled_ui(can == Can::BeChanged, |ui| {
        muted(ui, name);
        let words = items.iter().find(|(item, _)| *item == value).map_or_else(|| value.to_string(), |(_, words)| words.clone());
        let width = ui.available_width();
        let list = ComboBox::from_id_salt(name)
            .width(width)
            .truncate()
            .selected_text(words)
            .icon(|ui, rect, _, _| Icon::Down.paint(ui.painter(), rect, look::colours(ui).muted));
        let shown = list.show_ui(ui, |ui| {
            for (item, words) in items {
                let entry = ui.add(Button::selectable(*item == value, words));
                focus_edge(ui, &entry);
                if entry.clicked() {
                    // A key closes nothing by itself.
                    ui.close();
                    chosen = *item;
                }
            }
        });
        focus_ring(ui, &shown.response, look::FIELD_RADIUS, look::colours(ui));
        shown.response.accessible_name(name);
    });
    chosen
}
