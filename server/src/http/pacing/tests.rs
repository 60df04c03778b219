use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use http::Version;
use tokio::net::{TcpListener, TcpStream};

use super::super::line::Line;
use super::*;

/// Somebody at this address, as a server at 10.0.0.1 sees it.
async fn peer(remote: &str) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let [remote, local] = [remote, "10.0.0.1"].map(|ip| SocketAddr::new(ip.parse().unwrap(), 1));
    let stop = watch::channel(false).1;
    Peer { line: Arc::new(Line::new(stream)), remote, local, version: Version::HTTP_11, stop }
}

fn at_most(kilobits: u64) -> Arc<Pacing> {
    Arc::new(Pacing::new(Some(Bandwidth::AtMost(kilobits * 1000))))
}

/// Puts it there, if it is not its turn at once.
async fn is_in_line<'a>(turn: &mut Pin<Box<impl Future<Output = Turn<'a>>>>) -> bool {
    poll_fn(|context| Poll::Ready(turn.as_mut().poll(context).is_pending())).await
}

#[tokio::test]
async fn turns_come_in_the_order_in_which_they_were_asked_for_and_at_the_rate_that_is_set() {
    const TURNS: u32 = 8;
    // One takes 40 ms: 3333 bytes, 166 for heads of packets, and what is around.
    let (pacing, peer) = (at_most(1000), peer("10.0.0.2").await);
    let begun = Instant::now();
    let (said, mut heard) = tokio::sync::mpsc::channel(TURNS as usize);
    for number in 0..TURNS {
        let (pacing, peer, said) = (pacing.clone(), peer.clone(), said.clone());
        tokio::spawn(async move {
            pacing.turn(&peer).await.take(3333);
            said.send(number).await.unwrap();
        });
        tokio::task::yield_now().await;
    }
    for number in 0..TURNS {
        assert_eq!(heard.recv().await, Some(number));
    }
    let least = Duration::from_millis(40) * (TURNS - 1) - SLACK;
    assert!(begun.elapsed() >= least, "{:?}, and not {least:?}", begun.elapsed());
    assert_eq!(pacing.shared(), Some(Bandwidth::AtMost(1_000_000)));
}

#[tokio::test]
async fn as_long_as_there_is_enough_nobody_waits_and_nobody_on_this_machine_ever_does() {
    let pacing = at_most(1000);
    let (guest, here) = (peer("10.0.0.2").await, peer("10.0.0.1").await);
    pacing.turn(&guest).await.take(3333);
    pacing.turn(&guest).await.take(100_000);
    assert_eq!(pacing.shared(), None);
    assert!(is_in_line(&mut Box::pin(pacing.turn(&guest))).await);
    pacing.turn(&here).await.take(100_000);
    assert!(!at_most(1).concerns(&peer("127.0.0.1").await));
}

#[tokio::test]
async fn who_goes_away_leaves_the_line_and_a_turn_that_is_not_used_is_the_next_ones() {
    let (pacing, peer) = (at_most(1000), peer("10.0.0.2").await);
    pacing.turn(&peer).await.take(20_000);
    let mut first = Box::pin(pacing.turn(&peer));
    let mut second = Box::pin(pacing.turn(&peer));
    assert!(is_in_line(&mut first).await && is_in_line(&mut second).await);
    drop(first);
    drop(second.await);
    pacing.turn(&peer).await.take(1);
}

#[tokio::test]
async fn another_bandwidth_holds_at_once_for_those_who_wait() {
    let (pacing, peer) = (at_most(1), peer("10.0.0.2").await);
    pacing.turn(&peer).await.take(1_000_000);
    let mut waiting = [Box::pin(pacing.turn(&peer)), Box::pin(pacing.turn(&peer))];
    for turn in &mut waiting {
        assert!(is_in_line(turn).await);
    }
    pacing.limit(Some(Bandwidth::Unlimited));
    for turn in waiting {
        drop(turn.await);
    }
    assert_eq!(pacing.in_force(), Bandwidth::Unlimited);
}

#[test]
fn what_goes_out_without_a_turn_holds_the_others_up_for_a_second_at_most_or_as_long_as_one_picture_takes() {
    let pacing = at_most(1000);
    let mut account = lock(&pacing.account);
    for _ in 0..100 {
        pacing.charge(&mut account, 1_000_000, 20_000);
    }
    let debt = account.next.saturating_duration_since(Instant::now());
    assert!(debt <= DEBT && debt > DEBT / 2, "{debt:?}");
    pacing.charge(&mut account, 1_000_000, 1_000_000);
    let debt = account.next.saturating_duration_since(Instant::now());
    assert!(debt > Duration::from_secs(8), "{debt:?}");
}

#[tokio::test]
async fn what_goes_out_of_turn_puts_nobody_off_for_ever() {
    let (pacing, peer) = (at_most(1000), peer("10.0.0.2").await);
    pacing.turn(&peer).await.take(40_000);
    let out_of_turn = async {
        loop {
            pacing.out_of_turn(&peer).take(20_000);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _turn = pacing.turn(&peer) => {}
        () = out_of_turn => {}
        () = sleep(Duration::from_secs(10)) => panic!("the turn never came"),
    }
}
