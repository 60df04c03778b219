//! The subscriber location, `/sub/CH`, asked by long-poll and interval-poll: which message is answered, and when. What
//! the answer looks like is in `answers`.

use std::time::{Duration, Instant};

use cometcam_tests::http::Answer;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::{Server, folder};
use hyper::Method;

/// A server with these messages on the channel `front`.
async fn with_messages(messages: &[&str]) -> Server {
    let server = Server::alone(&[]).await;
    publish(&server, messages).await;
    server
}

async fn publish(server: &Server, messages: &[&str]) {
    for message in messages {
        let published = server.publish("front", message).await;
        assert!(published.status.is_success(), "{}: {}", published.status, published.text());
    }
}

/// What a held request gets when `message` is published once the server holds it; `None` if it was answered before.
async fn held_until(server: &Server, mut subscriber: Subscriber, message: &str) -> Answer {
    let (answer, ()) = tokio::join!(subscriber.ask(), async {
        server.held("front", 1).await;
        publish(server, &[message]).await;
    });
    answer
}

/// The compound form of a message's id, as clients without header names for it send it.
fn compound(answer: &Answer) -> (String, String) {
    let time = answer.header("Last-Modified").unwrap().to_owned();
    (time, answer.header("Etag").unwrap().to_owned())
}

#[tokio::test]
async fn without_an_id_the_oldest_message_comes_first_and_then_each_one() {
    let server = with_messages(&["one", "two", "three"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    assert_eq!([subscriber.text().await, subscriber.text().await, subscriber.text().await], ["one", "two", "three"]);
    assert_eq!(held_until(&server, subscriber, "four").await.text(), "four");
}

#[tokio::test]
async fn a_subscriber_may_come_before_its_channel() {
    let server = Server::alone(&[]).await;
    let mut early = Raw::connect(server.address).await;
    early.send("GET /sub/front HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    server.held("front", 1).await;
    publish(&server, &["one"]).await;
    assert!(early.head().await.starts_with("HTTP/1.1 200 "));
    assert_eq!(early.body(3).await, b"one");
}

#[tokio::test]
async fn first_says_where_a_subscriber_without_an_id_begins() {
    let server = with_messages(&["one", "two", "three"]).await;
    for (first, begins) in
        [("oldest", "one"), ("1", "one"), ("2", "two"), ("3", "three"), ("-1", "three"), ("-3", "one"), ("-99", "one")]
    {
        assert_eq!(Subscriber::new(&server, &format!("front?first={first}")).text().await, begins, "first={first}");
    }
}

#[tokio::test]
async fn first_newest_and_first_past_the_end_wait_for_the_next_message() {
    let server = with_messages(&["one", "two"]).await;
    for (first, next) in [("newest", "three"), ("99", "four")] {
        let subscriber = Subscriber::new(&server, &format!("front?first={first}"));
        assert_eq!(held_until(&server, subscriber, next).await.text(), next, "first={first}");
    }
}

#[tokio::test]
async fn first_counts_for_nothing_once_there_is_an_id() {
    let server = with_messages(&["one", "two", "three"]).await;
    let mut subscriber = Subscriber::new(&server, "front?first=-3");
    assert_eq!([subscriber.text().await, subscriber.text().await, subscriber.text().await], ["one", "two", "three"]);
}

#[tokio::test]
async fn latest_gives_the_newest_and_says_how_many_it_skipped() {
    let server = with_messages(&["one", "two"]).await;
    let mut subscriber = Subscriber::new(&server, "front?latest");
    assert_eq!(subscriber.text().await, "two");
    publish(&server, &["three", "four", "five"]).await;
    let newest = subscriber.next().await;
    assert_eq!((newest.text().as_str(), newest.header("Cometcam-Missed")), ("five", Some("2")));
    let next = held_until(&server, subscriber, "six").await;
    assert_eq!((next.text().as_str(), next.header("Cometcam-Missed")), ("six", None));
}

#[tokio::test]
async fn messages_that_the_buffer_has_forgotten_are_counted() {
    let server = Server::configured(r#"channels: { "front": { buffer: { messages: 3 } } }"#, &[]).await;
    publish(&server, &["one"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    assert_eq!(subscriber.text().await, "one");
    publish(&server, &["two", "three", "four", "five", "six"]).await;
    let oldest = subscriber.next().await;
    assert_eq!((oldest.text().as_str(), oldest.header("Cometcam-Missed")), ("four", Some("2")));
    let next = subscriber.next().await;
    assert_eq!((next.text().as_str(), next.header("Cometcam-Missed")), ("five", None));
}

#[tokio::test]
async fn poll_answers_at_once_with_a_message_or_304_and_the_conditions() {
    let server = with_messages(&["one"]).await;
    let mut subscriber = Subscriber::new(&server, "front?poll");
    let one = subscriber.next().await;
    assert_eq!(one.text(), "one");
    let nothing = subscriber.ask().await.expect(304);
    assert_eq!(compound(&nothing), compound(&one));
    publish(&server, &["two"]).await;
    assert_eq!(subscriber.text().await, "two");
}

#[tokio::test]
async fn poll_without_conditions_and_without_a_message_gives_the_newest_id() {
    let server = with_messages(&["one", "two"]).await;
    let nothing = server.get("/sub/front?poll&first=newest").await.expect(304);
    let newest = Subscriber::new(&server, "front?latest").next().await;
    assert_eq!(compound(&nothing), compound(&newest));
    let _empty = server.get("/sub/empty?poll").await.expect(304);
}

#[tokio::test]
async fn timeout_ends_a_hold_with_304() {
    let server = with_messages(&["one"]).await;
    let mut subscriber = Subscriber::new(&server, "front?timeout=1");
    let one = subscriber.next().await;
    let asked = Instant::now();
    let nothing = subscriber.ask().await.expect(304);
    assert!(asked.elapsed() >= Duration::from_millis(900), "held for {:?} only", asked.elapsed());
    assert_eq!(compound(&nothing), compound(&one));
}

#[tokio::test]
async fn a_configured_limit_ends_a_hold_with_304() {
    let server = Server::configured("limits: { hold: 300ms }", &[]).await;
    let _nothing = Subscriber::new(&server, "front").ask().await.expect(304);
}

#[tokio::test]
async fn every_spelling_of_an_id_means_the_same_message() {
    let server = with_messages(&["one", "two"]).await;
    let information = server.channel("front").await;
    let id = information["last_message_id"].as_str().unwrap();
    publish(&server, &["three"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    assert_eq!([subscriber.text().await, subscriber.text().await], ["one", "two"]);
    let (time, tag) = subscriber.at.unwrap();
    assert_eq!(id.split_once(':').map(|(_, tag)| tag), Some(tag.as_str()), "{id}");
    let call = |path: &str| server.call(Method::GET, path);
    for spelling in [
        call("/sub/front").header("If-Modified-Since", &time).header("If-None-Match", &tag),
        call("/sub/front").header("If-None-Match", id),
        call("/sub/front").header("Last-Event-ID", id),
        call("/sub/front").header("Etag", id),
        call(&format!("/sub/front?last_event_id={id}")),
    ] {
        assert_eq!(spelling.clone().send().await.text(), "three", "{spelling:?}");
    }
}

#[tokio::test]
async fn a_time_without_a_tag_means_the_first_message_of_that_second() {
    let server = Server::alone(&[]).await;
    // Two messages in one second: sooner or later two follow one another without the clock turning.
    let mut subscriber = Subscriber::new(&server, "front");
    let (first, second) = loop {
        publish(&server, &["first", "second"]).await;
        let pair = (subscriber.next().await, subscriber.next().await);
        if pair.0.header("Etag") == Some("0") && pair.1.header("Etag") == Some("1") {
            break pair;
        }
        let _deleted = server.publisher(Method::DELETE, "front").send().await.expect(200);
        subscriber.at = None;
    };
    for tag in [None, Some("not-a-number"), Some("")] {
        let mut call = server.call(Method::GET, "/sub/front").header("If-Modified-Since", first.header("Last-Modified").unwrap());
        if let Some(tag) = tag {
            call = call.header("If-None-Match", tag);
        }
        assert_eq!(call.send().await.text(), "second", "If-None-Match: {tag:?}");
    }
    assert_eq!(second.text(), "second");
}

#[tokio::test]
async fn an_id_from_the_future_is_held_and_gets_the_next_message() {
    let server = with_messages(&["one"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    subscriber.at = Some(("Fri, 01 Jan 2100 00:00:00 GMT".to_owned(), "7".to_owned()));
    assert_eq!(held_until(&server, subscriber, "two").await.text(), "two");
}

#[tokio::test]
async fn an_id_from_long_ago_gets_the_oldest_message() {
    let server = with_messages(&["one", "two"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    subscriber.at = Some(("Sat, 01 Jan 2000 00:00:00 GMT".to_owned(), "0".to_owned()));
    assert_eq!(subscriber.text().await, "one");
}

#[tokio::test]
async fn an_id_of_before_a_restart_gets_the_next_message_and_is_told_that_some_may_be_missing() {
    let data = folder();
    let server = Server::start("cometcam-server", data.path(), &[]).await;
    publish(&server, &["one", "two"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    assert_eq!(subscriber.text().await, "one");
    // Ids are a second ahead of a server's start.
    let _meanwhile = server.get("/sub/other?timeout=1").await.expect(304);
    server.kill().await;
    let again = Server::start("cometcam-server", data.path(), &[]).await;
    let mut restarted = Subscriber::new(&again, "front");
    restarted.at = subscriber.at;
    let next = held_until(&again, restarted, "three").await;
    let missed = next.header("Cometcam-Missed").and_then(|missed| missed.strip_suffix('+')?.parse::<u64>().ok());
    assert_eq!(next.text(), "three");
    assert!(missed.is_some(), "{:?}", next.headers);
}

#[tokio::test]
async fn one_message_answers_every_held_subscriber() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let many: Vec<_> = (0..50).map(|_| tokio::spawn(Subscriber::new(&server, "front").request().wait())).collect();
    server.held("front", 50).await;
    let _delivered = server.publish("front", "one").await.expect(201);
    for subscriber in many {
        assert_eq!(subscriber.await.unwrap().text(), "one");
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_while_messages_pour_in() {
    let server = Server::configured(r#"channels: { "front": { buffer: { messages: 1000 } } }"#, &[]).await;
    let sent: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let mut subscriber = Subscriber::new(&server, "front");
    let read = async {
        let mut read = Vec::new();
        while read.len() < sent.len() {
            read.push(subscriber.text().await);
        }
        read
    };
    let publish = async {
        for message in &sent {
            publish(&server, &[message]).await;
        }
    };
    let (read, ()) = tokio::join!(read, publish);
    assert_eq!(read, sent);
}

#[tokio::test]
async fn where_the_last_comer_wins_the_others_get_409() {
    let server = Server::configured(r#"channels: { "front": { concurrency: last } }"#, &[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let first = tokio::spawn(Subscriber::new(&server, "front").request().wait());
    server.held("front", 1).await;
    let last = tokio::spawn(Subscriber::new(&server, "front").request().wait());
    assert_eq!(first.await.unwrap().status, 409);
    server.held("front", 1).await;
    publish(&server, &["one"]).await;
    assert_eq!(last.await.unwrap().text(), "one");
}

#[tokio::test]
async fn where_the_first_comer_wins_the_others_get_409() {
    let server = Server::configured(r#"channels: { "front": { concurrency: first } }"#, &[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let first = tokio::spawn(Subscriber::new(&server, "front").request().wait());
    server.held("front", 1).await;
    let _refused = Subscriber::new(&server, "front").ask().await.expect(409);
    publish(&server, &["one"]).await;
    assert_eq!(first.await.unwrap().text(), "one");
}
