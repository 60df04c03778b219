//! The displays that signed in by name: how they are, and what they are told to do.

use std::time::Instant;

use cometcam_server::http::{Display, DisplayOrder, Wake};
use eframe::egui::{self, RichText, ScrollArea, Ui};

use super::super::clock::{self, Moment};
use super::super::live::COPIED;
use super::super::widgets::{self, Icon, Weight, hairline, muted, warning};
use super::super::{Action, look};
use super::{buttons, close_button};
use crate::state::{Address, Audience, Command, DisplaysCommand, State};

/// Of the list, at most and at least, and what else of the window's height the dialog takes.
const HEIGHT: f32 = 300.0;
const LEAST: f32 = 120.0;
const OTHER: f32 = 350.0;

/// What is being typed: the display that is to show another channel, and which.
#[derive(Default)]
pub(super) struct Showing {
    of: Option<String>,
    channel: String,
    /// When the setup page's address was copied.
    copied: Option<Instant>,
}

pub(super) fn show(ui: &mut Ui, showing: &mut Showing, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    if state.displays.is_empty() {
        muted(ui, "No display has signed in yet. The setup page says how one is made of a screen, a tablet or a Raspberry Pi.");
    } else {
        let room = ui.ctx().content_rect().height() - OTHER;
        ScrollArea::vertical().max_height(room.clamp(LEAST, HEIGHT)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            for (index, display) in state.displays.iter().enumerate() {
                if index > 0 {
                    ui.add_space(4.0);
                    hairline(ui);
                }
                one(ui, display, showing, moment, actions);
            }
        });
        hairline(ui);
        muted(ui, "For one more, the setup page has all that is to be typed there.");
    }
    setup(ui, showing, state);
    buttons(ui, |ui| close_button(ui, actions));
}

/// Where it is said how a display is set up: opened here, or copied to be opened there.
fn setup(ui: &mut Ui, showing: &mut Showing, state: &State) {
    let Some(url) = state.addresses.first().map(setup_of) else {
        return drop(muted(ui, "This computer is in no network. Connect it, and the setup page’s address appears here."));
    };
    ui.add(egui::Label::new(RichText::new(&url).font(egui::FontId::monospace(13.0))).wrap().selectable(true));
    ui.horizontal(|ui| {
        if widgets::button(ui, "Open the setup page", Weight::Plain).clicked() {
            ui.ctx().open_url(egui::OpenUrl::new_tab(&url));
        }
        let copied = showing.copied.is_some_and(|at| at.elapsed() < COPIED);
        if widgets::button(ui, if copied { "Copied" } else { "Copy its address" }, Weight::Plain).clicked() {
            ui.ctx().copy_text(url.clone());
            showing.copied = Some(Instant::now());
            ui.ctx().request_repaint_after(COPIED);
        }
    });
    if state.choices.audience != Some(Audience::ThisNetwork) {
        warning(ui, "Only this computer can open it now. Let this network watch, for displays elsewhere.");
    }
}

/// Of the server that has this address.
fn setup_of(address: &Address) -> String {
    let origin = address.url.split("watch/").next().unwrap_or(&address.url);
    format!("{origin}kiosk/setup")
}

fn one(ui: &mut Ui, display: &Display, showing: &mut Showing, moment: &Moment, actions: &mut Vec<Action>) {
    let colours = look::colours(ui);
    ui.horizontal(|ui| {
        let icon = if display.dark { (Icon::Warning, colours.warn) } else { (Icon::Check, colours.ok) };
        ui.spacing_mut().interact_size.y = 20.0;
        icon.0.show(ui, icon.1);
        ui.label(RichText::new(&display.name).font(look::semibold(15.0)));
    });
    let state = how_it_is(display, moment);
    let colour = if display.dark { colours.warn } else { colours.muted };
    let text = RichText::new(state).font(look::small()).color(colour);
    ui.add(egui::Label::new(text).wrap());
    muted(ui, what_it_is(display));
    orders(ui, display, showing, actions);
    if showing.of.as_ref() == Some(&display.name) {
        channel(ui, display, showing, actions);
    }
}

/// Its last sign of life, and what keeps its screen awake.
fn how_it_is(display: &Display, moment: &Moment) -> String {
    let last = clock::ago(moment.since_ms(display.last_ms));
    if display.dark {
        return format!("Went dark. Last sign of life: {last}. Look at its power and its network.");
    }
    let uptime = display.uptime_s.map(|seconds| match seconds {
        0..60 => " Up for less than a minute.".to_owned(),
        seconds => format!(" Up for {}.", clock::age(seconds.saturating_mul(1_000))),
    });
    let wake = match display.wake {
        Some(Wake::Held) => " Its screen is kept on.",
        Some(Wake::Released) => " Its screen may turn off now.",
        Some(Wake::Unavailable) => " It can’t keep its screen on: set that in its system.",
        None => "",
    };
    format!("On. Last sign of life: {last}.{}{wake}", uptime.unwrap_or_default())
}

/// What it runs, where, and what it shows.
fn what_it_is(display: &Display) -> String {
    let mut parts = vec![display.device.clone()];
    parts.extend(display.address.map(|address| address.to_string()));
    parts.extend(display.version.as_ref().map(|version| format!("page {version}")));
    let shown = display.shows.as_ref().filter(|shows| !shows.is_empty()).unwrap_or(&display.channels);
    if !shown.is_empty() {
        parts.push(format!("shows {}", shown.join(", ")));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

fn orders(ui: &mut Ui, display: &Display, showing: &mut Showing, actions: &mut Vec<Action>) {
    let name = &display.name;
    let order = |order| Action::Command(Command::Displays(DisplaysCommand::Order(name.clone(), order)));
    ui.horizontal(|ui| {
        let button = |ui: &mut Ui, text: &str| {
            widgets::button(ui, text, Weight::Plain).accessible_name(format!("{text}: {name}")).clicked()
        };
        if button(ui, "Identify") {
            actions.push(order(DisplayOrder::Identify));
        }
        if button(ui, "Reload") {
            actions.push(order(DisplayOrder::Reload));
        }
        if button(ui, "Show…") {
            let again = showing.of.as_ref() == Some(name);
            showing.of = (!again).then(|| name.clone());
            showing.channel = display.shows.as_ref().unwrap_or(&display.channels).join(",");
        }
        if button(ui, "Forget") {
            actions.push(Action::Command(Command::Displays(DisplaysCommand::Forget(name.clone()))));
        }
    });
}

fn channel(ui: &mut Ui, display: &Display, showing: &mut Showing, actions: &mut Vec<Action>) {
    let done = ui.horizontal(|ui| {
        let width = ui.available_width() - widgets::button_width(ui, "Show") - look::WITHIN;
        let field = ui.scope(|ui| {
            ui.set_max_width(width);
            widgets::text_field(ui, "Channels, with commas between them", &mut showing.channel)
        });
        let entered = field.inner.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        widgets::button(ui, "Show", Weight::Accent).clicked() || entered
    });
    if done.inner {
        let channels: Vec<_> =
            showing.channel.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let order = DisplaysCommand::Order(display.name.clone(), DisplayOrder::Show(channels));
        actions.push(Action::Command(Command::Displays(order)));
        showing.of = None;
    }
    muted(ui, "It stays with this over restarts. With none, it shows again what its own address says.");
}

#[cfg(test)]
mod tests {
    use eframe::egui::OutputCommand;
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture as states;
    use super::super::Kind;
    use super::super::fixture::{open, retype};
    use super::*;
    use crate::state::State;

    fn with_displays() -> State {
        State { displays: states::displays(), ..states::live() }
    }

    #[test]
    fn how_each_one_is_is_said_in_words() {
        let harness = open(Kind::Displays, with_displays());
        harness.get_by_label("On. Last sign of life: now. Up for 3 days. Its screen is kept on.");
        harness.get_by_label("Chromium on Linux · 192.168.1.40 · page 0.1.0 · shows front");
        harness.get_by_label("Went dark. Last sign of life: 4 minutes ago. Look at its power and its network.");
    }

    #[test]
    fn how_long_it_is_up_does_not_flicker_while_it_is_new() {
        let mut state = with_displays();
        state.displays[0].uptime_s = Some(12);
        open(Kind::Displays, state).get_by_label_contains("Up for less than a minute.");
    }

    #[test]
    fn each_can_be_told_what_to_do() {
        let mut harness = open(Kind::Displays, with_displays());
        for name in ["Identify: Lobby", "Reload: Lobby", "Forget: Workshop"] {
            harness.get_by_label(name).click();
            harness.run();
        }
        harness.get_by_label("Show…: Lobby").click();
        harness.run();
        retype(&mut harness, "Channels, with commas between them", "yard, team/a");
        harness.get_by_label("Show").click();
        harness.run();
        let order = |order| DisplaysCommand::Order("Lobby".to_owned(), order);
        let expected = [
            order(DisplayOrder::Identify),
            order(DisplayOrder::Reload),
            DisplaysCommand::Forget("Workshop".to_owned()),
            order(DisplayOrder::Show(vec!["yard".to_owned(), "team/a".to_owned()])),
        ];
        assert_eq!(harness.state().actions, expected.map(|command| Action::Command(Command::Displays(command))));
    }

    #[test]
    fn the_setup_page_is_opened_or_its_address_copied_whether_there_is_a_display_or_not() {
        for mut state in [states::live(), with_displays()] {
            state.addresses[0].url = "http://192.168.1.20:8060/watch/front".to_owned();
            let mut harness = open(Kind::Displays, state);
            const URL: &str = "http://192.168.1.20:8060/kiosk/setup";
            harness.get_by_label(URL);
            let mut pressed = |name: &str| {
                harness.get_by_label(name).click();
                harness.step();
                let mut commands = harness.output().platform_output.commands.clone();
                harness.step();
                commands.extend(harness.output().platform_output.commands.clone());
                commands
            };
            let opens = |command: &OutputCommand| matches!(command, OutputCommand::OpenUrl(open) if open.url == URL);
            assert!(pressed("Open the setup page").iter().any(opens));
            let copies = |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text == URL);
            assert!(pressed("Copy its address").iter().any(copies));
        }
    }

    #[test]
    fn who_let_only_this_computer_watch_is_told_that_a_display_elsewhere_will_not_come_in() {
        let mut state = states::ready();
        state.choices.audience = Some(Audience::ThisComputer);
        state.addresses = states::live().addresses;
        open(Kind::Displays, state).get_by_label_contains("Only this computer can open it now.");
    }
}
