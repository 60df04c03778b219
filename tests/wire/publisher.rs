//! The publisher location, `/pub/CH`: what its four methods do and answer. Who may use it is in `refusals`.

use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::Server;
use hyper::Method;

#[tokio::test]
async fn a_message_that_nobody_waits_for_is_stored_and_202() {
    let server = Server::alone(&[]).await;
    let _stored = server.publish("front", "one").await.expect(202);
    assert_eq!(Subscriber::new(&server, "front").text().await, "one");
}

#[tokio::test]
async fn a_message_that_a_held_subscriber_gets_is_201() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let mut subscriber = Subscriber::new(&server, "front");
    let (text, ()) = tokio::join!(subscriber.text(), async {
        server.held("front", 1).await;
        let _delivered = server.publish("front", "one").await.expect(201);
    });
    assert_eq!(text, "one");
}

#[tokio::test]
async fn put_creates_the_channel_and_publishes_nothing() {
    let server = Server::alone(&[]).await;
    let _unknown = server.publisher(Method::GET, "front").send().await.expect(404);
    let created = server.publisher(Method::PUT, "front").body("text/plain", "not a message").send().await.expect(200);
    assert!(created.text().starts_with("queued messages: 0\r\n"), "{}", created.text());
    let _known = server.publisher(Method::GET, "front").send().await.expect(200);
    let _nothing = server.get("/sub/front?poll").await.expect(304);
}

#[tokio::test]
async fn a_created_channel_is_not_forgotten_before_anybody_came() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    // The server tidies up about once a second; this poll takes it through two such turns.
    let _meanwhile = server.get("/sub/other?timeout=2").await.expect(304);
    let _known = server.publisher(Method::GET, "front").send().await.expect(200);
}

#[tokio::test]
async fn delete_forgets_the_channel_once() {
    let server = Server::alone(&[]).await;
    let _stored = server.publish("front", "one").await.expect(202);
    let _existed = server.publisher(Method::DELETE, "front").send().await.expect(200);
    let _gone = server.publisher(Method::DELETE, "front").send().await.expect(404);
    let _gone = server.publisher(Method::GET, "front").send().await.expect(404);
}

#[tokio::test]
async fn every_held_subscriber_of_a_deleted_channel_gets_410() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let (mut one, mut two) = (Subscriber::new(&server, "front"), Subscriber::new(&server, "front"));
    let (one, two, ()) = tokio::join!(one.ask(), two.ask(), async {
        server.held("front", 2).await;
        let _deleted = server.publisher(Method::DELETE, "front").send().await.expect(200);
    });
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (410, 410));
}

#[tokio::test]
async fn a_message_keeps_its_type_and_every_byte_even_none() {
    let server = Server::alone(&[]).await;
    let every_byte: Vec<u8> = (0..=255).collect();
    for (content_type, body) in [("application/x-odd; a=b", every_byte), ("text/plain; charset=utf-8", Vec::new())] {
        let _stored = server.publisher(Method::POST, "front").body(content_type, body.clone()).send().await.expect(202);
        let got = Subscriber::new(&server, "front?first=-1").next().await;
        assert_eq!((got.header("Content-Type"), got.body.as_ref()), (Some(content_type), body.as_slice()));
        assert_eq!(got.header("Content-Length"), Some(body.len().to_string().as_str()));
    }
}

#[tokio::test]
async fn another_method_is_405_and_told_which_ones_there_are() {
    let server = Server::alone(&[]).await;
    let refused = server.publisher(Method::PATCH, "front").send().await.expect(405);
    let allow = refused.header("Allow").unwrap_or_default();
    for method in ["GET", "PUT", "POST", "DELETE"] {
        assert!(allow.split(", ").any(|allowed| allowed == method), "Allow: {allow}");
    }
}

#[tokio::test]
async fn every_success_carries_channel_information() {
    let server = Server::alone(&[]).await;
    for method in [Method::PUT, Method::POST, Method::GET, Method::DELETE] {
        let answer = server.publisher(method.clone(), "front").header("Accept", "application/json").send().await;
        assert!(answer.status.is_success(), "{method}: {}", answer.status);
        for field in ["messages", "requested", "subscribers"] {
            assert!(answer.json()[field].is_i64(), "{method} {field}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn channel_information_counts_messages_and_who_waits() {
    let server = Server::alone(&[]).await;
    let created = server.publisher(Method::PUT, "front").header("Accept", "text/json").send().await.expect(200).json();
    assert_eq!((&created["messages"], &created["requested"], &created["subscribers"]), (&0.into(), &(-1).into(), &0.into()));
    let _one = server.publish("front", "one").await.expect(202);
    let _two = server.publish("front", "two").await.expect(202);
    let mut subscriber = Subscriber::new(&server, "front");
    let _first = subscriber.next().await;
    let second = subscriber.next().await;
    let now = server.channel("front").await;
    assert_eq!((&now["messages"], &now["subscribers"]), (&2.into(), &0.into()));
    assert!((0..60).contains(&now["requested"].as_i64().unwrap()), "{now}");
    let (seconds, tag) = now["last_message_id"].as_str().unwrap().split_once(':').unwrap();
    assert_eq!(Some(tag), second.header("Etag"));
    assert!(seconds.parse::<u64>().is_ok(), "{seconds}");
}

#[tokio::test]
async fn channel_information_comes_in_the_form_that_is_asked_for() {
    let server = Server::alone(&[]).await;
    let _stored = server.publish("front", "one").await.expect(202);
    let plain = ["text/plain", "*/*", "text/html", "image/png", ""];
    let json = ["application/json", "text/json", "text/x-json", "application/x-json", "application/json, text/plain"];
    for (accepts, kind) in [(&plain[..], "plain"), (&json[..], "json")] {
        for accept in accepts {
            let answer = server.publisher(Method::GET, "front").header("Accept", accept).send().await.expect(200);
            let content_type = answer.header("Content-Type").unwrap_or_default();
            assert!(content_type.ends_with(kind) && !content_type.contains("charset"), "Accept: {accept} gave {content_type}");
        }
    }
}

#[tokio::test]
async fn channel_information_in_plain_text_is_word_for_word_that_of_old() {
    let server = Server::alone(&[]).await;
    let _stored = server.publish("front", "one").await.expect(202);
    let got = Subscriber::new(&server, "front").next().await;
    let information = server.publisher(Method::GET, "front").send().await.expect(200).text();
    let lines: Vec<&str> = information.split("\r\n").collect();
    assert_eq!(lines[0], "queued messages: 1");
    let ago = lines[1].strip_prefix("last requested: ").and_then(|rest| rest.strip_suffix(" sec. ago"));
    assert!(ago.is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{}", lines[1]);
    assert_eq!(lines[2], "active subscribers: 0");
    let id = lines[3].strip_prefix("last message id: ").unwrap();
    assert!(id.ends_with(&format!(":{}", got.header("Etag").unwrap())), "{id}");
}

#[tokio::test]
async fn a_subscriber_that_goes_away_is_no_longer_counted() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let waiting = tokio::spawn(Subscriber::new(&server, "front").request().wait());
    server.held("front", 1).await;
    waiting.abort();
    server.held("front", 0).await;
    let _nobody = server.publish("front", "one").await.expect(202);
}

#[tokio::test]
async fn where_nothing_is_stored_a_held_subscriber_gets_the_message_and_a_later_one_does_not() {
    let server = Server::configured(r#"channels: { "front": { buffer: { messages: 0 } } }"#, &[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let mut subscriber = Subscriber::new(&server, "front");
    let (text, ()) = tokio::join!(subscriber.text(), async {
        server.held("front", 1).await;
        let _delivered = server.publish("front", "one").await.expect(201);
    });
    assert_eq!(text, "one");
    let _nobody = server.publish("front", "two").await.expect(202);
    let _nothing = server.get("/sub/front?poll").await.expect(304);
}
