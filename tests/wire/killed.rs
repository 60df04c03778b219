//! Programs that are killed at any moment, on a small slow disk: what is in the archive afterwards, what is left lying about, and
//! what becomes of the numbers.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cometcam_tests::deadline::{Enough, soon};
use cometcam_tests::disk::SmallDisk;
use cometcam_tests::files::files;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::random::Random;
use cometcam_tests::server::Server;
use rustix::process::Signal;
use serde_json::Value;

/// A broadcast whose every picture is saved, and kept or not.
fn saving(data: &Path, keep: Option<&str>) -> Command {
    let mut command = built("cometcam");
    command.args(["--headless", "--source", "test-pattern", "--size", "320x240", "--fps", "60", "--bind", "127.0.0.1:0"]);
    command.args(["--save", "every"]).args(keep).arg("--data").arg(data).env("XDG_CONFIG_HOME", data);
    command
}

/// When a program is killed, after its start, after it listened, or after its first picture.
#[derive(Debug, Clone, Copy)]
enum Kill {
    Starting(Duration),
    Listening(Duration),
    Showing(Duration),
}

/// What is known of the pictures of all runs.
#[derive(Default)]
struct Known {
    /// The address of each number.
    urls: HashMap<u64, String>,
    /// The numbers of those that were not to be kept.
    passing: HashSet<u64>,
    /// Files that were found whole, and the number in each of their names.
    whole: HashMap<PathBuf, u64>,
    /// How often each kind of thing lay about after a kill.
    left: HashMap<&'static str, usize>,
    kills: usize,
    /// Of which so many came after a picture.
    shown: usize,
}

const KILLS: usize = 200;
/// A minute or two on a machine that is not busy.
const LONG: Duration = Duration::from_secs(600);

impl Known {
    /// Runs the program and kills it.
    async fn run(&mut self, disk: &SmallDisk, data: &Path, keep: Option<&str>, kill: Kill) {
        let before = self.urls.len();
        let left_over: Vec<_> = files(data).into_iter().filter(|path| rubbish(data, path).is_some()).collect();
        for kind in left_over.iter().filter_map(|path| rubbish(data, path)) {
            *self.left.entry(kind).or_default() += 1;
        }
        let program = Program::start(disk.slow(&saving(data, keep)));
        let listening = async {
            let told = program.line(Output::Stdout, "a line “listening on …”", |line| line.starts_with("listening on ")).await;
            gone(&left_over).await;
            told.trim_start_matches("listening on http://").trim_end_matches('/').parse::<SocketAddr>().unwrap()
        };
        let _only_the_kill_ends_it = match kill {
            Kill::Starting(alive) => tokio::time::timeout(alive, listening).await.is_ok(),
            Kill::Listening(alive) | Kill::Showing(alive) => {
                let mut subscriber = Subscriber::to(listening.await, "front");
                if matches!(kill, Kill::Showing(_)) {
                    self.note(&subscriber.of_type("frame").await, keep);
                }
                let broadcast = async {
                    loop {
                        self.note(&subscriber.of_type("frame").await, keep);
                    }
                };
                tokio::time::timeout(alive, broadcast).await.is_ok()
            }
        };
        program.signal(Signal::KILL);
        program.end().await;
        self.kills += 1;
        self.shown += usize::from(self.urls.len() > before);
    }

    fn note(&mut self, frame: &Value, keep: Option<&str>) {
        let (number, url) = (frame["seq"].as_u64().unwrap(), frame["url"].as_str().unwrap());
        let twice = self.urls.insert(number, url.to_owned());
        assert_eq!(twice, None, "number {number} was used again, for {url}");
        if keep.is_none() {
            self.passing.insert(number);
        }
    }

    /// Looks at the files that are new in the archive.
    fn look_into(&mut self, archive: &Path) {
        for path in files(archive) {
            if self.whole.contains_key(&path) {
                continue;
            }
            let read = std::fs::read(&path).unwrap();
            let whole = std::panic::catch_unwind(|| jpeg::whole(&read).dimensions());
            assert!(matches!(whole, Ok((320, 240))), "{} is no whole picture: {} bytes", path.display(), read.len());
            let (captured, number) = id(&path);
            assert!(!self.whole.values().any(|other| *other == number), "number {number} was used again, for {}", path.display());
            assert!(!self.passing.contains(&number), "{} was not to be kept", path.display());
            if let Some(url) = self.urls.get(&number) {
                assert_eq!(*url, format!("/frames/front/{captured}-{number:06}.jpg"), "{}", path.display());
            }
            self.whole.insert(path, number);
        }
    }

    /// How often happened what makes all this prove something, and how often it is to: each with its name.
    fn counts(&self) -> [(&'static str, usize, usize); 6] {
        let left = |kind| self.left.get(kind).copied().unwrap_or_default();
        [
            ("kills", self.kills, KILLS),
            ("kills after a picture", self.shown, KILLS / 4),
            ("whole files", self.whole.len(), KILLS / 4),
            ("files that made place for newer ones", self.whole.keys().filter(|path| !path.exists()).count(), 1),
            ("half-written files left", left("half-written"), 1),
            ("files of a broadcast left", left("of a broadcast"), 1),
        ]
    }
}

/// Waits until a start has removed what a killed program left. That is done beside the work, for it may be many files, and there is
/// no other event than that they are gone.
async fn gone(left_over: &[PathBuf]) {
    let gone = async {
        while left_over.iter().any(|path| path.exists()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon(&format!("the end of what a killed program left: {left_over:?}"), gone).await;
}

/// What a file is that must be gone after the next start; `None` if it may stay.
fn rubbish(data: &Path, path: &Path) -> Option<&'static str> {
    let place = path.strip_prefix(data).unwrap();
    match path.extension() {
        Some(ending) if ending == "part" => Some("half-written"),
        _ if place.starts_with("tmp") => Some("in tmp"),
        _ if place.starts_with("live") => Some("of a broadcast"),
        _ => None,
    }
}

/// When a picture was captured, in milliseconds of the Unix epoch, and its number, as the path of its file tells:
/// `…/2026-11-22/14/14-03-22.123-000042.jpg`.
fn id(path: &Path) -> (u64, u64) {
    let text = path.to_string_lossy();
    let place: Vec<&str> = text.rsplit('/').take(3).collect();
    let numbers = |text: &str| text.split(['-', '.']).filter_map(|digits| digits.parse().ok()).collect::<Vec<u64>>();
    let (date, time) = (numbers(place[2]), numbers(place[0]));
    let (&[year, month, day], &[hour, minute, second, millis, number]) = (&date[..], &time[..]) else { panic!("{text}") };
    assert_eq!(place[1].parse(), Ok(hour), "{text}");
    // Days since 1 March of the year 0, of which the epoch is the 719,468th (the calendar's months from March on make it even).
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    ((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis, number)
}

#[test]
fn the_path_of_a_picture_is_read_as_its_id() {
    assert_eq!(id(Path::new("front/2026-11-22/09/09-47-14.123-000042.jpg")), (1_795_340_834_123, 42));
    assert_eq!(id(Path::new("front/2000-02-29/00/00-00-00.001-1234567.jpg")), (951_782_400_001, 1_234_567));
}

#[tokio::test]
async fn two_hundred_kills_leave_whole_pictures_no_rubbish_and_no_number_twice() {
    let disk = SmallDisk::new(3);
    let data = disk.path().join("data");
    let (mut random, mut known, enough) = (Random::new(), Known::default(), Enough::within(LONG));
    while !enough.is_reached(&known.counts()) {
        let kill = match known.kills % 4 {
            0 => Kill::Listening(random.up_to(Duration::from_millis(250))),
            1 => Kill::Showing(random.up_to(Duration::from_millis(250))),
            _ => Kill::Starting(random.up_to(Duration::from_millis(150))),
        };
        let keep = (!random.one_in(4)).then_some("--keep");
        known.run(&disk, &data, keep, kill).await;
        known.look_into(&data.join("frames"));
    }
    let left_over = files(&data);
    let last = Server::start("cometcam-server", &data, &[]).await;
    gone(&left_over.into_iter().filter(|path| rubbish(&data, path).is_some()).collect::<Vec<_>>()).await;
    assert_eq!(files(&data.join("tmp")), Vec::<PathBuf>::new());
    assert_eq!(files(&data.join("live")), Vec::<PathBuf>::new());
    assert!(last.stop().await.success());
    println!(
        "{} pictures, {} of them passing; {:?}; left: {:?}",
        known.urls.len(),
        known.passing.len(),
        known.counts(),
        known.left
    );
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
