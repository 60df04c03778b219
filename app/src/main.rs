//! The desktop program.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use cometcam::cli::{Arguments, Task};
use cometcam::{desktop, headless, journal, source};
use cometcam_server::cli;

fn main() -> ExitCode {
    let arguments = cli::parse::<Arguments>();
    match arguments.task {
        None => journal::begin(arguments.log),
        Some(Task::Cameras { .. }) => cli::log_to_stderr(arguments.log),
    }
    let status = match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            journal::note(&error.to_string());
            cli::fail(error.as_ref())
        }
    };
    if let Some(journal) = journal::of_program() {
        journal.end(journal::FAREWELL);
    }
    status
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    match &arguments.task {
        Some(Task::Cameras { json, camera_backend }) => {
            let cameras = source::camera::cameras(camera_backend.unwrap_or_default());
            let text = if *json { serde_json::to_string_pretty(&cameras)? + "\n" } else { source::camera::table(&cameras) };
            Ok(std::io::stdout().write_all(text.as_bytes())?)
        }
        None if arguments.broadcast.headless => Ok(headless::run(&arguments.broadcast)?),
        None => desktop::run(&arguments.broadcast),
    }
}
