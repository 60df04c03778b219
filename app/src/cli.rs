//! The command line of `cometcam`; it wins over the configuration file.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand};
use cometcam_server::arguments::ServerArguments;
use cometcam_server::server::Options;

use crate::channel;
use crate::frame::Size;
use crate::save::Save;
use crate::settings::{CameraSettings, Settings};
use crate::source::{CameraBackend, SourceSpec};

/// Shows a camera of this computer to browsers in the same network.
#[derive(Debug, Parser)]
#[command(name = "cometcam", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do; nothing opens the window.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// How to broadcast.
    #[command(flatten)]
    pub broadcast: BroadcastArguments,
    /// What is told on stderr: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info", global = true)]
    pub log: tracing::level_filters::LevelFilter,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Lists the cameras and what each can do
    Cameras {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
        /// The program's way to a camera: v4l2 or nokhwa
        #[arg(long, value_name = "BACKEND")]
        camera_backend: Option<CameraBackend>,
    },
}

/// How to broadcast.
#[derive(Debug, Clone, Default, Args)]
pub struct BroadcastArguments {
    /// Without a window, live from the start
    #[arg(long)]
    pub headless: bool,
    /// camera, camera:WHICH, test-pattern or images:FOLDER [default: the first camera]
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<SourceSpec>,
    /// The program's way to a camera: v4l2 or nokhwa
    #[arg(long, value_name = "BACKEND")]
    pub camera_backend: Option<CameraBackend>,
    /// The channel to publish to [default: front]
    #[arg(long, value_name = "NAME", value_parser = channel::name)]
    pub channel: Option<String>,
    /// Pictures a second, at most [default: 15]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=120))]
    pub fps: Option<u32>,
    /// Size of the pictures, or the source's nearest [default: 1280x720]
    #[arg(long, value_name = "WxH")]
    pub size: Option<Size>,
    /// Which pictures go to disk: every, off, or one each 1s, 10s… [default: 1s]
    #[arg(long, value_name = "WHICH")]
    pub save: Option<Save>,
    /// What was saved stays after the broadcast
    #[arg(long)]
    pub keep: bool,
    /// How to serve.
    #[command(flatten)]
    pub server: ServerArguments,
    /// Not started by hand, but by the desktop at login
    #[arg(long, hide = true, conflicts_with = "headless")]
    pub at_login: bool,
}

impl BroadcastArguments {
    /// The cameras to broadcast: those of the settings, the first of them changed by the command line.
    #[must_use]
    pub fn cameras(&self, settings: &mut Settings) -> Vec<CameraSettings> {
        let mut cameras = std::mem::take(&mut settings.cameras);
        if cameras.is_empty() {
            cameras.push(CameraSettings::default());
        }
        let first = &mut cameras[0];
        let given = self.clone();
        first.source = given.source.unwrap_or(std::mem::take(&mut first.source));
        first.channel = given.channel.unwrap_or(std::mem::take(&mut first.channel));
        first.size = given.size.unwrap_or(first.size);
        first.save = given.save.unwrap_or(first.save);
        first.camera_backend = given.camera_backend.unwrap_or(first.camera_backend);
        if let Some(fps) = self.fps {
            first.fps = fps;
            first.every = None;
        }
        first.keep |= self.keep;
        cameras
    }

    /// Where to listen, as far as it was said.
    #[must_use]
    pub fn bind(&self, settings: &Settings) -> Option<SocketAddr> {
        self.server.bind.or(settings.server.bind)
    }

    /// For the server in this process.
    #[must_use]
    pub fn server_options(&self, settings: &mut Settings) -> Options {
        self.server.options(std::mem::take(&mut settings.server))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let arguments =
            Arguments::try_parse_from(["cometcam", "--headless", "--fps", "5", "--size", "640x480", "--keep"]).unwrap();
        let mut settings = Settings {
            cameras: vec![CameraSettings { channel: "yard".into(), ..CameraSettings::default() }],
            ..Settings::default()
        };
        let cameras = arguments.broadcast.cameras(&mut settings);
        assert_eq!((cameras[0].channel.as_str(), cameras[0].fps, cameras[0].keep), ("yard", 5, true));
        assert_eq!(cameras[0].interval().as_millis(), 200);
    }

    #[test]
    fn impossible_options_are_refused() {
        for wrong in [
            &["--fps", "0"][..],
            &["--fps", "many"],
            &["--size", "0x0"],
            &["--source", "window"],
            &["--save", "sometimes"],
            &["--channel", ""],
            &["--bind", "nowhere"],
            &["--camera-backend", "none"],
            &["cameras", "--headless"],
            &["--headless", "cameras"],
        ] {
            assert!(Arguments::try_parse_from([&["cometcam"], wrong].concat()).is_err(), "{wrong:?}");
        }
    }
}
