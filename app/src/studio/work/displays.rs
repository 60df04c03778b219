//! The displays: told, missed, and told what to do.

use cometcam_server::http::Display;

use super::Studio;
use crate::notify::{Weight, notify};
use crate::state::{DisplaysCommand, Event};
use crate::studio::dark::Dark;

/// A sign of life is news when the last one that was told is older by this: what is told of every poll would keep the window busy.
const STEP_MS: u64 = 4_000;

/// Whether anything of a display is another thing than was told, but for what goes on by itself.
fn is_news(told: &Display, now: &Display) -> bool {
    let still = Display { last_ms: told.last_ms, uptime_s: told.uptime_s, ..now.clone() };
    still != *told || now.last_ms.abs_diff(told.last_ms) >= STEP_MS
}

impl Studio {
    /// Tells how the displays are, if that is news, and which went dark.
    pub(super) fn tell_displays(&mut self) {
        let Some(served) = &self.served else { return };
        let now = served.server.displays();
        let dark = self.watch.look(&now, std::time::Instant::now());
        let told = &self.displays;
        if dark.is_some() || told.len() != now.len() || told.iter().zip(&now).any(|(told, now)| is_news(told, now)) {
            self.displays.clone_from(&now);
            self.outbox.send(Event::Displays(now));
        }
        match dark {
            Some(Dark::Went(names)) => {
                self.notify_dark(&names);
                self.outbox.send(Event::Dark(names));
            }
            // That was so before: a line is enough.
            Some(Dark::AtStart(names)) => self.outbox.send(Event::Dark(names)),
            None => {}
        }
    }

    fn notify_dark(&mut self, names: &[String]) {
        if !self.choices.viewing.notification {
            return;
        }
        let said = match names {
            [name] => format!("“{name}” asks for no pictures any more. Look at its power and its network."),
            names => format!("{} displays ask for no pictures any more. Look at their power and their network.", names.len()),
        };
        self.spawn(async move {
            // Where none is shown, the window says it.
            notify(Weight::Passing, "A display went dark", &said).await;
        });
    }

    pub(super) fn do_with_displays(&self, command: DisplaysCommand) {
        let Some(server) = self.served.as_ref().map(|served| &served.server) else { return };
        let (name, known) = match command {
            DisplaysCommand::Order(name, order) => {
                let told = server.order_display(&name, order);
                (name, told.is_ok())
            }
            DisplaysCommand::Forget(name) => {
                let forgotten = server.forget_display(&name);
                (name, forgotten)
            }
        };
        if !known {
            self.outbox.send(Event::Notice(format!("The display “{name}” is not known any more.")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_goes_on_is_told_now_and_then_and_one_that_changes_at_once() {
        let told = Display {
            name: "Lobby".to_owned(),
            address: None,
            channels: Vec::new(),
            shows: None,
            last_ms: 10_000,
            dark: false,
            version: None,
            uptime_s: Some(1),
            wake: None,
            device: String::new(),
        };
        let goes_on = |last_ms| Display { last_ms, uptime_s: Some(2), ..told.clone() };
        assert_eq!([10_500, 13_999, 14_000].map(|last_ms| is_news(&told, &goes_on(last_ms))), [false, false, true]);
        assert!(is_news(&told, &Display { dark: true, ..goes_on(10_500) }));
    }
}
