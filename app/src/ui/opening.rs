//! Opening the window, and what can go wrong with that, in words.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui;

use super::window::Window;
use super::{Lines, WakeUp, look};

/// Inner size of the window at first, in points.
const FIRST_SIZE: [f32; 2] = [1120.0, 720.0];
/// The least inner size at which everything has its place, in points.
const LEAST_SIZE: [f32; 2] = [900.0, 600.0];

/// Why there is no window: what is missing and what to do.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// Neither X11 nor Wayland.
    #[error("There is no screen to open a window on. Start Cometcam in a desktop session, or with --headless.")]
    NoDisplay,
    /// There is one by name, and it doesn't answer.
    #[error("The display “{display}” does not answer. Start Cometcam in the desktop session itself, or with --headless.")]
    DisplayUnreachable {
        /// As the environment names it.
        display: String,
    },
    /// A library that is loaded at the start is not installed.
    #[error("The library {library} is missing. Install it (on Debian and Ubuntu: apt install {package}), or use --headless.")]
    NoLibrary {
        /// Its file.
        library: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// X11's own libraries are not all installed.
    #[error(
        "One of X11's libraries is missing. Install them (on Debian and Ubuntu: apt install libx11-6 libx11-xcb1 libxcursor1 \
         libxi6 libxrandr2), or use --headless."
    )]
    NoX11,
    /// Graphics without OpenGL.
    #[error("OpenGL does not work here: {cause}. Install it (on Debian and Ubuntu: apt install libgl1), or use --headless.")]
    NoOpenGl {
        /// In the system's words.
        cause: String,
    },
    /// Anything else.
    #[error("The window can't be opened: {cause}. Cometcam works without one, too: use --headless.")]
    Other {
        /// In the system's words.
        cause: String,
    },
}

/// A window that is not open yet. It can be woken before it is, so the studio can be started first.
pub struct Opening {
    ctx: egui::Context,
}

impl Opening {
    /// Prepares the window.
    ///
    /// # Errors
    /// If there is no display, or a library is missing that is needed to draw on it.
    pub fn new() -> Result<Self, WindowError> {
        find_libraries()?;
        Ok(Self { ctx: egui::Context::default() })
    }

    /// What wakes the window when something has happened.
    #[must_use]
    pub fn wake_up(&self) -> WakeUp {
        let ctx = self.ctx.clone();
        // Not request_repaint, which paints twice.
        Arc::new(move || ctx.request_repaint_after(Duration::from_millis(1)))
    }

    /// Opens the window and stays until it is closed. To be called on the main thread.
    ///
    /// # Errors
    /// If the display doesn't answer, or can't be drawn on.
    pub fn run(self, lines: Lines) -> Result<(), WindowError> {
        let viewport = egui::ViewportBuilder::default()
            .with_title("Cometcam")
            .with_app_id("cometcam")
            .with_inner_size(FIRST_SIZE)
            .with_min_inner_size(LEAST_SIZE)
            .with_icon(look::icon());
        let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
        #[cfg(target_os = "linux")]
        let _scheme =
            super::scheme::Follower::start(self.ctx.clone()).map_err(|error| WindowError::Other { cause: error.to_string() })?;
        let create: eframe::AppCreator<'_> = Box::new(|cc| Ok(Box::new(Window::new(&cc.egui_ctx, lines)?)));
        eframe::run_native_ext("cometcam", options, Some(self.ctx), create).map_err(|error| explained(&error))
    }
}

fn explained(error: &eframe::Error) -> WindowError {
    match error {
        eframe::Error::NoGlutinConfigs(_, cause) => WindowError::NoOpenGl { cause: cause.to_string() },
        eframe::Error::Glutin(cause) => WindowError::NoOpenGl { cause: cause.to_string() },
        eframe::Error::OpenGL(cause) => WindowError::NoOpenGl { cause: cause.to_string() },
        // winit tells the cause in its text alone.
        eframe::Error::WinitEventLoop(cause) if cause.to_string().contains("shared libraries") => WindowError::NoX11,
        eframe::Error::WinitEventLoop(_) => {
            display().map_or(WindowError::NoDisplay, |display| WindowError::DisplayUnreachable { display })
        }
        other => WindowError::Other { cause: other.to_string() },
    }
}

/// The display that the environment names, Wayland's before X11's, as winit has it.
fn display() -> Option<String> {
    ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
}

/// winit panics without these two, so they are looked for before it is called.
#[cfg(target_os = "linux")]
fn find_libraries() -> Result<(), WindowError> {
    if display().is_none() {
        return Err(WindowError::NoDisplay);
    }
    if xkbcommon_dl::xkbcommon_option().is_none() {
        return Err(WindowError::NoLibrary { library: "libxkbcommon.so.0", package: "libxkbcommon0" });
    }
    let is_x11 = std::env::var_os("WAYLAND_DISPLAY").is_none_or(|name| name.is_empty());
    if is_x11 && xkbcommon_dl::x11::xkbcommon_x11_option().is_none() {
        return Err(WindowError::NoLibrary { library: "libxkbcommon-x11.so.0", package: "libxkbcommon-x11-0" });
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn find_libraries() -> Result<(), WindowError> {
    Ok(())
}
