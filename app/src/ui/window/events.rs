//! What happened, taken in: the state changes, and pictures that it makes old go.

use std::sync::mpsc::TryRecvError;

use eframe::egui;

use super::{SOON, STUDIO_GONE, Window};
use crate::state::{Event, State};

/// While live the age of the newest picture is shown anew this often, whether or not anything happens.
pub(super) const AGE_INTERVAL_MS: u64 = 1_000;
/// So many events at most are taken in for one drawing.
const EVENTS_AT_ONCE: usize = 256;

impl Window {
    /// Takes in what happened.
    pub(super) fn take_in(&mut self, ctx: &egui::Context) {
        let any = self.drain(ctx);
        // Ages are told as of the last event, so that they don't flicker with each picture; but not for ever.
        let mut now = self.moment.clone();
        now.move_on();
        if any || now.since_ms(self.moment.now_ms) >= AGE_INTERVAL_MS {
            self.moment = now;
        }
        if ctx.input(|input| input.viewport().close_requested()) && !self.closing {
            self.close(ctx);
        }
    }

    /// Applies the events that wait; whether there were any.
    fn drain(&mut self, ctx: &egui::Context) -> bool {
        for taken in 0..EVENTS_AT_ONCE {
            match self.events.try_recv() {
                Ok(event) => {
                    self.heed(ctx, &event);
                    self.apply(event);
                }
                Err(TryRecvError::Empty) => return taken > 0,
                Err(TryRecvError::Disconnected) => {
                    self.fail(STUDIO_GONE);
                    return true;
                }
            }
        }
        // The rest has its turn after this drawing.
        ctx.request_repaint_after(SOON);
        true
    }

    /// Does what an event asks of the window itself.
    fn heed(&mut self, ctx: &egui::Context, event: &Event) {
        match event {
            Event::Closing => {
                self.closing = true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            Event::Raise => {
                ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
                ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
                // Some desktops give no window the focus that didn't have it.
                let attention = egui::UserAttentionType::Informational;
                ctx.send_viewport_cmd(egui::ViewportCommand::RequestUserAttention(attention));
            }
            Event::Diagnostics(text) => ctx.copy_text(text.clone()),
            _ => {}
        }
    }

    /// Applies an event, and takes away the pictures that it makes old.
    fn apply(&mut self, event: Event) {
        let source = self.state.choices.source.clone();
        let is_told = matches!(event, Event::SourceOpen(_) | Event::SourceFault(_));
        self.change(|state| state.apply(event));
        let changed = source != self.state.choices.source;
        // The former source may give one more picture until something is told of the new one.
        if changed || (is_told && self.opening) {
            self.preview.forget();
            self.opening = changed;
        }
    }

    /// Changes the state, and empties the strip when a broadcast begins or ends by that.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut State)) {
        let was_on = self.state.on_air.is_on();
        change(&mut self.state);
        if was_on != self.state.on_air.is_on() {
            self.preview.clear_strip();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use eframe::egui::ViewportId;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture as states;
    use super::super::fixture::{Studio, window};
    use super::*;
    use crate::frame::{Frame, PixelFormat, Size, StageTimes};
    use crate::source::SourceSpec;
    use crate::state::{Choices, Numbers, OnAir};

    #[test]
    fn what_happens_is_drawn() {
        let (mut harness, studio) = window(states::ready());
        studio.events.send(Event::OnAir(OnAir::Live { since_ms: 0 }));
        studio.events.send(Event::Numbers(Numbers { watching: 2, ..Numbers::default() }));
        harness.run_steps(2);
        harness.get_by_label("Stop");
        harness.get_by_label_contains("LIVE to this network · 2 watching · late: no picture in");
    }

    #[test]
    fn a_second_start_brings_the_window_to_the_front_and_diagnostics_go_to_the_clipboard() {
        use eframe::egui::{OutputCommand, ViewportCommand};
        let (mut harness, studio) = window(states::ready());
        harness.run_steps(2);
        studio.events.send(Event::Raise);
        harness.step();
        let asked = harness.output().viewport_output[&ViewportId::ROOT].commands.clone();
        let expected = |command: &ViewportCommand| asked.contains(command);
        assert!(expected(&ViewportCommand::Minimized(false)) && expected(&ViewportCommand::Focus), "{asked:?}");
        studio.events.send(Event::Diagnostics("Cometcam 1".to_owned()));
        harness.step();
        let copied = harness.output().platform_output.commands.clone();
        let is_text = |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text == "Cometcam 1");
        assert!(copied.iter().any(is_text), "{copied:?}");
        harness.run_steps(2);
        harness.get_by_label_contains("The diagnostics were copied.");
    }

    #[test]
    fn a_studio_that_is_gone_is_told() {
        let (mut harness, studio) = window(states::ready());
        drop(studio);
        harness.run_steps(2);
        harness.get_by_label(STUDIO_GONE);
    }

    #[test]
    fn an_idle_window_is_not_drawn_again() {
        let delay = |harness: &Harness<'_, Window>| harness.output().viewport_output[&ViewportId::ROOT].repaint_delay;
        let (mut harness, _studio) = window(states::ready());
        harness.run();
        assert_eq!(delay(&harness), Duration::MAX);
        let (mut harness, _studio) = window(states::live());
        harness.run_steps(8);
        assert_eq!(delay(&harness), Duration::from_millis(AGE_INTERVAL_MS), "the age of the newest picture goes on");
    }

    /// Gives the window a picture, and waits until it is shown.
    fn show_picture(harness: &mut Harness<'_, Window>, studio: &Studio) {
        let (bytes, times) = (vec![200; 36].into(), StageTimes::captured_now());
        studio.frames.put(Frame { bytes, format: PixelFormat::Rgb, size: Size::new(4, 3), number: 0, times, retouch: None });
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while harness.state().preview.shown().picture.is_none() {
            assert!(std::time::Instant::now() < deadline, "the preview shows nothing");
            std::thread::yield_now();
        }
        harness.run_steps(2);
    }

    #[test]
    fn a_picture_of_another_source_is_taken_away() {
        let (mut harness, studio) = window(states::ready());
        harness.run_steps(2);
        show_picture(&mut harness, &studio);
        harness.get_by_label("Live picture");
        let choices = Choices { source: SourceSpec::TestPattern, ..states::ready().choices };
        studio.events.send(Event::Choices(Box::new(choices)));
        harness.run_steps(2);
        harness.get_by_label("One moment. The test pattern is being drawn.");
        // The former source's last one.
        show_picture(&mut harness, &studio);
        let mode = states::ready().mode.unwrap();
        studio.events.send(Event::SourceOpen(mode.clone()));
        harness.run_steps(2);
        harness.get_by_label("One moment. The first picture is on its way.");
        show_picture(&mut harness, &studio);
        studio.events.send(Event::SourceOpen(mode));
        harness.run_steps(2);
        harness.get_by_label("Live picture");
    }
}
