//! The two programs as servers: started on a port of the system's choice, spoken to with the keys that they made.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::deadline::soon;
use crate::desktop::Desktop;
use crate::http::{Answer, Call};
use crate::program::{Output, Program, built};
use crate::raw::Raw;

/// The headless app's source and size where a test doesn't care.
const SMALL_PATTERN: [[&str; 2]; 3] = [["--source", "test-pattern"], ["--size", "320x240"], ["--fps", "10"]];

/// How often something is looked at that nobody tells of.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A program that listens.
#[derive(Debug)]
pub struct Server {
    /// The process.
    pub program: Program,
    /// Where it listens; the first address if there are several.
    pub address: SocketAddr,
    data: PathBuf,
    /// Declared after the program, and so removed after its end.
    _own: Option<TempDir>,
}

impl Server {
    /// `cometcam-server` with a data folder of its own.
    pub async fn alone(options: &[&str]) -> Self {
        Self::in_own_folder("cometcam-server", options).await
    }

    /// `cometcam-server` with this configuration file, as YAML.
    ///
    /// # Panics
    /// If the file can't be written.
    pub async fn configured(yaml: &str, options: &[&str]) -> Self {
        let own = folder();
        let config = own.path().join("config.yaml");
        std::fs::write(&config, yaml).expect("a configuration can be written");
        let config = config.display().to_string();
        let mut server =
            Self::start("cometcam-server", &own.path().join("data"), &[&["--config", &config], options].concat()).await;
        server._own = Some(own);
        server
    }

    /// `cometcam --headless` with a small test pattern, live, and a data folder of its own. `options` win.
    pub async fn headless(options: &[&str]) -> Self {
        let unsaid = SMALL_PATTERN.iter().filter(|[option, _]| !options.contains(option)).flatten().copied();
        let all: Vec<&str> = ["--headless"].into_iter().chain(unsaid).chain(options.iter().copied()).collect();
        Self::in_own_folder("cometcam", &all).await
    }

    /// The program `name` on a free port, keeping its data in `data`, which stays when it ends.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn start(name: &str, data: &Path, options: &[&str]) -> Self {
        Self::start_in(&[], name, data, options).await
    }

    /// Like [`Server::start`], with these variables in its environment.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn start_in(environment: &[(&str, &str)], name: &str, data: &Path, options: &[&str]) -> Self {
        let mut command = built(name);
        command.envs(environment.iter().copied());
        Self::run(command, data, options).await
    }

    /// `cometcam` with its window on this desktop, showing the test pattern, not live. Its data and settings are in `data`.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn window(desktop: &Desktop, data: &Path) -> Self {
        let mut command = built("cometcam");
        desktop.shown_here(&mut command);
        Self::run(command, data, &["--source", "test-pattern"]).await
    }

    /// The program that `command` starts, wherever it does: on another device, or with other services around it.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn run(mut command: Command, data: &Path, options: &[&str]) -> Self {
        command.arg("--data").arg(data);
        // The app's own settings and locks must be the test's too.
        command.env("XDG_CONFIG_HOME", data.join("config-home"));
        Self::listening(command, data, options).await
    }

    /// The program that `command` starts for a person whose home is this folder: its data and settings are where they usually are.
    ///
    /// # Panics
    /// If it doesn't come to listen.
    pub async fn at_home(mut command: Command, home: &Path, options: &[&str]) -> Self {
        for folder in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
            command.env_remove(folder);
        }
        command.env("HOME", home);
        Self::listening(command, &home.join(".local/share/cometcam"), options).await
    }

    async fn listening(mut command: Command, data: &Path, options: &[&str]) -> Self {
        let bind = ["--bind", "127.0.0.1:0"];
        // A test that binds elsewhere means it instead.
        let bind = if options.contains(&"--bind") { &[][..] } else { &bind[..] };
        command.args(bind).args(options);
        let program = Program::start(command);
        let line = program.line(Output::Stdout, "a line “listening on …”", |line| line.starts_with("listening on ")).await;
        let address = line.strip_prefix("listening on http://").and_then(|address| address.trim_end_matches('/').parse().ok());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("“{line}” should name an address as http://ADDR:PORT"));
        // Which may be all addresses of this machine; the tests go by one that is always there.
        let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
        Self { program, address: SocketAddr::new(ip, address.port()), data: data.to_owned(), _own: None }
    }

    async fn in_own_folder(name: &str, options: &[&str]) -> Self {
        let own = folder();
        let mut server = Self::start(name, own.path(), options).await;
        server._own = Some(own);
        server
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The address of a page or picture.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The key that publishing needs.
    #[must_use]
    pub fn publish_key(&self) -> String {
        self.key_file("publish-key")
    }

    /// The key that control needs.
    #[must_use]
    pub fn operator_key(&self) -> String {
        self.key_file("operator-key")
    }

    fn key_file(&self, name: &str) -> String {
        let path = self.data.join(name);
        let key = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        key.trim_end().to_owned()
    }

    /// A request, without a key.
    #[must_use]
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call::new(self.address, method, path)
    }

    /// What a GET gives.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// A request to a publisher location, with the key.
    #[must_use]
    pub fn publisher(&self, method: Method, channel: &str) -> Call {
        self.call(method, &format!("/pub/{channel}")).key(&self.publish_key())
    }

    /// Publishes a text.
    pub async fn publish(&self, channel: &str, message: &str) -> Answer {
        self.publisher(Method::POST, channel).body("text/plain", message.to_owned()).send().await
    }

    /// Saves a picture; with `?publish` in `target` publishes it too. `target` is a channel's name and perhaps a query.
    pub async fn upload(&self, target: &str, content_type: &str, picture: impl Into<Bytes>) -> Answer {
        let call = self.call(Method::POST, &format!("/frames/{target}")).key(&self.publish_key());
        call.body(content_type, picture).send().await
    }

    /// The channel information as JSON.
    pub async fn channel(&self, channel: &str) -> serde_json::Value {
        self.publisher(Method::GET, channel).header("Accept", "application/json").send().await.expect(200).json()
    }

    /// Waits until `count` subscribers are held on a channel: the server's own count is the only event there is.
    ///
    /// # Panics
    /// If that doesn't come to be.
    pub async fn held(&self, channel: &str, count: u64) {
        let what = format!("{count} held subscribers on {channel}");
        let (path, wanted) = (format!("/pub/{channel}"), format!("\"subscribers\":{count},"));
        let headers = format!("Authorization: Bearer {}\r\nAccept: application/json\r\n", self.publish_key());
        let counted = async {
            let mut connection = Raw::connect(self.address).await;
            while !connection.ask(&path, &headers).await.contains(&wanted) {
                // The server has other things to do than to answer this.
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        soon(&what, counted).await;
    }

    /// Asks the program to end and waits for it.
    pub async fn stop(&self) -> ExitStatus {
        self.program.signal(Signal::TERM);
        self.program.end().await
    }

    /// Ends it as a power cut does.
    pub async fn kill(&self) {
        self.program.signal(Signal::KILL);
        self.program.end().await;
    }
}

/// An empty folder that is removed when dropped.
///
/// # Panics
/// If there is no room for one.
#[must_use]
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// Runs the program `name` to its end, and gives its status and what it said on stderr: for starts that are to fail.
///
/// # Panics
/// If it goes on running.
pub async fn refusal(name: &str, options: &[&str]) -> (ExitStatus, String) {
    refused(built(name), options).await
}

/// Like [`refusal`], of the program as another one starts it.
///
/// # Panics
/// If it goes on running.
pub async fn refusal_through(mut through: Command, name: &str, options: &[&str]) -> (ExitStatus, String) {
    through.arg(built(name).get_program());
    refused(through, options).await
}

async fn refused(mut command: Command, options: &[&str]) -> (ExitStatus, String) {
    let config_home = folder();
    command.args(options).env("XDG_CONFIG_HOME", config_home.path());
    let program = Program::start(command);
    let status = program.end().await;
    (status, program.printed(Output::Stderr))
}
