//! The same with kill -9: the studio runs in a process of its own, which says what is done in it and is killed at any moment. Then
//! the next one is asked for all that was ever to be seen.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cometcam_tests::files::files;
use cometcam_tests::program::{Output, Program};
use cometcam_tests::random::Random;
use cometcam_tests::server::{Server, folder};
use futures_util::future::join_all;
use rustix::process::Signal;

use super::VISITORS;
use super::diary::{Broadcast, Diary};
use super::late::LateCamera;
use super::studio::Studio;
use super::visitor::{Visitor, named, now_ms};

/// Names the folder of a studio that is to run until it is killed.
const FOLDER: &str = "COMETCAM_TESTS_STUDIO";

/// No test by itself, but the program that the next one starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_studio_to_be_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut random = Random::new();
    let camera = LateCamera::start(|number, captured| println!("picture {number} {captured}"));
    let studio = Studio::open(Path::new(&folder), camera.opener(random.fork())).await;
    let (mut diary, visitor) = (Diary::of(&studio).aloud(), Visitor::new(studio.address));
    println!("\naddress {}", studio.address);
    loop {
        diary.act(&studio, &visitor, &mut random).await;
    }
}

fn studio(folder: &Path, random: &mut Random) -> Program {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "unseen::killed::a_studio_to_be_killed", "--nocapture"]);
    command.env(FOLDER, folder).env("COMETCAM_SEED", random.below(usize::MAX).to_string());
    Program::start(command)
}

/// What is known of all runs.
struct Known {
    folder: PathBuf,
    visitor: Visitor,
    diaries: Vec<Diary>,
    /// Addresses of pictures that were to be kept, and were found on disk after a kill.
    kept: HashSet<String>,
}

impl Known {
    /// Whether a picture of this address may be on disk still. Not all of them are: the disk comes behind.
    fn may_be_kept(&self, url: &str) -> bool {
        let (channel, captured) = named(url);
        self.diaries.iter().any(|diary| diary.is_kept(channel, captured))
    }

    /// Runs a studio for so long, and kills it.
    async fn run(&mut self, random: &mut Random, alive: Duration) {
        let begun = now_ms();
        let program = studio(&self.folder, random);
        let address = program.line(Output::Stdout, "its address", |line| line.starts_with("address ")).await;
        let own = format!("config.yaml.{}-", program.pid());
        let left = files(&self.folder).into_iter().filter(|path| path.parent() == Some(&self.folder)).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".part") && !name.starts_with(&own)
        });
        assert_eq!(left.collect::<Vec<_>>(), Vec::<PathBuf>::new(), "settings that were being written by a killed studio");
        let visitor = self.visitor.at(address.trim_start_matches("address ").parse().unwrap());
        let over = Arc::<AtomicBool>::default();
        let visits: Vec<_> = (0..VISITORS).map(|_| tokio::spawn(visitor.clone().visit(random.fork(), over.clone()))).collect();
        // The kill comes whenever it comes, also in the middle of an answer.
        let _nothing_ends_it_before = tokio::time::timeout(alive, program.end()).await;
        program.signal(Signal::KILL);
        program.end().await;
        let killed = now_ms();
        over.store(true, Ordering::Relaxed);
        let sights = join_all(visits).await.into_iter().flat_map(Result::unwrap);
        let printed = program.printed(Output::Stdout);
        let diary = Diary::read(&printed, killed);
        let truth = printed.lines().filter_map(picture).collect();
        for sight in sights {
            if sight.by_id && sight.captured.is_some_and(|captured| captured < begun) {
                assert!(self.may_be_kept(sight.path()), "{sight:?} is from before");
            } else {
                assert_eq!(diary.judge(&sight, &truth), Ok(()), "{sight:?}\n{:#?}", diary.broadcasts);
            }
        }
        self.diaries.push(diary);
    }

    /// Asks a server that begins where the killed studio ended for all pictures that there ever were.
    async fn ask(&mut self) {
        let data = self.folder.join("data");
        let server = Server::start("cometcam-server", &data, &[]).await;
        for (url, status) in self.visitor.at(server.address).all_known().await {
            assert!(status == 410 || status == 200 && self.may_be_kept(&url), "{url} of a killed studio gave {status}");
            assert!(status == 200 || !self.kept.contains(&url), "{url} was kept, and then gave {status}");
            if status == 200 {
                self.kept.insert(url);
            }
        }
        for place in ["live", "tmp"] {
            assert_eq!(files(&data.join(place)), Vec::<PathBuf>::new());
        }
        server.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_of_a_killed_studio_is_seen_from_the_next_but_those_that_are_kept_and_these_stay() {
    const KILLS: usize = 60;
    let (mut random, folder) = (Random::new(), folder());
    let visitor = Visitor::new(([127, 0, 0, 1], 0).into());
    let mut known = Known { folder: folder.path().to_owned(), visitor, diaries: Vec::new(), kept: HashSet::new() };
    for _ in 0..KILLS {
        let alive = random.up_to(Duration::from_millis(600));
        known.run(&mut random, alive).await;
        known.ask().await;
    }
    let broadcasts = || known.diaries.iter().flat_map(|diary| &diary.broadcasts);
    let count = |what: &dyn Fn(&Broadcast) -> bool| broadcasts().filter(|one| what(one)).count();
    let (all, kept, paused) = (count(&|_| true), count(&|one| one.keep), count(&|one| !one.pauses.is_empty()));
    let killed =
        known.diaries.iter().filter(|diary| diary.broadcasts.last().is_some_and(|last| last.to == Some(diary.killed))).count();
    let seen = known.visitor.known().len();
    println!(
        "{KILLS} kills, {killed} of them while live; {all} broadcasts, {kept} of them kept, {paused} paused; {seen} pictures"
    );
    println!("{} of them were kept and are on disk", known.kept.len());
    assert!(killed >= KILLS / 4 && all >= KILLS && kept >= 5 && paused >= 5 && known.kept.len() >= 5);
}

/// Number and time of a picture that the camera tells of.
fn picture(line: &str) -> Option<(u32, u64)> {
    let (number, captured) = line.strip_prefix("picture ")?.split_once(' ')?;
    Some((number.parse().ok()?, captured.parse().ok()?))
}
