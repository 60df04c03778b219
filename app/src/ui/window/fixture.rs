//! A window in the tests, and the studio's ends of its lines.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use eframe::egui::{self, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::fixture::whole;
use super::super::{Lines, look};
use super::Window;
use crate::commands::{Commands, Order};
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Outbox;
use crate::state::{Command, State};

/// The studio's ends of the lines to a window.
pub(super) struct Studio {
    pub events: Outbox,
    pub orders: Receiver<Order>,
    pub frames: Arc<Latest<Frame>>,
}

impl Studio {
    pub(super) fn commands(&self) -> Vec<Command> {
        self.orders.try_iter().map(|order| order.command).collect()
    }
}

/// A window and its studio, whose line for commands holds two.
pub(super) fn window(state: State) -> (Harness<'static, Window>, Studio) {
    let (outbox, events) = Outbox::new(|| ());
    let (commands, orders) = Commands::line(Arc::default(), 2);
    let frames = Arc::new(Latest::default());
    let studio = Studio { events: outbox, orders, frames: Arc::clone(&frames) };
    // Woken as in the real window, whose context is there before the window is.
    let window = Window::new(&egui::Context::default(), Lines { state, events, commands, frames }).unwrap();
    let harness = Harness::builder()
        .with_size(egui::vec2(1120.0, 720.0))
        .with_max_steps(16)
        .with_context_setup(look::install)
        .build_ui_state(
            |ui, window: &mut Window| {
                window.take_in(ui.ctx());
                whole(ui, |ui| window.draw(ui));
            },
            window,
        );
    (harness, studio)
}

pub(super) fn press(harness: &mut Harness<'_, Window>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(4);
}

/// Presses the cross of the window; what the window says to that.
pub(super) fn close(harness: &mut Harness<'_, Window>) -> Vec<ViewportCommand> {
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    harness.step();
    let commands = harness.output().viewport_output[&ViewportId::ROOT].commands.clone();
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.clear();
    harness.run_steps(4);
    commands
}
