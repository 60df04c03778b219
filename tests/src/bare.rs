//! A bare system of the same kind as this one, to install packages on: debootstrap's smallest, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{Output, Program};

/// For what fetches packages over the network.
const FETCHING: Duration = Duration::from_secs(300);

/// A system whose root is a folder; programs in it share the network and the kernel of this one. Drop removes it.
#[derive(Debug)]
pub struct BareSystem {
    folder: TempDir,
}

impl BareSystem {
    /// Makes one. The first on a machine fetches its packages; they are kept for the next.
    ///
    /// # Panics
    /// If this is not a Debian with debootstrap, or not run by root: CI is.
    pub async fn make() -> Self {
        let pristine = pristine().await;
        let folder = crate::server::folder();
        let mut copy = Command::new("cp");
        copy.arg("--archive").arg(pristine.join(".")).arg(folder.path());
        run(copy).await;
        // Services are not to start in a folder.
        let policy = folder.path().join("usr/sbin/policy-rc.d");
        fs::write(&policy, "#!/bin/sh\nexit 101\n").expect("the system can be written to");
        let mut allow = Command::new("chmod");
        allow.arg("755").arg(policy);
        run(allow).await;
        Self { folder }
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A command in it; nothing of this one's environment comes along.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("chroot");
        command.arg(self.root()).arg(program).env_clear();
        command.envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/root"), ("DEBIAN_FRONTEND", "noninteractive")]);
        command
    }

    /// Runs a command in it, and tells what it printed.
    ///
    /// # Panics
    /// If it fails.
    pub async fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = self.command(program);
        command.args(arguments);
        run(command).await
    }
}

/// Where packages come from here, and which they are: `http://deb.debian.org/debian`, `bookworm`.
fn origin() -> (String, String) {
    let told =
        Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"]).output();
    let told = String::from_utf8_lossy(&told.expect("apt-get is there: this test needs Debian or Ubuntu").stdout).into_owned();
    let (uri, codename) = told.lines().next().and_then(|line| line.split_once(' ')).expect("apt-get knows an origin");
    (uri.to_owned(), codename.to_owned())
}

async fn pristine() -> PathBuf {
    let (uri, codename) = origin();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(std::env::home_dir()?.join(".cache"))).expect("there is a home folder");
    let made = cache.join("cometcam-tests").join(format!("bare-{codename}"));
    if !made.is_dir() {
        let part = made.with_extension("part");
        // Of a run that was ended.
        drop(fs::remove_dir_all(&part));
        fs::create_dir_all(&part).expect("the cache can be written to");
        let mut make = Command::new("debootstrap");
        make.args(["--variant=minbase", &codename]).arg(&part).arg(uri);
        run(make).await;
        fs::rename(&part, &made).expect("the cache can be written to");
    }
    made
}

async fn run(command: Command) -> String {
    let what = format!("{command:?}");
    let program = Program::start(command);
    let status = program.end_within(FETCHING).await;
    let printed = program.printed(Output::Stdout);
    assert!(status.success(), "{what} failed:\n{printed}{}", program.printed(Output::Stderr));
    printed
}
