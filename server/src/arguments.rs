//! The command line of `cometcam-server`, and what of it `cometcam` has, too; it wins over the configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser};

use crate::config::Config;
use crate::server::Options;

/// Push server for pictures and messages: viewers long-poll it, cameras publish to it.
#[derive(Debug, Parser)]
#[command(name = "cometcam-server", version)]
pub struct Arguments {
    /// Of the server.
    #[command(flatten)]
    pub server: ServerArguments,
    /// What is told on stderr: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: tracing::level_filters::LevelFilter,
}

/// How to serve.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArguments {
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
    /// Who publishes over HTTP must send it; `none` lets anyone publish [default: the one in DATA/publish-key]
    #[arg(long, value_name = "KEY|none", env = "COMETCAM_PUBLISH_KEY", hide_env_values = true)]
    pub publish_key: Option<String>,
}

impl ServerArguments {
    /// For a server with this configuration.
    #[must_use]
    pub fn options(&self, config: Config) -> Options {
        Options {
            config,
            data: self.data.clone(),
            site: self.site.clone(),
            publish_key: self.publish_key.clone(),
            operator_key: std::env::var("COMETCAM_OPERATOR_KEY").ok(),
        }
    }
}
