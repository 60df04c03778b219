//! Keys: where they come from, what each is good for, and what becomes of guesses.

use std::time::{Duration, Instant};

use cometcam_tests::program::Output;
use cometcam_tests::server::{Server, folder};
use hyper::Method;

#[tokio::test]
async fn the_old_header_for_the_publish_key_is_good_for_publishing_alone() {
    let server = Server::alone(&[]).await;
    let post =
        |path: &str, key: &str| server.call(Method::POST, path).header("X-CPS-Publish-Key", key).body("text/plain", "x").send();
    let _stored = post("/pub/front", &server.publish_key()).await.expect(202);
    let _wrong = post("/pub/front", "wrong").await.expect(403);
    let _not_there = post("/api/cameras/front/pause", &server.operator_key()).await.expect(401);
}

#[tokio::test]
async fn keys_are_made_for_their_owner_alone_and_told_by_file_not_by_value() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::alone(&[]).await;
    // Told before the server listens, by a pipe of its own.
    server.program.line(Output::Stderr, "where the operator key is", |line| line.contains("operator-key")).await;
    let told = server.program.printed(Output::Stderr);
    for (file, key) in [("publish-key", server.publish_key()), ("operator-key", server.operator_key())] {
        let path = server.data().join(file);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        assert!(key.len() >= 22, "{file} is long enough not to be guessed");
        assert!(told.contains(&*path.to_string_lossy()) && !told.contains(&key), "{file}: {told}");
    }
    assert_ne!(server.publish_key(), server.operator_key());
}

#[tokio::test]
async fn keys_stay_the_same_over_restarts() {
    let data = folder();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let server = Server::start("cometcam-server", data.path(), &[]).await;
        keys.push((server.publish_key(), server.operator_key()));
        assert!(server.stop().await.success());
    }
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_key_on_the_command_line_is_the_key() {
    let server = Server::alone(&["--publish-key", "our-own-key-of-some-length"]).await;
    let call = server.call(Method::POST, "/pub/front").key("our-own-key-of-some-length");
    let _stored = call.body("text/plain", "x").send().await.expect(202);
}

#[tokio::test]
async fn open_publishing_is_said_loudly_and_closed_to_other_sites() {
    let server = Server::alone(&["--publish-key", "none"]).await;
    let told = server.program.printed(Output::Stderr).to_lowercase();
    assert!(told.contains("anyone") || told.contains("everyone") || told.contains("without a key"), "{told}");
    let post = || server.call(Method::POST, "/pub/front").body("text/plain", "x");
    let _open = post().send().await.expect(202);
    let _own_page = post().header("Origin", &server.url("")).send().await.expect(202);
    for origin in ["http://evil.example", "null", &format!("http://localhost:{}", server.address.port())] {
        let _refused = post().header("Origin", origin).send().await.expect(403);
    }
}

#[tokio::test]
async fn open_publishing_opens_no_channel_that_has_a_key_of_its_own() {
    let yaml = "channels: { locked: { publish_key: a-key-of-its-own-of-some-length } }";
    let server = Server::configured(yaml, &["--publish-key", "none"]).await;
    let post = |channel: &str| server.call(Method::POST, &format!("/pub/{channel}")).body("text/plain", "x");
    let _open = post("front").send().await.expect(202);
    let _no_key = post("locked").send().await.expect(401);
    let _wrong_key = post("locked").key("wrong").send().await.expect(403);
    let _its_own_key = post("locked").key("a-key-of-its-own-of-some-length").send().await.expect(202);
}

#[tokio::test]
async fn a_channels_own_key_is_good_for_that_channel_alone() {
    let server = Server::configured("channels: { yard: { publish_key: a-key-for-the-yard-alone } }", &[]).await;
    let post = |channel: &str| server.call(Method::POST, &format!("/pub/{channel}")).body("text/plain", "x");
    let _stored = post("yard").key("a-key-for-the-yard-alone").send().await.expect(202);
    let _refused = post("front").key("a-key-for-the-yard-alone").send().await.expect(403);
}

#[tokio::test]
async fn wrong_keys_wait_in_one_line_and_a_right_one_does_not() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let begun = Instant::now();
    let ask = |key: String| {
        let call = server.call(Method::GET, "/pub/front").key(&key);
        tokio::spawn(async move { (call.send().await.status, begun.elapsed()) })
    };
    let guesses: Vec<_> = (0..4).map(|guess| ask(format!("guess-{guess}"))).collect();
    let right = ask(server.publish_key()).await.unwrap();
    let mut waited = Vec::new();
    for guess in guesses {
        let (status, after) = guess.await.unwrap();
        assert_eq!(status, 403);
        waited.push(after);
    }
    waited.sort();
    assert!(waited[3] >= Duration::from_secs(1), "four guesses at a time took {waited:?}");
    assert!(right.0 == 200 && right.1 < waited[1], "a right key took {:?}, and guesses {waited:?}", right.1);
}

#[tokio::test]
async fn keys_come_by_environment_too() {
    let keys = [("COMETCAM_PUBLISH_KEY", "a-key-for-publishers"), ("COMETCAM_OPERATOR_KEY", "a-key-for-operators")];
    for name in ["cometcam-server", "cometcam"] {
        let data = folder();
        let options: &[&str] = if name == "cometcam" { &["--headless", "--source", "test-pattern"] } else { &[] };
        let server = Server::start_in(&keys, name, data.path(), options).await;
        let post = |path: &str, key: &str| server.call(Method::POST, path).key(key).body("text/plain", "x").send();
        let _stored = post("/pub/other", keys[0].1).await.expect(202);
        let _refused = post("/pub/other", keys[1].1).await.expect(403);
        let _refused = post("/api/cameras/front/pause", keys[0].1).await.expect(403);
        let paused = post("/api/cameras/front/pause", keys[1].1).await;
        assert_eq!(paused.status, if name == "cometcam" { 204 } else { 404 }, "{name}: {}", paused.text());
        for file in ["publish-key", "operator-key"] {
            assert!(!data.path().join(file).exists(), "{name}: no other {file} is made");
        }
    }
}
