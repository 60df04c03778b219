//! Pictures of the whole window. `UPDATE_SNAPSHOTS=1` writes them anew; look at them then.

use eframe::egui::{self, Theme};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};

use super::dialog::{Dialog, Kind};
use super::preview::Shown;
use super::{View, fixture, look};
use crate::state::{Address, Audience, Fate, Fault, Guard, OnAir, Question, Receipt, State, Viewers};

const FIRST: [f32; 2] = [1120.0, 720.0];
const LEAST: [f32; 2] = [900.0, 600.0];

/// Compares a picture of the window with the one kept under `name`.
fn snapshot(results: &mut SnapshotResults, name: &str, state: State, theme: Theme, size: [f32; 2], dialog: Option<Kind>) {
    let mut view = View::new(&state);
    view.dialog = dialog.map(|kind| Dialog::new(kind, &state, "2026-11-22 14.21.07"));
    snapshot_of(results, name, view, state, theme, size);
}

/// The same of a window in which something was opened.
fn snapshot_of(results: &mut SnapshotResults, name: &str, view: View, state: State, theme: Theme, size: [f32; 2]) {
    snapshot_after(results, name, view, state, theme, size, |_| ());
}

/// The same after something was done.
fn snapshot_after(
    results: &mut SnapshotResults,
    name: &str,
    mut view: View,
    state: State,
    theme: Theme,
    size: [f32; 2],
    act: impl FnOnce(&mut Harness<'_>),
) {
    let mut shown = None;
    let options = SnapshotOptions::new().output_path("src/ui/snapshots").max_failed_pixels(400);
    let mut harness = Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_max_steps(16)
        .with_options(options)
        .with_render_cursor(false)
        .with_context_setup(look::install)
        .wgpu()
        .build_ui(move |ui: &mut egui::Ui| {
            let shown = shown.get_or_insert_with(|| {
                let picture = fixture::picture(ui.ctx());
                let strip = if state.on_air.is_on() { vec![picture.clone(); 8] } else { Vec::new() };
                Shown { picture: Some(picture), strip, ..Shown::default() }
            });
            fixture::whole(ui, |ui| view.show(ui, &state, shown, &fixture::moment(), &mut Vec::new()));
        });
    harness.run_steps(6);
    act(&mut harness);
    harness.run_steps(6);
    harness.snapshot(name);
    results.extend_harness(&mut harness);
}

#[test]
fn ready() {
    let results = &mut SnapshotResults::new();
    snapshot(results, "ready-dark", fixture::ready(), Theme::Dark, FIRST, None);
    snapshot(results, "ready-light", fixture::ready(), Theme::Light, FIRST, None);
    snapshot(results, "ready-small", fixture::ready(), Theme::Dark, LEAST, None);
}

#[test]
fn live() {
    let results = &mut SnapshotResults::new();
    snapshot(results, "live-dark", fixture::live(), Theme::Dark, FIRST, None);
    snapshot(results, "live-light", fixture::live(), Theme::Light, FIRST, None);
    let mut alone = fixture::live();
    alone.choices.audience = Some(Audience::ThisComputer);
    alone.addresses = vec![Address { url: "http://localhost:8060/".to_owned() }];
    alone.numbers.watching = 0;
    alone.viewers = Viewers::default();
    snapshot(results, "live-alone-dark", alone, Theme::Dark, FIRST, None);
    snapshot(results, "live-small", fixture::live(), Theme::Light, LEAST, None);
}

#[test]
fn paused() {
    let results = &mut SnapshotResults::new();
    let state = State { on_air: OnAir::Paused { since_ms: fixture::SINCE_MS }, ..fixture::live() };
    snapshot(results, "paused-light", state, Theme::Light, FIRST, None);
}

#[test]
fn questions() {
    let results = &mut SnapshotResults::new();
    let mut first = State { question: Some(Question::WhoCanWatch), ..fixture::ready() };
    first.choices.audience = None;
    snapshot(results, "first-go-live-dark", first.clone(), Theme::Dark, FIRST, None);
    snapshot(results, "first-go-live-light", first, Theme::Light, FIRST, None);
    let closing = State { question: Some(Question::CloseWhileLive), ..fixture::live() };
    snapshot(results, "close-light", closing, Theme::Light, FIRST, None);
}

#[test]
fn faults() {
    let results = &mut SnapshotResults::new();
    snapshot(results, "fault-dark", fixture::fault(), Theme::Dark, FIRST, None);
    let mut late = fixture::live();
    late.numbers.newest_ms = Some(fixture::NOW_MS - 4_200);
    late.numbers.unsaved = 12;
    let sentence = "The disk is full, so pictures are not saved. Viewers still see them. Make room on it.".to_owned();
    late.fault = Some(Fault { sentence });
    late.notice = Some("The picture was saved as /home/ada/Pictures/Cometcam 2026-11-22 14.21.07.jpg.".to_owned());
    snapshot(results, "late-light", late, Theme::Light, FIRST, None);
    let opening = State { mode: None, ..fixture::ready() };
    snapshot(results, "opening-light", opening, Theme::Light, FIRST, None);
}

#[test]
fn picture() {
    let results = &mut SnapshotResults::new();
    let mut state = fixture::with_knobs(fixture::ready());
    state.choices.picture.mirror = true;
    state.choices.picture.time = true;
    let shown = |state: &State| {
        let mut view = View::new(state);
        view.drafts.picture.open();
        view
    };
    let live = State { on_air: fixture::live().on_air, numbers: fixture::live().numbers, ..state.clone() };
    snapshot_of(results, "picture-dark", shown(&state), state, Theme::Dark, FIRST);
    snapshot_of(results, "picture-light", shown(&live), live.clone(), Theme::Light, FIRST);
    snapshot_of(results, "picture-small", shown(&live), live, Theme::Dark, LEAST);
}

#[test]
fn dialogs() {
    let results = &mut SnapshotResults::new();
    snapshot(results, "saving-dark", fixture::ready(), Theme::Dark, FIRST, Some(Kind::Saving));
    snapshot(results, "code-light", fixture::live(), Theme::Light, FIRST, Some(Kind::Code));
    snapshot(results, "folder-light", fixture::ready(), Theme::Light, FIRST, Some(Kind::Folder));
}

#[test]
fn viewers() {
    let results = &mut SnapshotResults::new();
    let mut state = fixture::live();
    state.viewers = Viewers { list: fixture::many_viewers(100), closed: Vec::new() };
    state.numbers.watching = 100;
    snapshot(results, "many-small", state.clone(), Theme::Dark, LEAST, None);
    state.viewers = fixture::live().viewers;
    state.viewers.closed = vec!["192.168.1.77".parse().unwrap()];
    state.choices.viewing.at_most = Some(20);
    state.sharing.is_shared = true;
    state.unannounced = Some("The first viewer came: no sound can be played on this computer.".to_owned());
    snapshot(results, "viewers-light", state.clone(), Theme::Light, FIRST, None);
    snapshot(results, "viewers-dialog-dark", state, Theme::Dark, FIRST, Some(Kind::Viewers));
}

#[test]
fn receipts() {
    let results = &mut SnapshotResults::new();
    let over = |fate| State { receipt: Some(Receipt { fate, ..fixture::receipt() }), ..fixture::ready() };
    snapshot(results, "receipt-light", over(Fate::Asked), Theme::Light, FIRST, None);
    snapshot(results, "receipt-kept-dark", over(Fate::Kept), Theme::Dark, LEAST, None);
}

#[test]
fn guards() {
    let results = &mut SnapshotResults::new();
    let mut ready = fixture::ready();
    ready.choices.viewing.guard = Guard::Password;
    ready.choices.viewing.password = crate::state::WatchPassword::new("four words are good");
    snapshot(results, "password-light", ready.clone(), Theme::Light, FIRST, None);
    ready.choices.viewing.password = None;
    snapshot(results, "password-small", ready, Theme::Dark, LEAST, None);
    let mut live = fixture::live();
    live.choices.viewing.guard = Guard::Code;
    live.numbers.reached_ms = None;
    live.entry.pairing = cometcam_server::access::Pairing::Open(fixture::code());
    live.entry.guests = fixture::guests();
    snapshot(results, "pairing-light", live.clone(), Theme::Light, FIRST, None);
    snapshot(results, "pairing-small", live.clone(), Theme::Dark, LEAST, None);
    snapshot(results, "pairing-code-dark", live.clone(), Theme::Dark, FIRST, Some(Kind::Code));
    snapshot(results, "guests-light", live.clone(), Theme::Light, FIRST, Some(Kind::Guests));
    snapshot(results, "firewall-dark", live.clone(), Theme::Dark, LEAST, Some(Kind::Firewall));
}

#[test]
fn displays() {
    let results = &mut SnapshotResults::new();
    let mut live = fixture::live();
    snapshot(results, "displays-none-dark", live.clone(), Theme::Dark, FIRST, Some(Kind::Displays));
    live.displays = fixture::displays();
    snapshot(results, "displays-light", live.clone(), Theme::Light, FIRST, Some(Kind::Displays));
    live.choices.audience = Some(Audience::ThisComputer);
    live.displays = [fixture::displays(), fixture::displays(), fixture::displays()].concat();
    snapshot(results, "displays-small", live, Theme::Dark, LEAST, Some(Kind::Displays));
    let dark = vec!["Lobby".to_owned(), "Workshop".to_owned()];
    let ready = State { displays: fixture::displays(), dark, ..fixture::ready() };
    snapshot(results, "dark-light", ready, Theme::Light, FIRST, None);
}

#[test]
fn menu() {
    let results = &mut SnapshotResults::new();
    for (name, state, theme, size) in
        [("menu-live-dark", fixture::live(), Theme::Dark, LEAST), ("menu-light", fixture::ready(), Theme::Light, FIRST)]
    {
        let view = View::new(&state);
        snapshot_after(results, name, view, state, theme, size, |harness| {
            harness.get_by_label("Menu").click();
        });
    }
}
