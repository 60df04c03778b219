//! A display of its own, with real input events: Xvfb and xdotool.

use std::process::Command;
use std::time::{Duration, Instant};

use image::RgbImage;
use tokio::sync::{Semaphore, SemaphorePermit};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::deadline::soon;
use crate::program::{Output, Program};

/// One desktop at a time: a window that is drawn in software takes a core.
static ONE: Semaphore = Semaphore::const_new(1);

/// Of the display.
const SIZE: (u16, u16) = (1280, 800);
/// How often it is looked at, for it tells nobody what is drawn on it.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A running Xvfb without a window manager. Drop ends it, after the programs on it.
#[derive(Debug)]
pub struct Desktop {
    display: String,
    connection: RustConnection,
    root: u32,
    _program: Program,
    _turn: SemaphorePermit<'static>,
}

/// A window on it.
#[derive(Debug)]
pub struct Window<'a> {
    desktop: &'a Desktop,
    id: String,
}

impl Desktop {
    /// Starts one on a display that is free.
    ///
    /// # Panics
    /// If Xvfb is missing, doesn't start, or can't be spoken to.
    pub async fn start() -> Self {
        let turn = ONE.acquire().await.expect("the semaphore is never closed");
        let mut command = Command::new("Xvfb");
        let screen = format!("{}x{}x24", SIZE.0, SIZE.1);
        command.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
        let program = Program::start(command);
        let number = program.line(Output::Stdout, "the number of a display", |line| line.parse::<u32>().is_ok()).await;
        let display = format!(":{number}");
        let (connection, screen) = x11rb::connect(Some(&display)).unwrap_or_else(|error| panic!("{display}: {error}"));
        let root = connection.setup().roots[screen].root;
        Self { display, connection, root, _program: program, _turn: turn }
    }

    /// Makes this display the one on which `command` opens its windows, drawn in software.
    pub fn shown_here<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DISPLAY", &self.display).env("LIBGL_ALWAYS_SOFTWARE", "1").env("XDG_SESSION_TYPE", "x11");
        command.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET")
    }

    /// The window with this title, once it is to be seen.
    pub async fn window(&self, title: &str) -> Window<'_> {
        let id = self.xdotool(&["search", "--sync", "--onlyvisible", "--name", &format!("^{title}$")]).await;
        Window { desktop: self, id: id.lines().next_back().unwrap_or_default().to_owned() }
    }

    /// What is on the display now.
    ///
    /// # Panics
    /// If it can't be had.
    #[must_use]
    pub fn pixels(&self) -> RgbImage {
        self.try_pixels().unwrap_or_else(|error| panic!("{} doesn't tell what is on it: {error}", self.display))
    }

    fn try_pixels(&self) -> Result<RgbImage, Box<dyn std::error::Error>> {
        let (width, height) = SIZE;
        let shown = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?.reply()?;
        // Blue, green, red, and nothing, as Xvfb has it at this depth.
        let rgb = shown.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        RgbImage::from_raw(width.into(), height.into(), rgb).ok_or_else(|| "it has fewer pixels than it says".into())
    }

    /// What is on the display now, also written to `tests/out/NAME.png` for people.
    ///
    /// # Panics
    /// If it can't be had or written.
    pub async fn screenshot(&self, name: &str) -> RgbImage {
        let (screen, name) = (self.pixels(), name.to_owned());
        let written = tokio::task::spawn_blocking(move || write(&screen, &name).map(|()| screen)).await;
        written.expect("it doesn't panic").unwrap_or_else(|error| panic!("tests/out can't be written: {error}"))
    }

    /// Waits until the display looks as `wanted` says.
    ///
    /// # Panics
    /// If it never does; its last look is in `tests/out/NAME.png`.
    pub async fn shows(&self, name: &str, wanted: impl Fn(&RgbImage) -> bool) -> RgbImage {
        self.shown(name, |screen| wanted(screen).then(|| screen.clone())).await.0
    }

    /// Waits until something is to be seen that `found` finds. What, and when.
    ///
    /// # Panics
    /// If it never is; its last look is in `tests/out/NAME.png`.
    pub async fn shown<T>(&self, name: &str, found: impl Fn(&RgbImage) -> Option<T>) -> (T, Instant) {
        let _last_look = LastLook { desktop: self, name };
        let shown = async {
            loop {
                let screen = self.pixels();
                let when = Instant::now();
                if let Some(found) = found(&screen) {
                    return (found, when);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        soon(&format!("the display as in {name}.png"), shown).await
    }

    async fn xdotool(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("xdotool");
        command.args(arguments);
        self.run(command).await
    }

    async fn run(&self, mut command: Command) -> String {
        self.shown_here(&mut command);
        let what = format!("{command:?}");
        let program = Program::start(command);
        let status = program.end().await;
        assert!(status.success(), "{what}: {}", program.printed(Output::Stderr));
        program.printed(Output::Stdout).trim().to_owned()
    }
}

/// Writes what is on the display when the wait for something on it is over.
struct LastLook<'a> {
    desktop: &'a Desktop,
    name: &'a str,
}

impl Drop for LastLook<'_> {
    fn drop(&mut self) {
        // A test that fails says more than that this failed, too.
        let _written = self.desktop.try_pixels().map(|screen| write(&screen, self.name));
    }
}

/// Writes a picture to `tests/out/NAME.png`.
fn write(picture: &RgbImage, name: &str) -> image::ImageResult<()> {
    let out = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("out");
    std::fs::create_dir_all(&out)?;
    picture.save(out.join(format!("{name}.png")))
}

impl Window<'_> {
    /// A click at this place, counted from the window's corner: right and down, or left and up where negative.
    ///
    /// # Panics
    /// If the window is gone.
    pub async fn click(&self, x: i32, y: i32) {
        self.point(x, y).await;
        self.press().await;
    }

    /// Puts the pointer on this place, counted as in [`Window::click`].
    ///
    /// # Panics
    /// If the window is gone.
    pub async fn point(&self, x: i32, y: i32) {
        let (width, height) = self.size().await;
        let from = |side: i32, at: i32| (if at < 0 { side + at } else { at }).to_string();
        let (x, y) = (from(width, x), from(height, y));
        self.desktop.xdotool(&["mousemove", "--window", &self.id, &x, &y]).await;
    }

    /// A click where the pointer is.
    pub async fn press(&self) {
        self.desktop.xdotool(&["click", "1"]).await;
    }

    /// Puts the pointer where nothing is, so that nothing lights up or is explained under it.
    pub async fn point_away(&self) {
        let (right, bottom) = (SIZE.0 - 1, SIZE.1 - 1);
        self.desktop.xdotool(&["mousemove", &right.to_string(), &bottom.to_string()]).await;
    }

    /// Presses these keys one after the other, by the names of X11, e.g. `shift+Tab`.
    pub async fn keys(&self, keys: &[&str]) {
        // There is no window manager that would give the window the keyboard.
        self.desktop.xdotool(&["windowfocus", "--sync", &self.id]).await;
        self.desktop.xdotool(&[&["key", "--delay", "60"], keys].concat()).await;
    }

    /// Whether it asks for attention, as ICCCM has it.
    ///
    /// # Panics
    /// If the display can't be spoken to.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        const URGENCY_HINT: u32 = 256;
        let ask = || -> Result<bool, Box<dyn std::error::Error>> {
            let connection = &self.desktop.connection;
            let hints =
                connection.get_property(false, self.id.parse()?, AtomEnum::WM_HINTS, AtomEnum::WM_HINTS, 0, 1)?.reply()?;
            Ok(hints.value32().and_then(|mut flags| flags.next()).is_some_and(|flags| flags & URGENCY_HINT != 0))
        };
        ask().unwrap_or_else(|error| panic!("the window's hints can't be read: {error}"))
    }

    /// Its width and height in pixels.
    ///
    /// # Panics
    /// If the window is gone.
    pub async fn size(&self) -> (i32, i32) {
        let told = self.desktop.xdotool(&["getwindowgeometry", "--shell", &self.id]).await;
        let number = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
        number("WIDTH=").zip(number("HEIGHT=")).unwrap_or_else(|| panic!("a window has a size: {told}"))
    }

    /// Asks it to close, as the cross in its frame does.
    ///
    /// # Panics
    /// If the display can't be spoken to.
    pub fn ask_to_close(&self) {
        let ask = || -> Result<(), Box<dyn std::error::Error>> {
            let connection = &self.desktop.connection;
            let atom =
                |name: &str| Ok::<_, Box<dyn std::error::Error>>(connection.intern_atom(false, name.as_bytes())?.reply()?.atom);
            let (protocols, delete) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
            let window = self.id.parse()?;
            let event = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
            connection.send_event(false, window, EventMask::NO_EVENT, event)?.check()?;
            Ok(connection.flush()?)
        };
        ask().unwrap_or_else(|error| panic!("the window can't be asked to close: {error}"));
    }
}
