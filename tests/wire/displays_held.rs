//! Whose a display's name is: no stranger takes its place, and none is told what it may not know.

use cometcam_tests::deadline::soon;
use cometcam_tests::http::{Answer, Call};
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::{Value, json};

async fn tell(server: &Server, what: &str) {
    let path = format!("/api/displays/{what}");
    let _told = server.call(Method::POST, &path).key(&server.operator_key()).send().await.expect(204);
}

async fn displays(server: &Server) -> Vec<Value> {
    let told = server.call(Method::GET, "/api/displays").key(&server.operator_key()).send().await.expect(200).json();
    told["displays"].as_array().unwrap().clone()
}

/// A poll of somebody who says to be the display `hall`.
fn hall(server: &Server, viewer: &str) -> Call {
    server.call(Method::GET, &format!("/sub/front?latest&poll&viewer={viewer}&display=hall"))
}

/// The words of the order in an answer.
fn order(answer: &Answer) -> Option<String> {
    Some(answer.header("Cometcam-Display")?.split_once(' ')?.1.to_owned())
}

fn cookie(answer: &Answer) -> Option<String> {
    Some(answer.header("Set-Cookie")?.split(';').next()?.to_owned())
}

#[tokio::test]
async fn a_stranger_that_calls_itself_like_a_display_is_told_none_of_its_orders() {
    let server = Server::alone(&[]).await;
    let _signed_in = hall(&server, "page").send().await.expect(304);
    tell(&server, "hall/identify").await;
    tell(&server, "hall/show?channels=yard").await;
    let as_another = |poll: Call| poll.header("User-Agent", "another").header("Cookie", "cometcam-00000000-display=1");
    let stranger = as_another(hall(&server, "stranger")).send().await.expect(304);
    assert_eq!((order(&stranger), cookie(&stranger)), (None, None));
    let device = displays(&server).await[0]["device"].clone();
    assert_eq!(device, "an unknown program", "it did not take its place");
    let held = tokio::spawn(server.call(Method::GET, "/sub/front?viewer=stranger&display=hall").wait());
    server.held("front", 1).await;
    tell(&server, "hall/reload").await;
    assert_eq!(order(&hall(&server, "page").send().await).as_deref(), Some("identify"));
    let _published = server.publish("front", "news").await;
    let watched = soon("the message", held).await.unwrap().expect(200);
    assert_eq!((watched.text().as_str(), order(&watched)), ("news", None), "it watches as anybody may");
}

#[tokio::test]
async fn a_browser_goes_on_as_its_display_when_its_page_is_loaded_again() {
    let server = Server::alone(&[]).await;
    let first = hall(&server, "page").send().await;
    let line = first.header("Set-Cookie").unwrap();
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Strict") && line.contains("Path=/sub/"), "{line}");
    let cookie_of_it = cookie(&first).unwrap();
    tell(&server, "hall/identify").await;
    let again = hall(&server, "loaded-again").header("Cookie", &cookie_of_it).send().await;
    assert_eq!((order(&again).as_deref(), cookie(&again)), (Some("identify"), None));
    assert_eq!(order(&hall(&server, "loaded-again").send().await).as_deref(), Some("identify"), "it may lose its cookie");
    assert_eq!(order(&hall(&server, "page").send().await), None, "that page is gone");
}

#[tokio::test]
async fn a_display_is_not_told_of_a_channel_that_it_may_not_watch() {
    let server = Server::configured("channels: { secret: { watch_password: open sesame } }", &[]).await;
    let held = tokio::spawn(server.call(Method::GET, "/sub/front?viewer=page&display=hall").wait());
    server.held("front", 1).await;
    tell(&server, "hall/show?channels=secret").await;
    tell(&server, "hall/identify").await;
    let called = soon("an answer to the held poll", held).await.unwrap().expect(304);
    assert_eq!(order(&called).as_deref(), Some("identify"), "what it may know it is told");
    let number = called.header("Cometcam-Display").unwrap().split(' ').next().unwrap();
    let path = format!("/sub/front?poll&viewer=page&display=hall&done={number}");
    assert_eq!(order(&server.get(&path).await.expect(304)), None);
    assert_eq!(displays(&server).await[0]["shows"], json!(["secret"]), "it stands");

    let entered = server.call(Method::POST, "/enter").body("application/x-www-form-urlencoded", "word=open+sesame&next=/");
    let guest = cookie(&entered.send().await.expect(303)).unwrap();
    let let_in = server.call(Method::GET, &path).header("Cookie", &guest).send().await.expect(304);
    assert_eq!(order(&let_in).as_deref(), Some("show secret"));
}
