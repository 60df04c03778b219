//! The pages of who is not let in: closed by the broadcaster, or one too many.

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::Value;

async fn upload(server: &Server) {
    let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
    let _saved = server.upload("front?publish", "image/jpeg", picture).await.expect(201);
}

#[tokio::test]
async fn two_pages_of_a_browser_are_one_viewer_and_closed_they_say_so_and_stay_away() {
    let server = Server::alone(&[]).await;
    upload(&server).await;
    let browser = Browser::launch().await;
    let pages = [browser.window(Screen::Phone).await, browser.window(Screen::Phone).await];
    for page in &pages {
        page.open(&server.url("/watch/front")).await;
        page.wait_for("document.querySelector('img')?.naturalWidth === 320").await;
    }
    server.held("front", 1).await;
    let operator = server.operator_key();
    let listed: Value = server.call(Method::GET, "/api/viewers").key(&operator).send().await.expect(200).json();
    let viewers = listed["viewers"].as_array().unwrap();
    assert_eq!(viewers.len(), 1, "{viewers:?}");
    assert!(viewers[0]["painted_ms"].as_u64().is_some(), "{viewers:?}");
    let path = format!("/api/viewers/{}", viewers[0]["id"].as_str().unwrap());
    let _closed = server.call(Method::DELETE, &path).key(&operator).send().await.expect(204);
    for page in &pages {
        page.wait_for("document.querySelector('.pill').dataset.state === 'CLOSED'").await;
        page.wait_for("document.querySelector('#again').innerText === 'Try again'").await;
        assert_eq!(page.value("document.querySelector('img').getAttribute('src')").await, Value::Null);
    }
    pages[0].screenshot("phone-closed").await;
    server.held("front", 0).await;
}

#[tokio::test]
async fn one_viewer_too_many_is_told_so_and_comes_in_when_there_is_room() {
    let server = Server::configured("limits: { viewers: 1 }", &[]).await;
    upload(&server).await;
    let other = tokio::spawn(Subscriber::new(&server, "front?first=newest&viewer=other").request().wait());
    server.held("front", 1).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.wait_for("document.querySelector('.pill').dataset.state === 'FULL'").await;
    page.wait_for("document.body.innerText.includes('No room for one more viewer')").await;
    page.screenshot("phone-full").await;
    other.abort();
    page.wait_for("document.querySelector('img').naturalWidth === 320").await;
}
