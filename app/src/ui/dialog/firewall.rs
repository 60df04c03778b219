//! How to let other devices through this computer's firewall: the command of each system, this one's first.

use std::path::Path;
use std::time::Instant;

use eframe::egui::{self, RichText, ScrollArea, Ui};

use super::super::live::COPIED;
use super::super::widgets::{self, Weight, muted};
use super::super::{Action, look};
use super::{buttons, close_button};
use crate::state::State;

/// A firewall, by its system's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Firewall {
    Ufw,
    Firewalld,
    Windows,
    MacOs,
}

/// The firewalls in the order in which they are shown, and which command was copied last.
pub(super) struct Firewalls {
    order: [Firewall; 4],
    copied: Option<(Firewall, Instant)>,
}

impl Firewalls {
    /// Looks which one this system has.
    pub(super) fn new() -> Self {
        let is_there = |paths: &[&str]| paths.iter().any(|path| Path::new(path).exists());
        // The tests' pictures are the same everywhere.
        let here = if cfg!(test) {
            Firewall::Ufw
        } else if cfg!(windows) {
            Firewall::Windows
        } else if cfg!(target_os = "macos") {
            Firewall::MacOs
        } else if is_there(&["/usr/bin/firewall-cmd", "/bin/firewall-cmd"]) {
            Firewall::Firewalld
        } else {
            Firewall::Ufw
        };
        Self { order: first(here), copied: None }
    }

    pub(super) fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let Some(port) = state.addresses.first().and_then(|address| port(&address.url)) else {
            actions.push(Action::CloseDialog);
            return;
        };
        muted(
            ui,
            format!(
                "The device has to be in the same network as this computer. If it is, this computer’s firewall has to let others in to \
                 port {port}: type the command of your system in a terminal."
            ),
        );
        let own = std::env::current_exe().ok().filter(|_| cfg!(target_os = "macos"));
        let program = own.map_or_else(|| "/Applications/cometcam".to_owned(), |path| path.display().to_string());
        ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
            for firewall in self.order {
                self.one(ui, firewall, &command(firewall, port, &program));
            }
        });
        buttons(ui, |ui| close_button(ui, actions));
    }

    fn one(&mut self, ui: &mut Ui, firewall: Firewall, command: &str) {
        ui.label(RichText::new(words(firewall)).font(look::semibold(14.0)));
        ui.horizontal(|ui| {
            let copied = self.copied.is_some_and(|(which, at)| which == firewall && at.elapsed() < COPIED);
            let text = if copied { "Copied" } else { "Copy" };
            let width = ui.available_width() - widgets::button_width(ui, "Copied") - look::WITHIN - 12.0;
            let label = egui::Label::new(RichText::new(command).font(egui::FontId::monospace(12.5))).wrap();
            ui.allocate_ui(egui::vec2(width, look::FIELD_HEIGHT), |ui| {
                ui.set_width(width);
                ui.add(label);
            });
            let response =
                widgets::button(ui, text, Weight::Plain).accessible_name(format!("Copy the command for {}", words(firewall)));
            if response.clicked() {
                ui.ctx().copy_text(command.to_owned());
                self.copied = Some((firewall, Instant::now()));
                ui.ctx().request_repaint_after(COPIED);
            }
        });
    }
}

fn first(here: Firewall) -> [Firewall; 4] {
    let mut order = [Firewall::Ufw, Firewall::Firewalld, Firewall::Windows, Firewall::MacOs];
    order.sort_by_key(|firewall| *firewall != here);
    order
}

fn words(firewall: Firewall) -> &'static str {
    match firewall {
        Firewall::Ufw => "Ubuntu, Debian, Mint (ufw)",
        Firewall::Firewalld => "Fedora, openSUSE (firewalld)",
        Firewall::Windows => "Windows, as administrator",
        Firewall::MacOs => "macOS",
    }
}

fn command(firewall: Firewall, port: u16, program: &str) -> String {
    match firewall {
        Firewall::Ufw => format!("sudo ufw allow {port}/tcp"),
        Firewall::Firewalld => {
            format!("sudo firewall-cmd --permanent --add-port={port}/tcp && sudo firewall-cmd --reload")
        }
        Firewall::Windows => {
            format!("netsh advfirewall firewall add rule name=Cometcam dir=in action=allow protocol=TCP localport={port}")
        }
        // It goes by programs, not by ports.
        Firewall::MacOs => {
            let tool = "/usr/libexec/ApplicationFirewall/socketfilterfw";
            let quoted = format!("'{}'", program.replace('\'', r"'\''"));
            format!("sudo {tool} --add {quoted} && sudo {tool} --unblockapp {quoted}")
        }
    }
}

/// Of an address such as `http://192.168.1.20:8060/`.
fn port(url: &str) -> Option<u16> {
    let host = url.strip_prefix("http://")?.split('/').next()?;
    let (_, port) = host.rsplit_once(':')?;
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use eframe::egui::OutputCommand;
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture as states;
    use super::super::Kind;
    use super::super::fixture::open;
    use super::*;

    #[test]
    fn each_system_has_its_command_with_the_port_filled_in_and_this_one_is_the_first() {
        assert_eq!(port("http://[2001:db8::5]:8061/watch/yard"), Some(8061));
        assert_eq!(first(Firewall::Windows)[0], Firewall::Windows);
        assert_eq!(first(Firewall::MacOs).len(), 4);
        assert_eq!(command(Firewall::Ufw, 8060, ""), "sudo ufw allow 8060/tcp");
        for firewall in first(Firewall::Firewalld) {
            let command = command(firewall, 8061, "/Applications/It's/cometcam");
            assert!(command.contains("8061") || command.contains(r"'/Applications/It'\''s/cometcam'"), "{command}");
        }
    }

    #[test]
    fn a_command_is_copied() {
        let mut harness = open(Kind::Firewall, states::live());
        harness.run();
        harness.get_by_label("sudo ufw allow 8060/tcp");
        harness.get_by_label("Copy the command for Ubuntu, Debian, Mint (ufw)").click();
        harness.step();
        let mut commands = harness.output().platform_output.commands.clone();
        harness.step();
        commands.extend(harness.output().platform_output.commands.clone());
        let is_it =
            |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text == "sudo ufw allow 8060/tcp");
        assert!(commands.iter().any(is_it), "{commands:?}");
    }
}
