//! A camera whose driver grants fewer buffers than are asked for: v4l2loopback as it is loaded without options.

use cometcam_tests::guest::Guest;

#[tokio::test]
async fn a_driver_that_grants_two_buffers_is_enough() {
    let mut guest = Guest::boot().await;
    guest.run("BUFFERS= plug_loopback yuyv422").await;
    for backend in ["v4l2", "nokhwa"] {
        let options = format!("--source camera:LoopCam --size 320x240 --fps 15 --camera-backend {backend}");
        let broadcast = guest.broadcast(&options).await;
        let mut viewer = broadcast.viewer();
        for _ in 0..5 {
            assert_eq!(viewer.of_type("frame").await["width"], 320, "{backend}");
        }
        guest.stop(broadcast).await;
    }
}
