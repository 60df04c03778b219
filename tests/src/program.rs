//! A program that runs beside the test: what it prints, how it ends, and that nothing of it is left.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::watch;

use crate::deadline::{PATIENCE, soon, within};

/// The last lines that are kept of each output: enough to see why a test failed, little enough for a program that raves.
const LINES_KEPT: usize = 2_000;
/// The longest piece of a line that is kept, in bytes.
const LINE_BYTES: u64 = 64 * 1024;

/// One of a program's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What other programs read.
    Stdout,
    /// What people read.
    Stderr,
}

/// A running program. Drop kills it, and every process it started, and waits until it is gone.
#[derive(Debug)]
pub struct Program {
    name: String,
    group: Pid,
    stdout: watch::Receiver<Lines>,
    stderr: watch::Receiver<Lines>,
    exit: watch::Receiver<Option<ExitStatus>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<String>,
    ended: bool,
}

impl Program {
    /// Starts `command` in a process group of its own, its outputs read and its input empty.
    ///
    /// # Panics
    /// If it can't be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        crate::duration::count();
        let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} can't be started: {error}"));
        let (stdout, read_stdout) = collect(child.stdout.take().expect("stdout is piped"));
        let (stderr, read_stderr) = collect(child.stderr.take().expect("stderr is piped"));
        let group = Pid::from_child(&child);
        let (ended, exit) = watch::channel(None);
        let wait = thread::spawn(move || {
            let status = child.wait().expect("a child can be waited for once");
            ended.send_replace(Some(status));
        });
        Self { name, group, stdout, stderr, exit, threads: vec![read_stdout, read_stderr, wait] }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for a line of `output` that `wanted` picks; lines printed before the call count too.
    ///
    /// # Panics
    /// If the output ends without one, with what was printed.
    pub async fn line(&self, output: Output, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.line_within(PATIENCE, output, what, wanted).await
    }

    /// Waits for such a line, for so long.
    ///
    /// # Panics
    /// If the output ends without one, with what was printed.
    pub async fn line_within(&self, limit: Duration, output: Output, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut lines = self.output(output).clone();
        let find = |lines: &Lines| lines.kept.iter().find(|line| wanted(line)).cloned();
        let seen = within(limit, what, lines.wait_for(|lines| lines.ended || find(lines).is_some())).await;
        let line = seen.ok().and_then(|lines| find(&lines));
        line.unwrap_or_else(|| panic!("{} ended without this: {what}\n{}", self.name, self.printed(Output::Stderr)))
    }

    /// What it has printed until now, its last lines.
    #[must_use]
    pub fn printed(&self, output: Output) -> String {
        self.output(output).borrow().kept.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// Sends the signal to it alone; nothing happens if it has ended.
    pub fn signal(&self, signal: Signal) {
        if self.exit.borrow().is_none() {
            // It may end in this very moment, and then there is nobody to signal.
            let _gone = rustix::process::kill_process(self.group, signal);
        }
    }

    /// Waits for its end and for all that it printed.
    ///
    /// # Panics
    /// If it goes on running.
    pub async fn end(&self) -> ExitStatus {
        self.end_within(PATIENCE).await
    }

    /// Waits for its end and for all that it printed, for so long.
    ///
    /// # Panics
    /// If it goes on running.
    pub async fn end_within(&self, limit: Duration) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        let mut exit = self.exit.clone();
        let status = within(limit, &what, exit.wait_for(Option::is_some)).await.ok().and_then(|status| *status);
        for output in [Output::Stdout, Output::Stderr] {
            let mut lines = self.output(output).clone();
            // An error means that the reader is gone, and so that all was read.
            let _read = soon(&what, lines.wait_for(|lines| lines.ended)).await;
        }
        status.expect("the waiting thread tells the status")
    }

    fn output(&self, output: Output) -> &watch::Receiver<Lines> {
        match output {
            Output::Stdout => &self.stdout,
            Output::Stderr => &self.stderr,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The group, for what it started may hold its outputs open; that there is none left is no fault.
        let _gone = kill_process_group(self.group, Signal::KILL);
        for thread in self.threads.drain(..) {
            // A panic there was printed when it happened; a second one here would hide the test's own.
            let _panicked = thread.join();
        }
    }
}

fn collect(output: impl Read + Send + 'static) -> (watch::Receiver<Lines>, JoinHandle<()>) {
    let (lines, read) = watch::channel(Lines::default());
    let thread = thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            let end = !matches!(output.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line), Ok(1..));
            lines.send_modify(|lines| {
                lines.ended = end;
                if !end {
                    lines.kept.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
                    let surplus = lines.kept.len().saturating_sub(LINES_KEPT);
                    lines.kept.drain(..surplus);
                }
            });
            if end {
                return;
            }
        }
    });
    (read, thread)
}

/// The command that runs `cometcam` or `cometcam-server` as built from this workspace, in the profile of the running test.
///
/// Cargo doesn't build other packages' programs for a test, so this asks it to, once in a test run: a moment if they are there.
/// The same packages and features as in the Makefile, so that nothing is built twice.
///
/// # Panics
/// If they can't be built.
#[must_use]
pub fn built(name: &str) -> Command {
    let mut command = Command::new(folder().join(name));
    undisturbed(&mut command);
    command
}

/// Makes `command` one that what a developer has set for Cometcam doesn't change.
pub fn undisturbed(command: &mut Command) {
    for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("COMETCAM_")) {
        command.env_remove(key);
    }
}

/// The path of an example program of the crate `cometcam`, as built from this workspace.
///
/// # Panics
/// If it can't be built.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    folder().join("examples").join(name)
}

/// Where the programs and examples lie, once they are built.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().expect("the test has a path");
        let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps").to_owned();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--locked"]);
        build.args(["--package", "cometcam", "--package", "cometcam-server", "--bins", "--examples"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let built = build.status().expect("cargo builds the programs under test: install Rust with rustup");
        assert!(built.success(), "the programs under test can't be built: `make build` says why");
        folder
    })
}
