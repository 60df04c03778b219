//! What the menu opens: one thing at a time, over the window, closed by Esc.

mod code;
mod displays;
mod files;
mod firewall;
#[cfg(test)]
mod fixture;
mod guests;
mod login;
mod path;
mod saving;
mod viewers;

use eframe::egui::{self, Align, Id, Key, Layout, Modal, Modifiers, Ui};

use self::displays::Showing;
use self::firewall::Firewalls;
use self::path::PathField;
use super::clock::Moment;
use super::widgets::{self, Weight, muted};
use super::{Action, look, qr};
use crate::state::State;

/// Which dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Writes the picture to a file.
    SavePicture,
    /// Takes pictures from a folder.
    Folder,
    /// What of a broadcast is saved, where, and how long.
    Saving,
    /// The QR code, large enough for a phone at the other end of a table.
    Code,
    /// How many viewers there may be, and how they are announced.
    Viewers,
    /// Who was let in.
    Guests,
    /// How to open the firewall.
    Firewall,
    /// The displays.
    Displays,
    /// What happens when the person logs in.
    Login,
    /// What this is.
    About,
}

/// An open dialog.
pub(super) struct Dialog {
    kind: Kind,
    path: PathField,
    code: qr::Code,
    firewalls: Firewalls,
    showing: Showing,
}

/// Between the edge of a dialog and what is in it.
const MARGIN: i8 = 24;
/// Of what is in a dialog.
const WIDTH: f32 = 432.0;

impl Dialog {
    /// `picture` is when the shown picture was taken, as the name of a file.
    pub(super) fn new(kind: Kind, state: &State, picture: &str) -> Self {
        let path = match kind {
            Kind::SavePicture => files::pictures().join(format!("Cometcam {picture}.jpg")).display().to_string(),
            Kind::Folder => files::folder(state),
            Kind::Saving => state.choices.data.display().to_string(),
            Kind::Code | Kind::Viewers | Kind::Guests | Kind::Firewall | Kind::Displays | Kind::Login | Kind::About => {
                String::new()
            }
        };
        let (code, firewalls, showing) = (qr::Code::default(), Firewalls::new(), Showing::default());
        Self { kind, path: PathField::new(path), code, firewalls, showing }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
        let is_over = modal(ctx, Id::unique("dialog").with(self.kind), self.title(), |ui| {
            ui.heading(self.title());
            match self.kind {
                Kind::SavePicture => files::save_picture(ui, &mut self.path, state, actions),
                Kind::Folder => files::show_folder(ui, &mut self.path, state, actions),
                Kind::Saving => saving::show(ui, &mut self.path, state, actions),
                Kind::Code => code::show(ui, &mut self.code, state, moment, actions),
                Kind::Viewers => viewers::show(ui, state, actions),
                Kind::Guests => guests::show(ui, state, moment, actions),
                Kind::Firewall => self.firewalls.show(ui, state, actions),
                Kind::Displays => displays::show(ui, &mut self.showing, state, moment, actions),
                Kind::Login => login::show(ui, state, actions),
                Kind::About => about(ui, actions),
            }
        });
        if is_over {
            actions.push(Action::CloseDialog);
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Kind::SavePicture => "Save this picture",
            Kind::Folder => "Show pictures from a folder",
            Kind::Saving => "What is saved, and where",
            Kind::Code => "Watch on a phone",
            Kind::Viewers => "Viewers",
            Kind::Guests => "Who was let in",
            Kind::Firewall => "Let other devices in",
            Kind::Displays => "Displays",
            Kind::Login => "When you log in",
            Kind::About => "Cometcam",
        }
    }
}

fn about(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.label("Shows this computer’s camera to browsers in the same network.");
    muted(ui, format!("Version {}. Free software under the MIT licence.", env!("CARGO_PKG_VERSION")));
    buttons(ui, |ui| close_button(ui, actions));
}

fn close_button(ui: &mut Ui, actions: &mut Vec<Action>) {
    let response = widgets::button(ui, "Close", Weight::Plain);
    widgets::focus_first(&response);
    if response.clicked() {
        actions.push(Action::CloseDialog);
    }
}

/// Buttons from the right, the most important one first.
fn buttons(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.add_space(look::WITHIN);
    ui.with_layout(Layout::right_to_left(Align::Min), add);
}

/// A dialog over the dimmed window. Whether it is to be closed: by Esc, or by a click beside it that is meant. The second click of
/// the double click that opened it is not, nor one that closes a list in it.
pub(super) fn modal(ctx: &egui::Context, id: Id, title: &str, add: impl FnOnce(&mut Ui)) -> bool {
    let style = ctx.global_style();
    let frame = egui::Frame::new()
        .fill(style.visuals.window_fill)
        .stroke(style.visuals.window_stroke)
        .corner_radius(look::BIG_RADIUS)
        .inner_margin(egui::Margin::same(MARGIN));
    let area = Modal::default_area(id).accessible_name(title);
    let modal = Modal::new(id).area(area).frame(frame).backdrop_color(egui::Color32::from_black_alpha(0x90));
    let shown = modal.show(ctx, |ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 12.0;
        add(ui);
    });
    let escaped = || ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    shown.is_top_modal && !shown.any_popup_open && (widgets::pressed(&shown.backdrop_response) || escaped())
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::super::fixture as states;
    use super::fixture::{click_beside, open};
    use super::*;

    #[test]
    fn the_second_click_of_a_double_click_does_not_close_what_the_first_one_opened() {
        let mut harness = Harness::builder().with_size(egui::vec2(1120.0, 720.0)).with_step_dt(0.02).build_ui_state(
            |ui, closed: &mut usize| {
                *closed += usize::from(modal(ui.ctx(), Id::unique("test"), "Test", |_| ()));
            },
            0,
        );
        harness.step();
        let mut click = || {
            click_beside(&mut harness);
            harness.step();
            *harness.state()
        };
        assert_eq!([click(), click()], [1, 1], "a second click says nothing more");
    }

    #[test]
    fn what_is_only_read_is_closed_with_enter() {
        for kind in [Kind::Code, Kind::About] {
            let mut harness = open(kind, states::live());
            harness.run();
            harness.key_press(Key::Enter);
            harness.run();
            assert_eq!(harness.state().actions, [Action::CloseDialog], "{kind:?}");
        }
    }

    #[test]
    fn escape_closes() {
        for kind in [Kind::SavePicture, Kind::Folder, Kind::Saving, Kind::Code, Kind::About] {
            let mut harness = open(kind, states::live());
            harness.key_press(Key::Escape);
            harness.run();
            assert_eq!(harness.state().actions, [Action::CloseDialog], "{kind:?}");
        }
    }
}
