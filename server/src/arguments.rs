//! The command line of `cometcam-server`; it wins over the configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// Push server for pictures and messages: viewers long-poll it, cameras publish to it.
#[derive(Debug, Parser)]
#[command(name = "cometcam-server", version)]
pub struct Arguments {
    /// Where to listen; with port 0 the system chooses [default: 127.0.0.1:8060]
    #[arg(long, value_name = "ADDR:PORT")]
    pub bind: Option<SocketAddr>,
    /// Where pictures and keys are kept
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// A web site of yours, from the same address and port
    #[arg(long, value_name = "FOLDER")]
    pub site: Option<PathBuf>,
    /// Configuration in YAML; the command line wins over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Who publishes must send it; `none` lets anyone publish [default: the one in DATA/publish-key]
    #[arg(long, value_name = "KEY|none", env = "COMETCAM_PUBLISH_KEY", hide_env_values = true)]
    pub publish_key: Option<String>,
    /// What is told on stderr: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: tracing::level_filters::LevelFilter,
}
