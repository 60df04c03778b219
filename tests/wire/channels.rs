//! Channels: their names, several of them on one subscriber location, and the list of them.

use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::raw::exchange;
use cometcam_tests::server::Server;
use hyper::Method;

async fn publish(server: &Server, channel: &str, message: &str) {
    let published = server.publish(channel, message).await;
    assert!(published.status.is_success(), "{channel}: {}", published.text());
}

#[tokio::test]
async fn channels_know_nothing_of_each_other() {
    let server = Server::alone(&[]).await;
    publish(&server, "a", "for a").await;
    publish(&server, "b", "for b").await;
    assert_eq!(Subscriber::new(&server, "b").text().await, "for b");
    assert_eq!(server.channel("a").await["messages"], 1);
}

#[tokio::test]
async fn several_channels_come_in_the_order_of_publishing_each_with_its_name() {
    let server = Server::alone(&[]).await;
    for (channel, message) in [("a", "1"), ("b", "2"), ("b", "3"), ("a", "4"), ("c", "5"), ("b", "6")] {
        publish(&server, channel, message).await;
    }
    let mut subscriber = Subscriber::new(&server, "a,b");
    let mut got = Vec::new();
    for _ in 0..5 {
        let message = subscriber.next().await;
        got.push((message.header("Cometcam-Channel").unwrap().to_owned(), message.text()));
    }
    let expected = [("a", "1"), ("b", "2"), ("b", "3"), ("a", "4"), ("b", "6")];
    assert_eq!(got, expected.map(|(channel, message)| (channel.to_owned(), message.to_owned())));
}

#[tokio::test]
async fn a_poll_of_several_channels_is_woken_by_any_of_them_and_counted_on_each() {
    let server = Server::alone(&[]).await;
    for channel in ["a", "b"] {
        let _created = server.publisher(Method::PUT, channel).send().await.expect(200);
    }
    let mut subscriber = Subscriber::new(&server, "a,b");
    for (channel, message) in [("b", "one"), ("a", "two")] {
        let (got, ()) = tokio::join!(subscriber.next(), async {
            server.held("a", 1).await;
            server.held("b", 1).await;
            let _delivered = server.publish(channel, message).await.expect(201);
        });
        assert_eq!((got.header("Cometcam-Channel"), got.text().as_str()), (Some(channel), message));
    }
}

#[tokio::test]
async fn latest_of_several_channels_gives_the_newest_of_each_that_has_news() {
    let server = Server::alone(&[]).await;
    for (channel, message) in [("a", "1"), ("a", "2"), ("b", "3")] {
        publish(&server, channel, message).await;
    }
    let mut subscriber = Subscriber::new(&server, "a,b?latest");
    let mut got = [subscriber.text().await, subscriber.text().await];
    got.sort();
    assert_eq!(got, ["2", "3"]);
}

#[tokio::test]
async fn an_encoded_separator_is_a_letter_of_the_name() {
    let server = Server::alone(&[]).await;
    for (encoded, plain) in
        [("a%2Fb", "slash"), ("a%2Cb", "comma"), ("a%2Ab", "star"), ("a%20b", "space"), ("%E2%98%84", "comet")]
    {
        publish(&server, encoded, plain).await;
        assert_eq!(Subscriber::new(&server, encoded).text().await, plain, "{encoded}");
        assert_eq!(Subscriber::new(&server, encoded).next().await.header("Cometcam-Channel"), None, "one channel needs no name");
    }
    let _several = server.get("/sub/a,b?poll").await.expect(304);
}

#[tokio::test]
async fn names_are_decoded_once() {
    let server = Server::alone(&[]).await;
    publish(&server, "a%252Fb", "percent").await;
    let _another_channel = server.publisher(Method::GET, "a%2Fb").send().await.expect(404);
    assert_eq!(Subscriber::new(&server, "a%252Fb").text().await, "percent");
}

#[tokio::test]
async fn a_slash_makes_another_path() {
    let server = Server::alone(&[]).await;
    for path in ["/sub/a/b", "/sub/", "/sub", "/pub/a/b", "/pub/"] {
        let answer = server.call(Method::GET, path).key(&server.publish_key()).send().await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn names_that_no_channel_can_have_are_400_and_told_why() {
    let server = Server::alone(&[]).await;
    let longest = "n".repeat(512);
    publish(&server, &longest, "fits").await;
    assert_eq!(Subscriber::new(&server, &longest).text().await, "fits");
    for name in
        [format!("{longest}n"), "%FF".to_owned(), "a%00b".to_owned(), "a%0Ab".to_owned(), "%7F".to_owned(), "a,,b".to_owned()]
    {
        let request = format!("GET /sub/{name}?poll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(server.address, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{name}: {answer}");
    }
    let refused = server.get(&format!("/sub/{longest}n?poll")).await.expect(400);
    assert!(refused.text().contains("512"), "{}", refused.text());
}

#[tokio::test]
async fn the_list_of_channels_tells_name_and_state() {
    let server = Server::alone(&[]).await;
    let empty = server.get("/api/channels").await.expect(200).json();
    assert_eq!(empty["channels"], serde_json::json!([]));
    let picture = cometcam_tests::jpeg::jpeg(64, 48, [10, 20, 30]);
    let _published = server.upload("front?publish", "image/jpeg", picture).await.expect(201);
    let list = server.get("/api/channels").await.expect(200).json();
    assert!(list["now_ms"].is_u64());
    assert_eq!(list["channels"][0]["name"], "front");
    assert_eq!(list["channels"][0]["state"], "live");
    assert_eq!(list["channels"][0]["frame"]["width"], 64);
}

#[tokio::test]
async fn an_unlisted_channel_is_watched_but_not_listed() {
    let server = Server::configured(r#"channels: { "front": { unlisted: true } }"#, &[]).await;
    let picture = cometcam_tests::jpeg::jpeg(64, 48, [10, 20, 30]);
    let _published = server.upload("front?publish", "image/jpeg", picture).await.expect(201);
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], serde_json::json!([]));
    assert_eq!(Subscriber::new(&server, "front").next().await.json()["type"], "frame");
}

#[tokio::test]
async fn latest_gives_what_came_last_on_each_of_several_channels_once_however_old() {
    let server = Server::alone(&[]).await;
    publish(&server, "b", "old").await;
    // The server's clock goes on by more than the second that a validator tells.
    let _meanwhile = server.get("/sub/other?timeout=2").await.expect(304);
    publish(&server, "a", "new").await;
    for several in ["a,b", "b,a"] {
        let mut subscriber = Subscriber::new(&server, &format!("{several}?latest&poll"));
        let mut got = [subscriber.text().await, subscriber.text().await];
        got.sort();
        assert_eq!(got, ["new", "old"], "{several}");
        let _nothing_more = subscriber.ask().await.expect(304);
    }
}

#[tokio::test]
async fn several_channels_are_for_subscribers_alone() {
    let server = Server::alone(&[]).await;
    for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
        let _refused = server.publisher(method, "a,b").send().await.expect(400);
    }
    let picture = cometcam_tests::jpeg::jpeg(64, 48, [10, 20, 30]);
    let _refused = server.upload("a,b", "image/jpeg", picture).await.expect(400);
    let _refused = server.call(Method::GET, "/frames/a,b").key(&server.operator_key()).send().await.expect(400);
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], serde_json::json!([]));
}
