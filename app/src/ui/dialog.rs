//! What the menu opens: one thing at a time, over the window, closed by Esc.

use std::path::PathBuf;

use eframe::egui::{self, Align, ComboBox, Id, Layout, Modal, RichText, Sense, Ui};

use super::widgets::{self, Icon, Weight, muted};
use super::{Action, Draft, look, qr};
use crate::source::SourceSpec;
use crate::state::{Command, Save, State};

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
    /// What this is.
    About,
}

/// An open dialog.
#[derive(Debug)]
pub(super) struct Dialog {
    kind: Kind,
    /// What stands in its path field.
    path: Draft,
    /// Whether the system's dialog was asked for.
    picked: bool,
    /// Whether the typed data folder was asked for.
    asked: bool,
}

/// What was just done with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// By Enter, or for something else in the window.
    Left,
    Kept,
}

/// Between the edge of a dialog and what is in it.
const MARGIN: i8 = 24;
/// Of what is in a dialog.
const WIDTH: f32 = 432.0;
/// Of what stands for the whole of a broadcast.
const NOT_LIVE: &str = "It can be changed when you are not live.";
/// Least side of the large QR code.
const QR_SIDE: f32 = 360.0;

impl Dialog {
    /// `picture` is when the shown picture was taken, as the name of a file.
    pub(super) fn new(kind: Kind, state: &State, picture: &str) -> Self {
        let path = match kind {
            Kind::SavePicture => pictures().join(format!("Cometcam {picture}.jpg")).display().to_string(),
            Kind::Folder => folder(state),
            Kind::Saving => state.choices.data.display().to_string(),
            Kind::Code | Kind::About => String::new(),
        };
        Self { kind, path: Draft::new(path), picked: false, asked: false }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, state: &State, actions: &mut Vec<Action>) {
        let response = modal(ctx, Id::unique("dialog").with(self.kind), self.title(), |ui| {
            ui.heading(self.title());
            match self.kind {
                Kind::SavePicture => self.save_picture(ui, state, actions),
                Kind::Folder => self.folder(ui, state, actions),
                Kind::Saving => self.saving(ui, state, actions),
                Kind::Code => code(ui, state, actions),
                Kind::About => about(ui, actions),
            }
        });
        if response.should_close() {
            actions.push(Action::CloseDialog);
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Kind::SavePicture => "Save this picture",
            Kind::Folder => "Show pictures from a folder",
            Kind::Saving => "What is saved, and where",
            Kind::Code => "Watch on a phone",
            Kind::About => "Cometcam",
        }
    }

    fn save_picture(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        if self.picked && state.notice.is_some() {
            actions.push(Action::CloseDialog);
        }
        let field = self.path_field(ui, "File", Command::PickPicture, actions);
        self.confirm(ui, field, "Save", Command::SavePicture, actions);
    }

    fn folder(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        if self.path.follow(&folder(state)) {
            // The folder was chosen in the system's dialog.
            actions.push(Action::CloseDialog);
        }
        muted(ui, "Its JPEG and PNG pictures are shown in the order of their names, again and again.");
        let field = self.path_field(ui, "Folder", Command::PickImages, actions);
        self.confirm(ui, field, "Show", |folder| Command::SetSource(SourceSpec::Images(folder)), actions);
    }

    /// A field for a path with a button for the system's dialog beside it. Where there is no such dialog, nothing comes of the
    /// button, and the program can't tell.
    fn path_field(&mut self, ui: &mut Ui, name: &str, pick: Command, actions: &mut Vec<Action>) -> Field {
        let response = ui
            .with_layout(Layout::right_to_left(Align::Min), |ui| {
                if widgets::button(ui, "Choose…", Weight::Plain).clicked() {
                    self.picked = true;
                    actions.push(Action::Command(pick));
                }
                widgets::text_field(ui, name, &mut self.path.text)
            })
            .inner;
        let left = self.path.left(&response);
        widgets::focus_first(&response);
        if self.picked {
            muted(ui, "If no window opens, type the whole path here.");
        }
        if left { Field::Left } else { Field::Kept }
    }

    /// The row of buttons: do it with the typed path, or leave it. Enter in the field, which is left by it, does it, too.
    fn confirm(
        &self,
        ui: &mut Ui,
        field: Field,
        text: &str,
        command: impl FnOnce(PathBuf) -> Command,
        actions: &mut Vec<Action>,
    ) {
        let path = typed(&self.path.text, std::env::home_dir());
        match path {
            Err(wrong) if self.path.text.trim().is_empty() => {
                muted(ui, wrong);
            }
            Err(wrong) => fault(ui, wrong),
            Ok(_) => {}
        }
        let entered = field == Field::Left && ui.input(|input| input.key_pressed(egui::Key::Enter));
        buttons(ui, |ui| {
            let pressed = widgets::pressed(&widgets::button(ui, text, Weight::Accent));
            if let Ok(path) = path
                && (pressed || entered)
            {
                actions.push(Action::Command(command(path)));
                actions.push(Action::CloseDialog);
            }
            if widgets::button(ui, "Cancel", Weight::Plain).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    }

    fn saving(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        muted(ui, "While live, every picture is in memory for a minute. These go to disk as well:");
        save_list(ui, state, actions);
        let mut keep = state.choices.keep;
        let checkbox = egui::Checkbox::new(&mut keep, "Keep what was saved after the broadcast");
        if ui.add_enabled(!state.on_air.is_on(), checkbox).changed() {
            actions.push(Action::Command(Command::SetKeep(keep)));
        }
        muted(
            ui,
            if state.choices.keep { "It can be watched until you delete it." } else { "It is removed when the broadcast ends." },
        );
        if state.on_air.is_on() {
            muted(ui, NOT_LIVE);
        }
        ui.add_space(4.0);
        widgets::section(ui, "Data folder");
        self.path.follow(&state.choices.data.display().to_string());
        if state.on_air.is_on() {
            ui.label(self.path.text.as_str());
            muted(ui, NOT_LIVE);
        } else {
            self.data_folder(ui, state, actions);
        }
        buttons(ui, |ui| close_button(ui, actions));
    }

    fn data_folder(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        if self.asked && state.fault.is_some() {
            // It goes on with the folder that worked.
            self.path.reset();
            self.asked = false;
        }
        let field = self.path_field(ui, "Data folder", Command::PickData, actions);
        match typed(&self.path.text, std::env::home_dir()) {
            Err(wrong) => fault(ui, wrong),
            Ok(folder) if field == Field::Left && folder != state.choices.data => {
                self.asked = true;
                actions.push(Action::Command(Command::SetData(folder)));
            }
            Ok(_) => {}
        }
    }
}

fn folder(state: &State) -> String {
    match &state.choices.source {
        SourceSpec::Images(folder) => folder.display().to_string(),
        _ => String::new(),
    }
}

/// Where the system keeps pictures, or the person's home.
fn pictures() -> PathBuf {
    let dirs = directories::UserDirs::new();
    dirs.map(|dirs| dirs.picture_dir().unwrap_or(dirs.home_dir()).to_owned()).unwrap_or_default()
}

/// The path that was typed; `~` is the person's home.
fn typed(text: &str, home: Option<PathBuf>) -> Result<PathBuf, &'static str> {
    let text = text.trim();
    let path = match (text.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            home.join(rest.trim_start_matches(['/', '\\']))
        }
        _ => PathBuf::from(text),
    };
    if text.is_empty() {
        Err("Type a path, or choose one.")
    } else if path.is_absolute() {
        Ok(path)
    } else {
        Err("Type the whole path, from its beginning, such as /home/ada/Pictures.")
    }
}

fn save_list(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let mut saves = vec![Save::Every, Save::EachMillis(1_000), Save::EachMillis(10_000), Save::EachMillis(60_000), Save::Off];
    if !saves.contains(&state.choices.save) {
        saves.push(state.choices.save);
    }
    let list = ComboBox::from_id_salt("save").width(ui.available_width()).selected_text(save_words(state.choices.save));
    let list = list.icon(|ui, rect, _, _| Icon::Down.paint(ui.painter(), rect, look::colours(ui).muted));
    let response = list.show_ui(ui, |ui| {
        for save in saves {
            if ui.add(egui::Button::selectable(save == state.choices.save, save_words(save))).clicked()
                && save != state.choices.save
            {
                actions.push(Action::Command(Command::SetSave(save)));
            }
        }
    });
    response.response.accessible_name("Saved to disk");
}

fn save_words(save: Save) -> String {
    match save {
        Save::Every => "Every picture".to_owned(),
        Save::Off => "None".to_owned(),
        Save::EachMillis(1_000) => "One a second".to_owned(),
        Save::EachMillis(60_000) => "One a minute".to_owned(),
        Save::EachMillis(ms) => format!("One every {} s", ms.div_ceil(1_000)),
    }
}

fn code(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(address) = state.addresses.first() else {
        actions.push(Action::CloseDialog);
        return;
    };
    muted(ui, "Point the phone’s camera at the code. The phone has to be in the same network.");
    ui.vertical_centered(|ui| {
        if let Some(modules) = qr::modules(&address.url) {
            let response = qr::show(ui, &modules, QR_SIDE, Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, "QR code of the address"));
        }
        ui.label(RichText::new(address.url.as_str()).font(egui::FontId::monospace(15.0)));
    });
    buttons(ui, |ui| close_button(ui, actions));
}

fn about(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.label("Shows this computer’s camera to browsers in the same network.");
    muted(ui, format!("Version {}. Free software under the MIT licence.", env!("CARGO_PKG_VERSION")));
    buttons(ui, |ui| close_button(ui, actions));
}

fn close_button(ui: &mut Ui, actions: &mut Vec<Action>) {
    if widgets::button(ui, "Close", Weight::Plain).clicked() {
        actions.push(Action::CloseDialog);
    }
}

/// Buttons from the right, the most important one first.
fn buttons(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.add_space(look::WITHIN);
    ui.with_layout(Layout::right_to_left(Align::Min), add);
}

fn fault(ui: &mut Ui, sentence: &str) {
    let colours = look::colours(ui);
    ui.horizontal(|ui| {
        Icon::Warning.show(ui, colours.warn);
        ui.label(RichText::new(sentence).font(look::small()).color(colours.warn));
    });
}

/// A dialog over the dimmed window.
pub(super) fn modal(ctx: &egui::Context, id: Id, title: &str, add: impl FnOnce(&mut Ui)) -> egui::ModalResponse<()> {
    let style = ctx.global_style();
    let frame = egui::Frame::new()
        .fill(style.visuals.window_fill)
        .stroke(style.visuals.window_stroke)
        .corner_radius(look::BIG_RADIUS)
        .inner_margin(egui::Margin::same(MARGIN));
    let area = Modal::default_area(id).accessible_name(title);
    Modal::new(id).area(area).frame(frame).backdrop_color(egui::Color32::from_black_alpha(0x90)).show(ctx, |ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 12.0;
        add(ui);
    })
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use eframe::egui::accesskit::Role;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;
    use crate::state::Fault;

    fn open(kind: Kind, state: State) -> Harness<'static, Drawn> {
        let mut dialog = Dialog::new(kind, &state, "2026-11-22 14.21.07");
        fixture::panel(state, move |ui, state, actions| dialog.show(ui.ctx(), state, actions))
    }

    fn retype(harness: &mut Harness<'_, Drawn>, field: &str, text: &str) {
        harness.get_by_role_and_label(Role::TextInput, field).focus();
        harness.run();
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
        harness.run();
    }

    #[test]
    fn a_picture_is_saved_under_the_typed_path() {
        let mut harness = open(Kind::SavePicture, fixture::ready());
        retype(&mut harness, "File", "/tmp/one.jpg");
        harness.get_by_label("Save").click();
        harness.run();
        let expected = [Action::Command(Command::SavePicture("/tmp/one.jpg".into())), Action::CloseDialog];
        assert_eq!(harness.state().actions, expected);
    }

    #[test]
    fn the_systems_dialog_is_one_button_away() {
        for (kind, command) in
            [(Kind::SavePicture, Command::PickPicture), (Kind::Folder, Command::PickImages), (Kind::Saving, Command::PickData)]
        {
            let mut harness = open(kind, fixture::ready());
            harness.get_by_label("Choose…").click();
            harness.run();
            assert_eq!(harness.state().actions, [Action::Command(command)]);
            harness.get_by_label("If no window opens, type the whole path here.");
        }
    }

    #[test]
    fn enter_in_the_field_is_as_good_as_the_button() {
        let mut harness = open(Kind::Folder, fixture::ready());
        retype(&mut harness, "Folder", "/home/ada/birds");
        harness.key_press(Key::Enter);
        harness.run();
        let source = SourceSpec::Images("/home/ada/birds".into());
        assert_eq!(harness.state().actions, [Action::Command(Command::SetSource(source)), Action::CloseDialog]);
    }

    #[test]
    fn a_path_that_is_not_whole_is_explained_and_not_taken() {
        let mut harness = open(Kind::Folder, fixture::ready());
        retype(&mut harness, "Folder", "birds");
        harness.get_by_label_contains("Type the whole path");
        harness.get_by_label("Show").click();
        harness.run();
        assert_eq!(harness.state().actions, []);
    }

    #[test]
    fn a_folder_becomes_the_source() {
        let mut harness = open(Kind::Folder, fixture::ready());
        retype(&mut harness, "Folder", "/home/ada/birds");
        harness.get_by_label("Show").click();
        harness.run();
        let source = SourceSpec::Images("/home/ada/birds".into());
        assert_eq!(harness.state().actions, [Action::Command(Command::SetSource(source)), Action::CloseDialog]);
    }

    #[test]
    fn what_is_saved_and_whether_it_stays_can_be_chosen() {
        let mut harness = open(Kind::Saving, fixture::ready());
        harness.get_by_role_and_label(Role::ComboBox, "Saved to disk").click();
        harness.run();
        harness.get_by_label("Every picture").click();
        harness.run();
        harness.get_by_label("Keep what was saved after the broadcast").click();
        harness.run();
        assert_eq!(
            harness.state().actions,
            [Action::Command(Command::SetSave(Save::Every)), Action::Command(Command::SetKeep(true))]
        );
    }

    #[test]
    fn the_data_folder_is_taken_over_with_enter_and_not_while_live() {
        let mut harness = open(Kind::Saving, fixture::ready());
        retype(&mut harness, "Data folder", "/srv/cometcam");
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::SetData("/srv/cometcam".into()))]);

        let mut harness = open(Kind::Saving, fixture::live());
        assert!(harness.query_by_role_and_label(Role::TextInput, "Data folder").is_none());
        assert_eq!(harness.get_all_by_label(NOT_LIVE).count(), 2, "the box to keep what was saved is beside it");
        harness.get_by_label("Keep what was saved after the broadcast").click();
        harness.run();
        assert_eq!(harness.state().actions, []);
    }

    #[test]
    fn a_data_folder_that_fails_leaves_the_one_in_force() {
        let mut harness = open(Kind::Saving, fixture::ready());
        retype(&mut harness, "Data folder", "/srv/cometcam");
        harness.key_press(Key::Enter);
        harness.run();
        harness.state_mut().state.fault = Some(Fault { sentence: "No.".to_owned(), at_ms: fixture::NOW_MS });
        harness.run();
        let field = harness.get_by_role_and_label(Role::TextInput, "Data folder");
        assert_eq!(field.value().as_deref(), fixture::ready().choices.data.to_str());
    }

    #[test]
    fn escape_closes() {
        for kind in [Kind::SavePicture, Kind::Folder, Kind::Saving, Kind::Code, Kind::About] {
            let mut harness = open(kind, fixture::live());
            harness.key_press(Key::Escape);
            harness.run();
            assert_eq!(harness.state().actions, [Action::CloseDialog], "{kind:?}");
        }
    }

    #[test]
    fn a_tilde_is_the_persons_home() {
        let typed = |text| typed(text, Some("/home/ada".into()));
        assert_eq!(typed("~/birds "), Ok("/home/ada/birds".into()));
        assert_eq!(typed("~"), Ok("/home/ada".into()));
        assert!(typed("~bob/birds").is_err() && typed("birds").is_err() && typed(" ").is_err());
    }
}
