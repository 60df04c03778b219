//! The push server alone, for a host elsewhere.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cometcam_server::config::Config;
use cometcam_server::{cli, config, server};

/// Push server for pictures and messages: viewers long-poll it, cameras publish to it.
#[derive(Debug, Parser)]
#[command(name = "cometcam-server", version)]
struct Arguments {
    /// Where to listen; with port 0 the system chooses [default: 127.0.0.1:8060]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
    /// Where pictures and keys are kept
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A web site of yours, from the same address and port
    #[arg(long, value_name = "FOLDER")]
    site: Option<PathBuf>,
    /// Configuration in YAML; the command line wins over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Who publishes must send it; `none` lets anyone publish [default: the one in DATA/publish-key]
    #[arg(long, value_name = "KEY|none", env = "COMETCAM_PUBLISH_KEY", hide_env_values = true)]
    publish_key: Option<String>,
    /// What is told on stderr: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: tracing::level_filters::LevelFilter,
}

fn main() -> ExitCode {
    let arguments = cli::parse::<Arguments>();
    cli::log_to_stderr(arguments.log);
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::fail(error.as_ref()),
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config: Config = arguments.config.as_deref().map(config::read).transpose()?.unwrap_or_default();
    let address = arguments.bind.or(config.bind).unwrap_or(server::DEFAULT_BIND);
    let options = server::Options {
        config,
        data: arguments.data,
        site: arguments.site,
        publish_key: arguments.publish_key,
        operator_key: std::env::var("COMETCAM_OPERATOR_KEY").ok(),
    };
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
