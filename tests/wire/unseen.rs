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
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cometcam_tests::deadline::{soon, within};
use cometcam_tests::files::files;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::random::Random;
use cometcam_tests::server::folder;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use self::diary::Diary;
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
    let (sights, ()) = tokio::join!(visitor.stream(channel, usize::MAX), ended);
    let ended = (!sights.is_empty()).then(Instant::now);
    (sights, ended)
}

const BROADCASTS: usize = 200;
const STEPS: usize = 2000;
const VISITORS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_is_seen_from_outside_a_live_time_nor_after_its_stop() {
    let (mut random, folder) = (Random::new(), folder());
    let camera = LateCamera::start(|_, _| ());
    let studio = Studio::open(folder.path(), camera.opener(random.fork())).await;
    let (visitor, over) = (Visitor::new(studio.address), Arc::<AtomicBool>::default());
    let visits: Vec<_> = (0..VISITORS).map(|_| tokio::spawn(visitor.clone().visit(random.fork(), over.clone()))).collect();
    let (mut diary, mut sights, mut ends) = (Diary::of(&studio), Vec::new(), Vec::new());
    let mut watching = None;
    loop {
        let is_enough = diary.broadcasts.len() >= BROADCASTS && diary.steps >= STEPS;
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
            let (seen, ended) = soon("the end of what was held when the broadcast stopped", watching).await.unwrap();
            ends.extend(ended.map(|ended| ended.duration_since(diary.stopped)));
            sights.extend(seen);
        }
        if is_enough {
            break;
        }
    }
    over.store(true, Ordering::Relaxed);
    let seen = within(Duration::from_secs(60), "the visitors' last answers", join_all(visits)).await;
    sights.extend(seen.into_iter().flat_map(Result::unwrap).chain(std::mem::take(&mut diary.sights)));
    let (kept, over): (Vec<_>, Vec<_>) = visitor.all_known().await.into_iter().partition(|(url, _)| {
        let (channel, captured) = named(url);
        diary.is_kept(channel, captured)
    });
    let left: Vec<_> = over.into_iter().filter(|(_, status)| *status != 410).collect();
    assert_eq!(left, Vec::new());
    // Not all were saved.
    let kept = kept.into_iter().filter(|(_, status)| *status == 200).count();
    assert!(kept >= 10, "only {kept} pictures were kept");
    drop(studio);
    let taken = camera.taken();
    let mistakes: Vec<_> = sights.iter().filter_map(|sight| Some((diary.judge(sight, &taken.truth).err()?, sight))).collect();
    let some = &mistakes[..mistakes.len().min(3)];
    assert!(some.is_empty(), "{} of {} sights: {some:#?}\n{:#?}", mistakes.len(), sights.len(), diary.broadcasts);
    diary.assert_worth_it(&sights, &taken, &ends);
    assert_eq!(files(&folder.path().join("data/live")), Vec::<PathBuf>::new());
}
