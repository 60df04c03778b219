//! Who watches a protected channel without a cookie: by a key, by a password in each request, and pages of other origins.

use cometcam_tests::program::{Output, Program};
use cometcam_tests::server::Server;
use hyper::Method;

use crate::access::{LOCKED, guest, serving};

#[tokio::test]
async fn keys_read_too_but_where_publishing_needs_none_that_opens_nothing() {
    let yaml = "channels: { locked: { watch_password: open sesame, publish_key: its-own-key }, open: { watch_password: x } }";
    let (server, _) = serving(yaml).await;
    let live = |channel: &str, key: &str| server.call(Method::GET, &format!("/live/{channel}.jpg")).key(key).send();
    for key in [server.operator_key(), server.publish_key(), "its-own-key".to_owned()] {
        let _read = live("locked", &key).await.expect(200);
    }
    let _not_its_own = live("open", "its-own-key").await.expect(403);
    let _wrong = live("locked", "open sesame").await.expect(403);
    let published = server.call(Method::GET, "/live/locked.jpg").header("X-CPS-Publish-Key", &server.publish_key());
    let _read = published.send().await.expect(200);
    let keyless = Server::configured(LOCKED, &["--publish-key", "none"]).await;
    let _locked = keyless.get("/sub/locked?poll").await.expect(401);
    let _locked = keyless.call(Method::GET, "/sub/locked?poll").key("none").send().await.expect(403);
}

#[tokio::test]
async fn pages_of_allowed_origins_are_told_that_they_may_ask_and_nothing_more() {
    let yaml = "channels: { locked: { watch_password: open sesame, cross_origin: [\"http://a.example\"] } }";
    let (server, [picture, _]) = serving(yaml).await;
    let ask = |method: Method, path: &str| server.call(method, path).header("Origin", "http://a.example");
    let cookie = guest(&server, "open sesame").await;
    for path in ["/sub/locked?poll", &picture] {
        let may = ask(Method::OPTIONS, path).send().await.expect(204);
        assert!(may.body.is_empty() && may.header("Access-Control-Allow-Credentials").is_none(), "{:?}", may.headers);
        let _without = ask(Method::GET, path).send().await.expect(401);
        let with = ask(Method::GET, path).header("Authorization", "Basic Om9wZW4gc2VzYW1l").send().await.expect(200);
        assert_eq!(with.header("Access-Control-Allow-Origin"), Some("http://a.example"));
        let by_cookie = ask(Method::GET, path).header("Cookie", &cookie).send().await.expect(200);
        assert_eq!(by_cookie.header("Access-Control-Allow-Credentials"), None, "no page elsewhere reads by a viewer's cookie");
    }
}

#[tokio::test]
async fn curl_watches_by_the_password_in_the_address() {
    let (server, [picture, _]) = serving(LOCKED).await;
    let curl = async |user: &str, path: &str| {
        let mut command = std::process::Command::new("curl");
        let url = format!("http://{user}{}{path}", server.address);
        command.args(["--silent", "--noproxy", "*", "--output", "/dev/null", "--write-out", "%{http_code}", &url]);
        let program = Program::start(command);
        program.end().await;
        program.printed(Output::Stdout).trim().to_owned()
    };
    for path in ["/live/locked.jpg", &picture, "/sub/locked?poll", "/watch/locked", "/sub/locked,open?poll"] {
        assert_eq!(curl("any:open%20sesame@", path).await, "200", "{path}");
    }
    assert_eq!([curl("", &picture).await, curl("any:wrong@", &picture).await], ["401", "401"]);
}
