//! One window: a second start brings the first one to the front.

use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::{Server, folder};
use hyper::Method;

use crate::window::is_ready;

#[tokio::test]
async fn a_second_start_brings_the_first_window_to_the_front_and_ends() {
    let (desktop, data) = (Desktop::start().await, folder());
    let first = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    desktop.shows("once", is_ready).await;
    assert!(!window.is_urgent(), "nobody called it yet");
    let mut command = built("cometcam");
    desktop.shown_here(&mut command);
    command.arg("--data").arg(data.path()).env("XDG_CONFIG_HOME", data.path().join("config-home"));
    let second = Program::start(command);
    assert!(second.end().await.success(), "{}", second.printed(Output::Stderr));
    assert_eq!(second.printed(Output::Stdout), "", "it listens nowhere");
    assert!(second.printed(Output::Stderr).contains("open already"), "{}", second.printed(Output::Stderr));
    soon("the first window wants to be seen", async {
        while !window.is_urgent() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let _goes_on = first.get("/api/now").await.expect(200);
    let log = data.path().join("log/cometcam.log");
    assert!(log.exists(), "{}", log.display());
}

#[tokio::test]
async fn only_the_operator_raises_a_window_and_a_program_without_one_says_so() {
    let server = Server::headless(&[]).await;
    let raise = || server.call(Method::POST, "/api/window/raise");
    let _no_key = raise().send().await.expect(401);
    let _wrong = raise().key(&server.publish_key()).send().await.expect(403);
    let none = raise().key(&server.operator_key()).send().await.expect(404);
    assert!(String::from_utf8_lossy(&none.body).contains("no window"));
}
