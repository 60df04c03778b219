//! The computer is carried into another network, or out of all of them.

use std::net::SocketAddr;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::http::Call;
use cometcam_tests::lan::Lan;
use cometcam_tests::program::built;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use serde_json::Value;

use crate::window::{EVERYONE, code_on, go_live};

async fn newest(address: SocketAddr) -> Value {
    soon("a frame", async {
        loop {
            let asked = Call::new(address, Method::GET, "/sub/front?latest&timeout=1").try_send().await;
            if let Some(message) = asked.ok().filter(|answer| answer.status == 200).map(|answer| answer.json())
                && message["type"] == "frame"
            {
                return message;
            }
        }
    })
    .await
}

#[tokio::test]
async fn the_code_follows_the_computer_from_network_to_network_and_viewers_find_the_same_broadcast_there() {
    let (lan, desktop, data) = (Lan::new(), Desktop::start().await, folder());
    let laptop = lan.device(20);
    let mut command = built("cometcam");
    desktop.shown_here(&mut command);
    let server = Server::run(laptop.on(&command), data.path(), &["--source", "test-pattern"]).await;
    let window = desktop.window("Cometcam").await;
    let _live = go_live(&desktop, &window, &EVERYONE).await;
    let [first, second] = [0, 1].map(|network| SocketAddr::new(laptop.address(network), server.address.port()));
    let shows = async |address: SocketAddr| {
        let code = Some(format!("http://{address}/"));
        desktop.shows("moved", |screen| code_on(screen) == code).await
    };
    shows(first).await;
    let before = newest(first).await;
    laptop.join(1);
    laptop.leave(0);
    shows(second).await;
    let after = newest(second).await;
    assert!(after["seq"].as_u64() > before["seq"].as_u64(), "{before} {after}");
    laptop.leave(1);
    desktop.shows("moved-out", |screen| code_on(screen).is_none()).await;
    laptop.join(0);
    shows(first).await;
    assert!(newest(first).await["seq"].as_u64() > after["seq"].as_u64());
}

#[tokio::test]
async fn a_page_in_the_network_shows_pictures_again_when_the_computer_is_back() {
    let (lan, data) = (Lan::new(), folder());
    let laptop = lan.device(20);
    let options = ["--headless", "--source", "test-pattern", "--size", "640x480", "--bind", "0.0.0.0:0"];
    let server = Server::run(laptop.on(&built("cometcam")), data.path(), &options).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&format!("http://{}:{}/", laptop.address(0), server.address.port())).await;
    crate::pages::picture_changes(&page, 2).await;
    laptop.switch("down");
    page.wait_for("document.querySelector('.pill')?.dataset.state !== 'LIVE'").await;
    laptop.switch("up");
    page.wait_for("document.querySelector('.pill')?.dataset.state === 'LIVE'").await;
    crate::pages::picture_changes(&page, 2).await;
}
