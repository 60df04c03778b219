//! The push server alone, for a host elsewhere.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use cometcam_server::arguments::Arguments;
use cometcam_server::config::Config;
use cometcam_server::{cli, config, server};

fn main() -> ExitCode {
    let arguments = cli::parse::<Arguments>();
    cli::log_to_stderr(arguments.log);
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::fail(error.as_ref()),
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments.server;
    let config: Config = arguments.config.as_deref().map(config::read).transpose()?.unwrap_or_default();
    let address = arguments.bind.or(config.bind).unwrap_or(server::DEFAULT_BIND);
    let options = arguments.options(config);
    let runtime = tokio::runtime::Runtime::new()?;
    let entered = runtime.enter();
    let listener = server::bind(address)?;
    let told = listener.local_addr()?;
    let shutdown = cli::asked_to_stop()?;
    let ended = runtime.block_on(server::run(listener, options, || cli::tell_address(told), shutdown));
    drop(entered);
    // A disk that hangs is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(50));
    ended?;
    Ok(std::io::stdout().flush()?)
}
