//! Those who were let in by a password or a code, each to be revoked by itself.

use cometcam_server::access::{Guest, How};
use eframe::egui::accesskit::Role;
use eframe::egui::{Color32, Id, Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::clock::{self, Moment};
use super::super::viewers::elided;
use super::super::widgets::{self, Weight, hairline, muted};
use super::super::{Action, look};
use super::{buttons, close_button};
use crate::state::{Command, State, ViewersCommand};

const ROW_HEIGHT: f32 = 48.0;
/// Of the list.
const HEIGHT: f32 = 300.0;
/// Who was here just now is here.
const HERE_MS: u64 = 5_000;

pub(super) fn show(ui: &mut Ui, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    if state.entry.guests.is_empty() {
        muted(ui, "Nobody was let in by a password or a code yet.");
    } else {
        muted(ui, "Each stays in until you revoke it. Then it has to enter the password or a new code.");
        ScrollArea::vertical().max_height(HEIGHT).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (index, guest) in state.entry.guests.iter().enumerate() {
                if index > 0 {
                    hairline(ui);
                }
                row(ui, guest, moment, actions);
            }
        });
    }
    buttons(ui, |ui| close_button(ui, actions));
}

fn row(ui: &mut Ui, guest: &Guest, moment: &Moment, actions: &mut Vec<Action>) {
    const REVOKE: &str = "Revoke";
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    let width = widgets::button_width(ui, REVOKE);
    let place = Rect::from_center_size(pos2(rect.right() - width / 2.0 - 4.0, rect.center().y), vec2(width, 32.0));
    let colours = look::colours(ui);
    let how = match guest.how {
        How::Password => "by password",
        How::Code => "by code",
    };
    let away_ms = moment.since_ms(guest.last_ms);
    let last = if away_ms < HERE_MS { "here now".to_owned() } else { format!("{} ago", clock::age(away_ms)) };
    let second = format!("{} · {how} · {last}", guest.address);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}, {second}", guest.device)));
    let room = place.left() - rect.left() - look::WITHIN;
    let device = elided(ui, guest.device.clone(), look::body(), colours.text, room);
    let second = elided(ui, second, look::small(), colours.muted, room);
    ui.painter().galley(pos2(rect.left(), rect.top() + 6.0), device, Color32::PLACEHOLDER);
    ui.painter().galley(pos2(rect.left(), rect.bottom() - 6.0 - second.size().y), second, Color32::PLACEHOLDER);
    let id = Id::unique("revoke").with(guest.id);
    let response = widgets::filled_button(ui, id, place, REVOKE, 14.0, Weight::Plain);
    let response = response.accessible_name(format!("Revoke {}, {}", guest.device, guest.address));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.clicked() {
        actions.push(Action::Command(Command::Viewers(ViewersCommand::Revoke(guest.id))));
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture as states;
    use super::super::Kind;
    use super::super::fixture::open;
    use super::*;

    #[test]
    fn each_is_told_and_revoked_by_itself() {
        let mut state = states::live();
        state.entry.guests = states::guests();
        let mut harness = open(Kind::Guests, state);
        harness.get_by_label("Safari on iPhone, 192.168.1.31 · by code · here now");
        harness.get_by_label("Firefox on Windows, 192.168.1.52 · by password · 2 hours ago");
        harness.get_by_label("Revoke Firefox on Windows, 192.168.1.52").click();
        harness.run();
        let revoke = ViewersCommand::Revoke(states::guests()[1].id);
        assert_eq!(harness.state().actions, [Action::Command(Command::Viewers(revoke))]);
    }

    #[test]
    fn nobody_is_said() {
        open(Kind::Guests, states::live()).get_by_label("Nobody was let in by a password or a code yet.");
    }
}
