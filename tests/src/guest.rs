//! The camera lab's machine (tests/camera): the guest in which drivers make cameras appear, fail and go, told what to do by the
//! test, and a `cometcam` in it that this side watches from outside.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::deadline::{soon, within};
use crate::http::{Answer, Call};
use crate::longpoll::Subscriber;
use crate::program::{Output, Program, built};
use crate::server::folder;

/// Each takes a processor and half a gigabyte of memory: not more than so many at once.
static TURNS: Semaphore = Semaphore::const_new(2);
/// Where a program in the guest listens.
const PORT: u16 = 8060;
/// The program there: by this path every user may run it, wherever it was built.
const PROGRAM: &str = "/run/cometcam";
/// A guest ends after so many seconds, whatever happens. A net: each wait in a test has its own limit.
const LIMIT: Duration = Duration::from_secs(600);
/// How long a guest may take to boot, and a program in it to say something: emulated, and on a busy machine.
const SLOW: Duration = Duration::from_secs(90);

/// A running guest. Drop ends it, and all that runs in it.
#[derive(Debug)]
pub struct Guest {
    machine: Program,
    control: BufStream<UnixStream>,
    /// Leads to [`PORT`] there.
    address: SocketAddr,
    started: u32,
    _out: TempDir,
    _turn: SemaphorePermit<'static>,
}

/// A `cometcam` that runs in a guest.
#[derive(Debug)]
pub struct Broadcast {
    /// Where it is reached from here.
    pub address: SocketAddr,
    /// Of those that this guest has started: names its folder and its lines.
    number: u32,
    /// Its process there.
    id: String,
}

impl Guest {
    /// Boots one in which no camera is plugged in.
    ///
    /// # Panics
    /// If it doesn't come up, e.g. since the lab is not set up, which is said with the cure.
    pub async fn boot() -> Self {
        let built = built("cometcam").get_program().to_string_lossy().into_owned();
        let turn = turn().await;
        let out = folder();
        let mut command = machine("commands.sh", out.path());
        command.env("NET", format!("0:{PORT}"));
        let machine = Program::start(command);
        let _ready = machine.line_within(SLOW, Output::Stdout, "a guest that is ready", |line| line == "ready").await;
        let control = BufStream::new(socket(&out.path().join("control")).await);
        let address = forwarded(&out.path().join("monitor")).await;
        let mut guest = Self { machine, control, address, started: 0, _out: out, _turn: turn };
        guest.run(&format!("touch {PROGRAM} && mount --bind '{built}' {PROGRAM}")).await;
        guest
    }

    /// Runs a command of the guest's shell to its end, and gives its status and what it printed.
    ///
    /// # Panics
    /// If the guest is gone, or takes too long.
    pub async fn attempt(&mut self, command: &str) -> (i32, String) {
        let answer = async {
            self.control.write_all(format!("{command}\n").as_bytes()).await?;
            self.control.flush().await?;
            let mut head = String::new();
            self.control.read_line(&mut head).await?;
            let (status, length) = status_and_length(&head).ok_or_else(|| io::Error::other(format!("an answer “{head}”")))?;
            let mut printed = vec![0; length];
            self.control.read_exact(&mut printed).await?;
            Ok::<_, io::Error>((status, String::from_utf8_lossy(&printed).into_owned()))
        };
        let answer = within(SLOW, &format!("the end of “{command}” in the guest"), answer).await;
        answer.unwrap_or_else(|error| panic!("the guest did not do “{command}”: {error}"))
    }

    /// Runs a command that is to succeed, and gives what it printed.
    ///
    /// # Panics
    /// If it fails.
    pub async fn run(&mut self, command: &str) -> String {
        let (status, printed) = self.attempt(command).await;
        assert_eq!(status, 0, "“{command}” in the guest printed: {printed}");
        printed
    }

    /// Runs `cometcam` with these options to its end, and gives what it printed.
    ///
    /// # Panics
    /// If it fails.
    pub async fn cometcam(&mut self, options: &str) -> String {
        self.run(&format!("{PROGRAM} {options}")).await
    }

    /// Starts `cometcam --headless` with these options, its data in a folder of its own.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn broadcast(&mut self, options: &str) -> Broadcast {
        self.broadcast_as("", options).await
    }

    /// Starts it through another program, that may change who it runs as.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn broadcast_as(&mut self, through: &str, options: &str) -> Broadcast {
        self.started += 1;
        let number = self.started;
        let data = data(number);
        let options = format!("--headless --bind 0.0.0.0:{PORT} --data {data} {options}");
        let start = format!("start {number} env XDG_CONFIG_HOME={data}/config {through} {PROGRAM} {options}; echo $STARTED");
        let id = self.run(&start).await.trim().to_owned();
        let broadcast = Broadcast { address: self.address, number, id };
        let _listens = self.said(&broadcast, "listening on http://").await;
        broadcast
    }

    /// Waits for a line of the program that contains `words`.
    ///
    /// # Panics
    /// If none comes.
    pub async fn said(&self, broadcast: &Broadcast, words: &str) -> String {
        let tag = format!("{}: ", broadcast.number);
        let what = format!("“{words}” of the program in the guest");
        self.machine.line_within(SLOW, Output::Stdout, &what, |line| line.starts_with(&tag) && line.contains(words)).await
    }

    /// Asks the program to end and waits for it.
    ///
    /// # Panics
    /// If it doesn't end, or in disorder.
    pub async fn stop(&mut self, broadcast: Broadcast) {
        self.run(&format!("kill {0}; wait {0}", broadcast.id)).await;
    }

    /// The key that control of the program needs.
    pub async fn operator_key(&mut self, broadcast: &Broadcast) -> String {
        self.run(&format!("cat {}/operator-key", data(broadcast.number))).await.trim().to_owned()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Nobody else sees it, and it says why most tests failed.
        if std::thread::panicking() {
            eprintln!("The guest's console:\n{}", self.machine.printed(Output::Stdout));
        }
    }
}

impl Broadcast {
    /// A subscriber of its channel from outside, who takes the newest each time.
    #[must_use]
    pub fn viewer(&self) -> Subscriber {
        Subscriber::to(self.address, "front?latest")
    }

    /// What a GET gives.
    pub async fn get(&self, path: &str) -> Answer {
        Call::new(self.address, hyper::Method::GET, path).send().await
    }
}

/// The pictures that the USB webcam of a guest gives: files of the lab's, at the same place here and there.
///
/// # Panics
/// If they can't be read.
#[must_use]
pub fn webcam_pictures() -> HashSet<Vec<u8>> {
    let home = || Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache/camera-lab");
    let lab = std::env::var_os("CAMERA_LAB").map_or_else(home, PathBuf::from);
    let pictures = std::fs::read_dir(lab.join("media/pictures")).expect("setup.sh has made pictures");
    let read = |path: PathBuf| std::fs::read(path).expect("a picture can be read");
    pictures.map(|picture| read(picture.expect("a folder can be read").path())).collect()
}

/// A guest script that has ended.
#[derive(Debug)]
pub struct Script {
    /// Of the script.
    pub status: ExitStatus,
    /// On its console.
    pub printed: String,
    /// What it wrote to `/out`.
    pub out: TempDir,
}

/// Runs a guest script that checks something by itself, with these words as arguments.
///
/// # Panics
/// If it doesn't end.
pub async fn script(name: &str, arguments: &[&str]) -> Script {
    let _turn = turn().await;
    let out = folder();
    let mut command = machine(&format!("guest/{name}"), out.path());
    command.args(arguments);
    let machine = Program::start(command);
    let status = machine.end_within(LIMIT + SLOW).await;
    Script { status, printed: machine.printed(Output::Stdout) + &machine.printed(Output::Stderr), out }
}

/// The data folder there of the program that was started as this one.
fn data(number: u32) -> String {
    format!("/tmp/data-{number}")
}

async fn turn() -> SemaphorePermit<'static> {
    TURNS.acquire().await.expect("the semaphore is never closed")
}

fn machine(script: &str, out: &Path) -> Command {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("camera");
    let mut command = Command::new(lab.join("vm.sh"));
    command.arg(lab.join(script)).arg(LIMIT.as_secs().to_string()).env("OUT", out);
    command
}

async fn socket(path: &Path) -> UnixStream {
    UnixStream::connect(path).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn status_and_length(head: &str) -> Option<(i32, usize)> {
    let (status, length) = head.trim_end().split_once(' ')?;
    Some((status.parse().ok()?, length.parse().ok()?))
}

/// The address here that leads into the guest, which the system chose.
async fn forwarded(monitor: &Path) -> SocketAddr {
    let mut monitor = BufStream::new(socket(monitor).await);
    let port = async {
        monitor.write_all(b"info usernet\n").await.ok()?;
        monitor.flush().await.ok()?;
        let mut line = String::new();
        while monitor.read_line(&mut line).await.ok()? > 0 {
            // Protocol, descriptor, source address, source port, …
            if line.contains("HOST_FORWARD") {
                return line.split_whitespace().nth(3)?.parse().ok();
            }
            line.clear();
        }
        None
    };
    let port: u16 = soon("the forwarded port", port).await.expect("the monitor tells the forwarded port");
    SocketAddr::from(([127, 0, 0, 1], port))
}
