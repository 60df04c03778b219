//! A path that is typed, or chosen in the system's dialog.

use std::path::PathBuf;

use eframe::egui::{Key, Ui};

use super::super::widgets::{self, Weight, muted, warning};
use super::super::{Action, Draft};
use super::buttons;
use crate::state::Command;

/// A field for a path with a button for the system's dialog beside it. Where there is no such dialog, nothing comes of the button,
/// and the program can't tell.
pub(super) struct PathField {
    draft: Draft,
    /// Whether the system's dialog was asked for.
    picked: bool,
}

/// Opens the system's dialog.
const CHOOSE: &str = "Choose…";

/// What was just done with the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// Enter was pressed in it.
    Entered,
    /// Anything else: what is typed there is only typed.
    Nothing,
}

impl PathField {
    pub(super) fn new(path: String) -> Self {
        Self { draft: Draft::new(path), picked: false }
    }

    /// Whether the system's dialog was asked for.
    pub(super) fn was_picked(&self) -> bool {
        self.picked
    }

    /// Takes over the path that is in force, if it is another one than before; whether it was.
    pub(super) fn follow(&mut self, path: &str) -> bool {
        self.draft.follow(path)
    }

    /// The path that is typed.
    pub(super) fn typed(&self) -> Result<PathBuf, &'static str> {
        typed(&self.draft.text, std::env::home_dir())
    }

    pub(super) fn show(&mut self, ui: &mut Ui, name: &str, pick: Command, actions: &mut Vec<Action>) -> Done {
        let field = ui
            .horizontal(|ui| {
                // First in the order of Tab, too.
                let width = ui.available_width() - ui.spacing().item_spacing.x - widgets::button_width(ui, CHOOSE);
                let field = ui.scope(|ui| {
                    ui.set_max_width(width);
                    widgets::text_field(ui, name, &mut self.draft.text)
                });
                if widgets::button(ui, CHOOSE, Weight::Plain).clicked() {
                    self.picked = true;
                    actions.push(Action::Command(pick));
                }
                field.inner
            })
            .inner;
        let left = self.draft.left(&field);
        widgets::focus_first(&field);
        if self.picked {
            muted(ui, "If no window opens, type the whole path here.");
        }
        if left && ui.input(|input| input.key_pressed(Key::Enter)) { Done::Entered } else { Done::Nothing }
    }

    /// The field and the row of buttons: do it with the typed path, or leave it. Enter in the field does it, too.
    pub(super) fn ask(
        &mut self,
        ui: &mut Ui,
        name: &str,
        pick: Command,
        verb: &str,
        command: impl FnOnce(PathBuf) -> Command,
        actions: &mut Vec<Action>,
    ) {
        let done = self.show(ui, name, pick, actions);
        let path = self.typed();
        match path {
            Err(wrong) if self.draft.text.trim().is_empty() => {
                muted(ui, wrong);
            }
            Err(wrong) => warning(ui, wrong),
            Ok(_) => {}
        }
        buttons(ui, |ui| {
            let pressed = widgets::pressed(&widgets::button(ui, verb, Weight::Accent));
            if let Ok(path) = path
                && (pressed || done == Done::Entered)
            {
                actions.push(Action::Command(command(path)));
                actions.push(Action::CloseDialog);
            }
            if widgets::button(ui, "Cancel", Weight::Plain).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_persons_home() {
        let typed = |text| typed(text, Some("/home/ada".into()));
        assert_eq!(typed("~/birds "), Ok("/home/ada/birds".into()));
        assert_eq!(typed("~"), Ok("/home/ada".into()));
        assert!(typed("~bob/birds").is_err() && typed("birds").is_err() && typed(" ").is_err());
    }
}
