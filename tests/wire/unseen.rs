//! Unseen unless live, as a model: somebody goes live, stops, pauses, goes on, changes the channel, the rate and what is kept, all at
//! random, while others ask for whatever there is, on every route. The camera is late and gives pictures from before; each carries
//! its number, and the camera knows when it took it. So it is known of each byte whether it was to be seen.

mod diary;
mod judge;
mod killed;
mod late;
mod publisher;
mod stream;
mod studio;
mod visitor;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use cometcam_tests::deadline::{Enough, soon, within};
use cometcam_tests::files::files;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::random::Random;
use cometcam_tests::server::folder;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use self::diary::Diary;
use self::judge::assert_prompt;
use self::late::LateCamera;
use self::studio::Studio;
use self::visitor::{Sight, Visitor, named};

/// Watches a broadcast from its first picture on: by an endless stream, and by a long-poll without an end. Returns what it saw, and
/// when both had ended; nothing if the broadcast was stopped before there was a picture.
async fn watch_to_the_end(
    visitor: Visitor,
    channel: &'static str,
    stopped: oneshot::Receiver<()>,
) -> (Vec<Sight>, Option<Instant>) {
    let mut subscriber = Subscriber::to(visitor.address, &format!("{channel}?latest"));
    tokio::select! {
        biased;
        _ = stopped => return (Vec::new(), None),
        _frame = subscriber.of_type("frame") => {}
    }
    let ended = async { while subscriber.next().await.json()["state"] != "ended" {} };
    let (streamed, ()) = tokio::join!(visitor.stream(channel, usize::MAX), ended);
    let ended = (!streamed.is_empty()).then(Instant::now);
    (streamed.sights(), ended)
}

const VISITORS: usize = 3;
/// A minute on a machine that is not busy, or two.
const LONG: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_is_seen_from_outside_a_live_time_nor_after_its_stop() {
    let (mut random, folder) = (Random::new(), folder());
    let camera = LateCamera::start(|_, _| ());
    let studio = Studio::open(folder.path(), camera.opener(random.fork())).await;
    let (visitor, over) = (Visitor::new(studio.address), Arc::<AtomicBool>::default());
    let (told, seen) = mpsc::channel();
    let visit = |_| tokio::spawn(visitor.clone().visit(random.fork(), over.clone(), told.clone()));
    let visits: Vec<_> = (0..VISITORS).map(visit).collect();
    let (mut diary, mut sights, mut ends) = (Diary::of(&studio), Vec::new(), Vec::new());
    let (enough, mut watching) = (Enough::within(LONG), None);
    loop {
        sights.extend(seen.try_iter());
        let is_enough = enough.is_reached(&diary.counts(&sights, &camera, ends.len()));
        if is_enough {
            diary.stop(&studio, &visitor).await;
        } else {
            diary.act(&studio, &visitor, &mut random).await;
        }
        if let Some(broadcast) = diary.live() {
            let channel = broadcast.channel;
            watching.get_or_insert_with(|| {
                let (stop, stopped) = oneshot::channel();
                (stop, tokio::spawn(watch_to_the_end(visitor.clone(), channel, stopped)))
            });
        } else if let Some((stop, watching)) = watching.take() {
            // Only who still waits for the first picture hears of it.
            let _heard = stop.send(());
            let (watched, ended) = soon("the end of what was held when the broadcast stopped", watching).await.unwrap();
            ends.extend(ended.map(|ended| ended.duration_since(diary.stopped)));
            sights.extend(watched);
        }
        if is_enough {
            break;
        }
    }
    over.store(true, Ordering::Relaxed);
    for visited in within(Duration::from_secs(60), "the visitors' last answers", join_all(visits)).await {
        visited.unwrap();
    }
    sights.extend(seen.try_iter().chain(std::mem::take(&mut diary.sights)));
    let (kept, over): (Vec<_>, Vec<_>) = visitor.all_known().await.into_iter().partition(|(url, _)| {
        let (channel, captured) = named(url);
        diary.is_kept(channel, captured)
    });
    let left: Vec<_> = over.into_iter().filter(|(_, status)| *status != 410).collect();
    assert_eq!(left, Vec::new());
    // How many were saved is the disk's affair.
    assert!(kept.iter().any(|(_, status)| *status == 200), "{kept:?}");
    drop(studio);
    let taken = camera.taken();
    let mistakes: Vec<_> = sights.iter().filter_map(|sight| Some((diary.judge(sight, &taken.truth).err()?, sight))).collect();
    let some = &mistakes[..mistakes.len().min(3)];
    assert!(some.is_empty(), "{} of {} sights: {some:#?}\n{:#?}", mistakes.len(), sights.len(), diary.broadcasts);
    println!("{} steps, {} broadcasts, {} sights", diary.steps, diary.broadcasts.len(), sights.len());
    assert_prompt("Stop itself", &diary.stops);
    assert_prompt("the end of what was held and streamed", &ends);
    assert_eq!(files(&folder.path().join("data/live")), Vec::<PathBuf>::new());
}
