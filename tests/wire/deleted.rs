//! A channel that is deleted while the camera of this process is live: what becomes of the camera.

use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::Output;
use cometcam_tests::server::Server;
use hyper::Method;

#[tokio::test]
async fn the_camera_of_a_channel_that_is_deleted_while_paused_is_released_and_can_not_be_switched_on() {
    let server = Server::headless(&[]).await;
    let _live = Subscriber::new(&server, "front").of_type("frame").await;
    let operator = server.operator_key();
    let hold = |what: &str| server.call(Method::POST, &format!("/api/cameras/front/{what}")).key(&operator).send();
    let _paused = hold("pause").await.expect(200);
    let _deleted = server.publisher(Method::DELETE, "front").send().await.expect(200);
    let over = |line: &str| line.contains("front") && line.contains("ended from elsewhere");
    let _told = server.program.line(Output::Stderr, "a line that tells of the end", over).await;
    let _no_camera = hold("resume").await.expect(404);
    let _unknown = server.publisher(Method::GET, "front").send().await.expect(404);
}
