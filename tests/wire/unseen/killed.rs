//! The same with kill -9: the studio runs in a process of its own, which says what is done in it and is killed at any moment. Then
//! the next one is asked for all that was ever to be seen.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use cometcam_tests::clock::now_ms;
use cometcam_tests::deadline::Enough;
use cometcam_tests::files::{files, until};
use cometcam_tests::program::{Output, Program, undisturbed};
use cometcam_tests::random::Random;
use cometcam_tests::server::{Server, folder};
use futures_util::future::join_all;
use rustix::process::Signal;

use super::diary::{Broadcast, Diary};
use super::late::LateCamera;
use super::studio::Studio;
use super::visitor::{Visitor, named};
use super::{LONG, VISITORS};

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
    undisturbed(&mut command);
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

const KILLS: usize = 60;

impl Known {
    /// How often happened what makes all this prove something, and how often it is to: each with its name.
    fn counts(&self) -> [(&'static str, usize, usize); 6] {
        let broadcasts = |what: fn(&Broadcast) -> bool| {
            self.diaries.iter().flat_map(|diary| &diary.broadcasts).filter(|one| what(one)).count()
        };
        let live = |diary: &&Diary| diary.broadcasts.last().is_some_and(|last| last.to == Some(diary.killed));
        [
            ("kills", self.diaries.len(), KILLS),
            ("kills while live", self.diaries.iter().filter(live).count(), KILLS / 4),
            ("broadcasts", broadcasts(|_| true), KILLS),
            ("broadcasts that are kept", broadcasts(|one| one.keep), 5),
            ("broadcasts with a pause", broadcasts(|one| !one.pauses.is_empty()), 5),
            ("kept pictures on disk", self.kept.len(), 5),
        ]
    }

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
        let (told, seen) = mpsc::channel();
        let visit = |_| tokio::spawn(visitor.clone().visit(random.fork(), over.clone(), told.clone()));
        let visits: Vec<_> = (0..VISITORS).map(visit).collect();
        // The kill comes whenever it comes, also in the middle of an answer.
        let _nothing_ends_it_before = tokio::time::timeout(alive, program.end()).await;
        program.signal(Signal::KILL);
        program.end().await;
        let killed = now_ms();
        over.store(true, Ordering::Relaxed);
        for visited in join_all(visits).await {
            visited.unwrap();
        }
        let printed = program.printed(Output::Stdout);
        let diary = Diary::read(&printed, killed);
        let truth = printed.lines().filter_map(picture).collect();
        for sight in seen.try_iter() {
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
        assert_eq!(files(&data.join("live")), Vec::<PathBuf>::new());
        // Nothing there can be asked for, and it is removed beside the work.
        let tmp = data.join("tmp");
        until(&tmp, "the end of what the killed studio left", || files(&tmp).is_empty()).await;
        server.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_of_a_killed_studio_is_seen_from_the_next_but_those_that_are_kept_and_these_stay() {
    let (mut random, folder) = (Random::new(), folder());
    let visitor = Visitor::new(([127, 0, 0, 1], 0).into());
    let mut known = Known { folder: folder.path().to_owned(), visitor, diaries: Vec::new(), kept: HashSet::new() };
    let enough = Enough::within(LONG);
    while !enough.is_reached(&known.counts()) {
        let alive = random.up_to(Duration::from_millis(600));
        known.run(&mut random, alive).await;
        known.ask().await;
    }
    println!("{:?}; {} pictures", known.counts(), known.visitor.known().len());
}

/// Number and time of a picture that the camera tells of.
fn picture(line: &str) -> Option<(u32, u64)> {
    let (number, captured) = line.strip_prefix("picture ")?.split_once(' ')?;
    Some((number.parse().ok()?, captured.parse().ok()?))
}
