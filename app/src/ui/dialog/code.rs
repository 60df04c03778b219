//! The QR code, large.

use eframe::egui::accesskit::Role;
use eframe::egui::{FontId, RichText, Sense, Ui, WidgetInfo};

use cometcam_server::access::Pairing;

use super::super::clock::Moment;
use super::super::widgets::muted;
use super::super::{Action, pairing, qr};
use super::{buttons, close_button};
use crate::state::State;

/// Least side of the code.
const SIDE: f32 = 360.0;

pub(super) fn show(ui: &mut Ui, code: &mut qr::Code, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    let Some(address) = state.addresses.first() else {
        actions.push(Action::CloseDialog);
        return;
    };
    muted(ui, "Point the phone’s camera at the code. The phone has to be in the same network.");
    ui.vertical_centered(|ui| {
        if let Some(response) = code.show(ui, &address.url, SIDE, Sense::hover()) {
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "QR code of the address"));
        }
        ui.label(RichText::new(address.url.as_str()).font(FontId::monospace(15.0)));
        if let Pairing::Open(code) = &state.entry.pairing
            && code.until_ms > moment.now_ms
        {
            pairing::digits(ui, code, 28.0);
        }
    });
    buttons(ui, |ui| close_button(ui, actions));
}
