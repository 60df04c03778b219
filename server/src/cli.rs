//! What the command lines of both programs share.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Identity, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

/// Reads the command line. What can't be meant ends the program with status 1 and one sentence.
#[must_use]
pub fn parse<T: Parser>() -> T {
    match T::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => error.exit(),
        Err(error) => {
            let text = error.to_string();
            let sentence = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect::<Vec<_>>().join(" ");
            eprintln!("{sentence} (see --help)");
            std::process::exit(1);
        }
    }
}

/// Everything but addresses goes to stderr; of the libraries only what they call errors.
pub fn log_to_stderr(level: LevelFilter) {
    log_to_stderr_and(level, Identity::new());
}

/// As [`log_to_stderr`], and to `others` as well.
pub fn log_to_stderr_and(level: LevelFilter, others: impl Layer<Registry> + Send + Sync) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false).with_ansi(false);
    tracing_subscriber::registry().with(others).with(lines.with_filter(targets(level))).init();
}

/// What is told at this level: of the libraries only what they call errors.
#[must_use]
pub fn targets(level: LevelFilter) -> Targets {
    let of_libraries = level.min(LevelFilter::ERROR);
    Targets::new().with_default(of_libraries).with_targets([("cometcam", level), ("cometcam_server", level)])
}

/// Says in one sentence why the program ends.
#[must_use]
pub fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

/// Tells other programs on stdout where this one listens.
///
/// # Errors
/// Those of stdout.
pub fn tell_address(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()
}

/// Resolves when the system or a person asks the program to end. To be called in a tokio runtime.
///
/// # Errors
/// Those of the system.
pub fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let [mut first, mut second] = {
        use tokio::signal::unix::{SignalKind, signal};
        [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]
    };
    // Its window closed, and the person or the system going.
    #[cfg(windows)]
    let (mut first, mut second, mut third) = {
        use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_shutdown};
        (ctrl_c()?, ctrl_close()?, ctrl_shutdown()?)
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = first.recv() => {}
            _ = second.recv() => {}
        }
        #[cfg(windows)]
        tokio::select! {
            _ = first.recv() => {}
            _ = second.recv() => {}
            _ = third.recv() => {}
        }
    })
}
