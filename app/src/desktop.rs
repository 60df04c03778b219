//! The window and the studio, put together.

use std::error::Error;
use std::sync::Arc;

use crate::cli::BroadcastArguments;
use crate::outbox::Outbox;
use crate::second_start;
use crate::state::State;
use crate::studio::Running;
use crate::ui::{Lines, Opening};

/// Opens the window, and stays until it is closed.
///
/// # Errors
/// One sentence with the cure.
pub fn run(arguments: &BroadcastArguments) -> Result<(), Box<dyn Error>> {
    if second_start::raises_the_first(arguments) {
        eprintln!("Cometcam is open already; its window was brought to the front.");
        return Ok(());
    }
    let opening = Opening::new()?;
    let wake = opening.wake_up();
    let (outbox, events) = Outbox::new(move || wake());
    let studio = Running::start(arguments, Arc::new(outbox))?;
    let lines = Lines {
        state: State::new(studio.choices.clone()),
        events,
        commands: studio.commands.clone(),
        frames: studio.preview.clone(),
    };
    Ok(opening.run(lines)?)
}
