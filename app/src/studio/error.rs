//! What the studio can't do, in sentences for the person at the window.

use std::io::ErrorKind;
use std::net::IpAddr;

use cometcam_server::broadcast::Refused;
use cometcam_server::config::ConfigError;
use cometcam_server::server::StartError;

use crate::channel::NameError;
use crate::login::LoginError;
use crate::state::Guards;

/// Why something that was asked for is not done.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// Nobody was asked yet.
    #[error("Choose who can watch, then go live.")]
    NoAudience,
    /// They are to know one.
    #[error("Viewers are to need a password, and there is none yet. Type one, or choose that anyone can watch.")]
    NoPassword,
    /// What stands for the whole of a broadcast.
    #[error("{0} can't be changed while live. Stop first.")]
    WhileLive(&'static str),
    /// What guards a channel must be remembered when it is left.
    #[error(
        "{} other channels need a password or a code, and no more are remembered. Go to one of them and let anyone watch it, or \
         let anyone watch this one.",
        Guards::MOST
    )]
    TooManyGuards,
    /// There is no broadcast to pause.
    #[error("Only a live camera can be paused.")]
    NotLive,
    /// No channel can be called so.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The broadcast.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What starts at login.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The system has no thread to give.
    #[error("The system gives no thread ({0}). Close other programs, and start Cometcam again.")]
    Thread(#[from] std::io::Error),
}

impl StudioError {
    /// Whether nothing is wrong but the time of what was asked for, or its words: said until something else is asked for.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NoAudience
                | Self::NoPassword
                | Self::WhileLive(_)
                | Self::TooManyGuards
                | Self::NotLive
                | Self::Name(_)
                | Self::Login(_)
        )
    }

    /// The address that this computer does not have, or not yet, if that is the reason.
    pub(super) fn missing_address(&self) -> Option<IpAddr> {
        match self {
            Self::Start(StartError::Bind { address, cause }) if cause.kind() == ErrorKind::AddrNotAvailable => Some(address.ip()),
            _ => None,
        }
    }

    /// As a sentence of its own, for the window.
    pub(super) fn sentence(&self) -> String {
        // At the window a folder is chosen in a dialog; the option is for a terminal.
        let text = self.to_string().replace(" with --data", "");
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}", letters.as_str()).trim_end_matches('.').to_owned() + "."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_speaks_of_no_options_for_a_folder() {
        let unusable = cometcam_server::frames::OpenError::Unusable {
            folder: "/srv".to_owned(),
            cause: std::io::ErrorKind::PermissionDenied.into(),
        };
        let sentence = StudioError::from(StartError::from(unusable)).sentence();
        let expected = "The data folder /srv can't be used: permission denied; choose a folder that you may write to.";
        assert_eq!(sentence, expected);
    }
}
