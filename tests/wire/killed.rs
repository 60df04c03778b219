//! Programs that are killed at any moment, on a small slow disk: what is in the archive afterwards, what is left lying about, and
//! what becomes of the numbers.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cometcam_tests::disk::SmallDisk;
use cometcam_tests::files::files;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::random::Random;
use cometcam_tests::server::Server;
use rustix::process::Signal;

/// A broadcast whose every picture is kept.
fn keeping(data: &Path) -> Command {
    let mut command = built("cometcam");
    command.args(["--headless", "--source", "test-pattern", "--size", "320x240", "--fps", "60", "--bind", "127.0.0.1:0"]);
    command.args(["--save", "every", "--keep", "--data"]).arg(data).env("XDG_CONFIG_HOME", data);
    command
}

/// What is known of the pictures of all runs.
#[derive(Default)]
struct Known {
    /// The address of each number.
    urls: HashMap<u64, String>,
    /// Files that were found whole.
    whole: HashSet<PathBuf>,
    /// How many kills came in the middle of a file.
    half_written: usize,
    /// The number in each of their names.
    numbers: HashMap<u64, PathBuf>,
}

impl Known {
    /// Runs the program for so long at most, and kills it. Returns how many pictures it published.
    async fn run(&mut self, disk: &SmallDisk, data: &Path, alive: Duration) -> usize {
        let before = self.urls.len();
        let left_over: Vec<_> = files(&data.join("tmp"));
        self.half_written += left_over.len();
        let program = Program::start(disk.slow(&keeping(data)));
        let broadcast = async {
            let told = program.line(Output::Stdout, "a line “listening on …”", |line| line.starts_with("listening on ")).await;
            for path in &left_over {
                assert!(!path.exists(), "{} was left by a killed program, and by the next one", path.display());
            }
            let address = told.trim_start_matches("listening on http://").trim_end_matches('/').parse().unwrap();
            let mut subscriber = Subscriber::to(address, "front");
            loop {
                let frame = subscriber.of_type("frame").await;
                self.note(frame["seq"].as_u64().unwrap(), frame["url"].as_str().unwrap());
            }
        };
        // The kill comes whenever it comes: before it listens, or in the middle of a picture.
        let _only_the_kill_ends_it = tokio::time::timeout(alive, broadcast).await;
        program.signal(Signal::KILL);
        program.end().await;
        self.urls.len() - before
    }

    fn note(&mut self, number: u64, url: &str) {
        let twice = self.urls.insert(number, url.to_owned());
        assert_eq!(twice, None, "number {number} was used again, for {url}");
    }

    /// Looks at the files that are new in the archive.
    fn look_into(&mut self, archive: &Path) {
        for path in files(archive) {
            if !self.whole.insert(path.clone()) {
                continue;
            }
            let read = std::fs::read(&path).unwrap();
            let whole = std::panic::catch_unwind(|| jpeg::whole(&read).dimensions());
            assert!(matches!(whole, Ok((320, 240))), "{} is no whole picture: {} bytes", path.display(), read.len());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let number = name.rsplit('-').next().unwrap().parse().unwrap();
            let twice = self.numbers.insert(number, path.clone());
            assert_eq!(twice, None, "number {number} was used again, for {}", path.display());
            assert!(
                self.urls.get(&number).is_none_or(|url| same_millisecond(url, &name)),
                "{name} and {:?}",
                self.urls.get(&number)
            );
        }
    }
}

/// Whether an address and the name of a file tell the same millisecond of a second, and so are of one picture.
fn same_millisecond(url: &str, name: &str) -> bool {
    let of_url = url.rsplit_once('-').map(|(captured, _)| &captured[captured.len() - 3..]);
    let of_name = name.split_once('.').map(|(_, rest)| &rest[..3]);
    of_url == of_name
}

#[tokio::test]
async fn two_hundred_kills_leave_whole_pictures_no_rubbish_and_no_number_twice() {
    const KILLS: usize = 200;
    let disk = SmallDisk::new(20);
    let data = disk.path().join("data");
    let (mut random, mut known, mut published) = (Random::new(), Known::default(), Vec::new());
    for _ in 0..KILLS {
        let alive = random.up_to(Duration::from_millis(350));
        published.push(known.run(&disk, &data, alive).await);
        known.look_into(&data.join("frames"));
    }
    let last = Server::start("cometcam-server", &data, &[]).await;
    assert_eq!(files(&data.join("tmp")), Vec::<PathBuf>::new());
    assert_eq!(files(&data.join("live")), Vec::<PathBuf>::new());
    assert!(last.stop().await.success());
    let (runs, pictures) = (published.iter().filter(|count| **count > 0).count(), published.iter().sum::<usize>());
    assert!(runs >= KILLS / 4, "only {runs} runs came to a picture");
    assert!(known.half_written > 0, "no kill came in the middle of a file");
    assert!(known.whole.len() >= runs, "{} files of {pictures} pictures", known.whole.len());
}

/// What takes all the room that there is. Drop gives it back.
struct Ballast(PathBuf);

impl Ballast {
    fn fill(folder: &Path) -> Self {
        let path = folder.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        let full = std::io::copy(&mut std::io::repeat(0), &mut file).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        Self(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_costs_saved_pictures_and_no_live_one_and_is_told_while_it_lasts() {
    let disk = SmallDisk::new(8);
    let data = disk.path().join("data");
    let options = ["--headless", "--source", "test-pattern", "--size", "320x240", "--fps", "20", "--save", "every", "--keep"];
    let server = Server::start("cometcam", &data, &options).await;
    let mut subscriber = Subscriber::new(&server, "front?latest");
    while files(&data.join("frames")).is_empty() {
        let _frame = subscriber.of_type("frame").await;
    }
    let ballast = Ballast::fill(disk.path());
    while server.get("/healthz").await.status == 200 {
        let frame = subscriber.of_type("frame").await;
        let _pixels = jpeg::whole(&server.get(frame["url"].as_str().unwrap()).await.expect(200).body);
    }
    let told = server.get("/healthz").await.expect(503).text();
    assert!(told.to_lowercase().contains("full"), "{told}");
    for _ in 0..20 {
        let frame = subscriber.of_type("frame").await;
        let _pixels = jpeg::whole(&server.get(frame["url"].as_str().unwrap()).await.expect(200).body);
    }
    drop(ballast);
    while server.get("/healthz").await.status != 200 {
        let _frame = subscriber.of_type("frame").await;
    }
    let saved = files(&data.join("frames"));
    while files(&data.join("frames")).len() <= saved.len() {
        let _frame = subscriber.of_type("frame").await;
    }
    assert!(server.stop().await.success());
    for path in files(&data.join("frames")) {
        let _pixels = jpeg::whole(&std::fs::read(path).unwrap());
    }
}

#[tokio::test]
async fn an_archive_never_takes_the_last_room_of_a_disk() {
    let disk = SmallDisk::new(8);
    let data = disk.path().join("data");
    let options = ["--headless", "--source", "test-pattern", "--size", "640x480", "--fps", "30", "--save", "every", "--keep"];
    let server = Server::start("cometcam", &data, &options).await;
    let mut subscriber = Subscriber::new(&server, "front?latest");
    let (mut first, mut gone) = (None, false);
    while !gone {
        let _frame = subscriber.of_type("frame").await;
        let free = free_share(disk.path());
        assert!(free > 0.05, "{free} of the disk is free");
        let mut files = files(&data.join("frames"));
        files.sort();
        let oldest = files.into_iter().next();
        first = first.or(oldest.clone());
        gone = oldest.is_some() && oldest != first;
    }
    let _healthy = server.get("/healthz").await.expect(200);
}

/// How much of a disk is free.
fn free_share(mount: &Path) -> f64 {
    let disk = rustix::fs::statvfs(mount).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "the disk is small")]
    let share = disk.f_bavail as f64 / disk.f_blocks as f64;
    share
}
