//! Unseen unless live, as a model: somebody goes live, stops, pauses, goes on, changes the channel and what is kept, all at random,
//! while others ask for whatever there is, on every route. Each picture carries its number and its time, and the source's frames
//! are noted beside; so it is known of each byte whether it was to be seen.

mod diary;
mod studio;
mod visitor;

use std::path::PathBuf;
use std::time::Duration;

use cometcam_tests::deadline::soon;
use cometcam_tests::files::files;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::random::Random;
use cometcam_tests::server::{Server, folder};
use futures_util::future::join_all;

use self::diary::Diary;
use self::studio::Studio;
use self::visitor::{Sight, Visitor, now_ms};

/// Watches as long as the broadcast goes on: over an endless stream, and by a long-poll without an end.
async fn watch_to_the_end(visitor: Visitor, channel: &'static str) -> Vec<Sight> {
    let polls = async {
        let mut subscriber = Subscriber::to(visitor.address, &format!("{channel}?latest"));
        loop {
            let message = subscriber.next().await.json();
            if message["state"] == "ended" {
                return;
            }
        }
    };
    let (sights, ()) = tokio::join!(visitor.stream(channel, usize::MAX), polls);
    sights
}

/// As many rounds as make some thousands of requests.
const ROUNDS: usize = 300;
const VISITORS: usize = 4;
const REQUESTS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_is_seen_from_outside_a_live_time_nor_after_its_stop() {
    let mut random = Random::new();
    let mut studio = Studio::open().await;
    let visitor = Visitor::new(studio.address);
    let mut diary = Diary::default();
    let (mut sights, mut watching) = (Vec::new(), None);
    for round in 0..=ROUNDS {
        let visits: Vec<_> = (0..VISITORS).map(|_| visitor.clone().visit(random.fork(), REQUESTS)).collect();
        let broadcaster =
            async { if round < ROUNDS { diary.act(&studio, &mut random).await } else { diary.stop(&studio).await } };
        let (seen, ()) = tokio::join!(join_all(visits), broadcaster);
        sights.extend(seen.into_iter().flatten());
        if let Some(broadcast) = diary.live() {
            let channel = broadcast.channel;
            watching.get_or_insert_with(|| tokio::spawn(watch_to_the_end(visitor.clone(), channel)));
        } else if let Some(watching) = watching.take() {
            sights.extend(soon("the end of what was held when the broadcast stopped", watching).await.unwrap());
        }
    }
    let left = visitor.left(|channel, captured| diary.is_kept(channel, captured)).await;
    let frames = studio.close();
    let mistakes: Vec<_> = sights.iter().filter_map(|sight| Some((diary.judge(sight, &frames).err()?, sight))).collect();
    let some = &mistakes[..mistakes.len().min(3)];
    assert!(some.is_empty(), "{} of {} sights: {some:#?}\n{:#?}", mistakes.len(), sights.len(), diary.broadcasts);
    assert_eq!(left, Vec::<String>::new());
    diary.assert_worth_it(&sights);
    assert_eq!(files(&studio.data.path().join("data/live")), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_of_a_killed_program_is_seen_from_the_next() {
    const KILLS: usize = 15;
    let mut random = Random::new();
    let data = folder();
    let options = ["--headless", "--source", "test-pattern", "--size", "160x120", "--fps", "60", "--save", "every"];
    let mut before: Option<Visitor> = None;
    for _ in 0..KILLS {
        let begun = now_ms();
        let server = Server::start("cometcam", data.path(), &options).await;
        let visitor = Visitor::new(server.address);
        if let Some(before) = before.replace(visitor.clone()) {
            assert_eq!(before.at(server.address).left(|_, _| false).await, Vec::<String>::new());
        }
        let visits = join_all((0..VISITORS).map(|_| visitor.clone().visit(random.fork(), 40)));
        // The kill comes whenever it comes, also in the middle of an answer.
        let killed = async {
            let alive = random.up_to(Duration::from_millis(400));
            let _nothing_ends_it_before = tokio::time::timeout(alive, server.program.end()).await;
            server.kill().await;
        };
        let (sights, ()) = tokio::join!(visits, killed);
        for sight in sights.iter().flatten() {
            assert!(sight.captured.is_none_or(|captured| captured >= begun), "{sight:?} is from before {begun}");
        }
    }
}
