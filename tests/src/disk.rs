//! A small, slow disk: a file with a file system in it, mounted so that every write waits, and a bound on the bytes a second that
//! are written to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Bytes a second that the programs on the disk may write, all together.
const BYTES_A_SECOND: u32 = 1_500_000;

/// The disk. Drop unmounts it, so what runs on it has to end before.
#[derive(Debug)]
pub struct SmallDisk {
    mount: PathBuf,
    group: Option<PathBuf>,
    _folder: TempDir,
}

impl SmallDisk {
    /// Of so many megabytes.
    ///
    /// # Panics
    /// If nothing can be mounted here: CI is root and may.
    #[must_use]
    pub fn new(megabytes: u64) -> Self {
        let folder = crate::server::folder();
        let (image, mount) = (folder.path().join("image"), folder.path().join("mount"));
        let file = fs::File::create(&image).and_then(|file| file.set_len(megabytes << 20));
        file.and_then(|()| fs::create_dir(&mount)).expect("there is room for a small disk");
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image));
        run(Command::new("mount").args(["-o", "loop,sync"]).arg(&image).arg(&mount));
        let group = slow_group(&mount);
        Self { mount, group, _folder: folder }
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.mount
    }

    /// `command`, as one that feels how slow the disk is.
    ///
    /// # Panics
    /// If this machine lets nobody bound the bytes a second of a disk: on a quick one a test would prove less than it says.
    #[must_use]
    pub fn slow(&self, command: &Command) -> Command {
        let group = self.group.as_ref().expect("the bytes a second of a disk can be bound: needs control groups, and to be root");
        let mut slow = Command::new("sh");
        slow.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]);
        slow.arg(group.join("cgroup.procs"));
        slow.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => slow.env(name, value),
                None => slow.env_remove(name),
            };
        }
        slow
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, for a process that was killed a moment ago may still be on its way out.
        run(Command::new("umount").arg("--lazy").arg(&self.mount));
        if let Some(group) = &self.group {
            // A group in which a process is still ending stays behind; it bounds a disk that is gone.
            let _left_behind = fs::remove_dir(group);
        }
    }
}

/// A control group whose processes write slowly to the disk at `mount`; `None` where the system has no such groups.
fn slow_group(mount: &Path) -> Option<PathBuf> {
    let device = device(mount)?;
    let name = format!("cometcam-tests-{}-{}", std::process::id(), device.replace(':', "-"));
    let old = Path::new("/sys/fs/cgroup/blkio").join(&name);
    if fs::create_dir(&old).is_ok() {
        let bound = format!("{device} {BYTES_A_SECOND}");
        return fs::write(old.join("blkio.throttle.write_bps_device"), bound).ok().map(|()| old);
    }
    let new = Path::new("/sys/fs/cgroup").join(&name);
    fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+io").ok()?;
    fs::create_dir(&new).ok()?;
    fs::write(new.join("io.max"), format!("{device} wbps={BYTES_A_SECOND}")).ok().map(|()| new)
}

/// The device's numbers, as `7:0`.
fn device(mount: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let line = mounts.lines().find(|line| line.split(' ').nth(4) == mount.to_str())?;
    line.split(' ').nth(2).map(str::to_owned)
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed; a small disk needs root and the right to mount: {told}");
}
