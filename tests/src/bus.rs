//! A message bus of its own (D-Bus), with stand-ins for what a desktop and a system have on theirs. What they are asked is told.

use std::io::{PipeReader, Read as _};
use std::process::Command;

use tempfile::TempDir;
use tokio::sync::{Mutex, mpsc};
use zbus::Connection;
use zbus::zvariant::OwnedFd;

use crate::deadline::soon;
use crate::program::{Output, Program};

/// More than a test asks of it.
const CALLS: usize = 256;

/// A running bus. Drop ends it.
#[derive(Debug)]
pub struct Bus {
    address: String,
    _program: Program,
    _folder: TempDir,
}

/// What stands in for a desktop and a system.
#[derive(Debug)]
pub struct StandIns {
    line: Connection,
    calls: Mutex<mpsc::Receiver<String>>,
}

impl Bus {
    /// Starts one on which everybody may do everything.
    ///
    /// # Panics
    /// If the bus doesn't start.
    pub async fn start() -> Self {
        let folder = crate::server::folder();
        let config = folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             <allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>",
            folder.path().join("bus").display()
        );
        std::fs::write(&config, text).expect("a configuration can be written");
        let mut command = Command::new("dbus-daemon");
        command.arg(format!("--config-file={}", config.display())).args(["--nofork", "--nopidfile", "--print-address=1"]);
        let program = Program::start(command);
        let address = program.line(Output::Stdout, "the address of a bus", |line| line.starts_with("unix:")).await;
        Self { address, _program: program, _folder: folder }
    }

    /// Makes this the bus of the system and of the session for `command`.
    pub fn used_by<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DBUS_SYSTEM_BUS_ADDRESS", &self.address).env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    /// Its address, for the environment of a program.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Puts the stand-ins on it: a screen saver, the login service and notifications.
    ///
    /// # Panics
    /// If the bus refuses.
    pub async fn stand_ins(&self) -> StandIns {
        let (told, calls) = mpsc::channel(CALLS);
        let put = async {
            let line = zbus::connection::Builder::address(self.address.as_str())?
                .serve_at("/org/freedesktop/ScreenSaver", ScreenSaver(told.clone()))?
                .serve_at("/org/freedesktop/login1", Login(told.clone()))?
                .serve_at("/org/freedesktop/Notifications", Notifications(told))?
                .name("org.freedesktop.ScreenSaver")?
                .name("org.freedesktop.login1")?
                .name("org.freedesktop.Notifications")?;
            line.build().await
        };
        let line = put.await.unwrap_or_else(|error: zbus::Error| panic!("the stand-ins can't be put on the bus: {error}"));
        StandIns { line, calls: Mutex::new(calls) }
    }
}

impl StandIns {
    /// The next call of which the beginning is one of `wanted`, in any order until all were made; others are passed over.
    ///
    /// # Panics
    /// If they are not made.
    pub async fn were_asked(&self, wanted: &[&str]) -> Vec<String> {
        let mut calls = self.calls.lock().await;
        let (mut left, mut heard, mut passed) = (wanted.to_vec(), Vec::new(), Vec::new());
        let hear = async {
            while !left.is_empty() {
                let call = calls.recv().await.expect("the stand-ins are on the bus");
                match left.iter().position(|wanted| call.starts_with(wanted)) {
                    Some(at) => {
                        left.remove(at);
                        heard.push(call);
                    }
                    None => passed.push(call),
                }
            }
        };
        soon(&format!("calls {wanted:?}"), hear).await;
        heard
    }

    /// What was asked since.
    pub async fn heard(&self) -> Vec<String> {
        let mut calls = self.calls.lock().await;
        std::iter::from_fn(|| calls.try_recv().ok()).collect()
    }

    /// Says that the system goes to sleep, and that it has woken.
    ///
    /// # Panics
    /// If the bus refuses.
    pub async fn sleep_and_wake(&self) {
        let (path, manager) = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager");
        for begins in [true, false] {
            let sent = self.line.emit_signal(None::<&str>, path, manager, "PrepareForSleep", &begins);
            sent.await.expect("a signal can be sent");
        }
    }
}

/// There is always room, and a test that has ended listens no more.
fn tell(calls: &mpsc::Sender<String>, call: String) {
    drop(calls.try_send(call));
}

struct ScreenSaver(mpsc::Sender<String>);

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl ScreenSaver {
    fn inhibit(&self, name: &str, why: &str) -> u32 {
        tell(&self.0, format!("screen saver: inhibit {name}: {why}"));
        7
    }

    fn un_inhibit(&self, cookie: u32) {
        tell(&self.0, format!("screen saver: release {cookie}"));
    }
}

struct Login(mpsc::Sender<String>);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> zbus::fdo::Result<OwnedFd> {
        let (read, write) = std::io::pipe().map_err(|error| zbus::fdo::Error::Failed(error.to_string()))?;
        tell(&self.0, format!("login: inhibit {what} {mode} {who}: {why}"));
        let calls = self.0.clone();
        // It ends with the lock, which whoever holds it takes along.
        std::thread::spawn(move || await_release(read, &calls));
        Ok(std::os::fd::OwnedFd::from(write).into())
    }
}

/// The lock is given back when its file is closed everywhere.
fn await_release(mut lock: PipeReader, calls: &mpsc::Sender<String>) {
    if lock.read_to_end(&mut Vec::new()).is_ok() {
        tell(calls, "login: release".to_owned());
    }
}

struct Notifications(mpsc::Sender<String>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "so the specification has it")]
    fn notify(
        &self,
        program: &str,
        _replaces: u32,
        _icon: &str,
        title: &str,
        text: &str,
        _actions: Vec<String>,
        hints: std::collections::HashMap<String, zbus::zvariant::OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let urgency = hints.into_iter().find(|(name, _)| name == "urgency").and_then(|(_, value)| u8::try_from(value).ok());
        tell(&self.0, format!("notification {urgency:?}: {program}: {title}: {text}"));
        1
    }
}
