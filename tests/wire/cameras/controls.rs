//! What is set of a camera itself, and what is done to its pictures.

use cometcam_tests::guest::{self, Broadcast, Guest};
use cometcam_tests::jpeg;
use image::{Rgb, imageops};
use serde_json::Value;

use super::{BACKENDS, BARS, VIVID, WEBCAM, picture};

/// Starts a program with this said of its camera in the settings.
async fn configured(guest: &mut Guest, of_camera: &str, options: &str) -> Broadcast {
    let yaml = format!("cameras:\\n  - channel: front\\n    {of_camera}\\n");
    guest.run(&format!("printf '{yaml}' > /tmp/cometcam.yaml && chmod 644 /tmp/cometcam.yaml")).await;
    guest.broadcast(&format!("--config /tmp/cometcam.yaml {options}")).await
}

/// What v4l2-ctl tells of a control.
async fn control(guest: &mut Guest, device: &str, name: &str) -> String {
    guest.run(&format!("v4l2-ctl -d {device} -C {name}")).await.trim().to_owned()
}

async fn a_control_is_set_and_set_again(backend: &str) {
    let mut guest = Guest::boot().await;
    let of_webcam = guest::webcam_pictures();
    guest.run("plug_uvc").await;
    assert_eq!(control(&mut guest, "/dev/video0", "brightness").await, "brightness: 128");
    let of_camera = "controls: { \"Lab UVC Cam\": { brightness: 77 }, \"Another\": { brightness: 5 } }";
    let broadcast = configured(&mut guest, of_camera, &format!("{WEBCAM} --camera-backend {backend}")).await;
    let mut viewer = broadcast.viewer();
    let frame = viewer.of_type("frame").await;
    assert_eq!(control(&mut guest, "/dev/video0", "brightness").await, "brightness: 77");
    assert!(
        of_webcam.contains(&picture(&broadcast, &frame).await),
        "{backend}: the camera does it, so its pictures pass untouched"
    );

    guest.run("unplug_uvc").await;
    let status = viewer.of_type("status").await;
    // A webcam that was without power has forgotten everything.
    guest.run("plug_uvc").await;
    loop {
        let frame = viewer.of_type("frame").await;
        if frame["captured_at_ms"].as_u64() > status["at_ms"].as_u64() {
            break;
        }
    }
    assert_eq!(control(&mut guest, "/dev/video0", "brightness").await, "brightness: 77", "{backend}: it is set again");
}

#[tokio::test]
async fn a_webcam_s_control_is_set_by_its_name_and_again_after_it_was_unplugged_through_v4l2() {
    a_control_is_set_and_set_again("v4l2").await;
}

#[tokio::test]
async fn a_webcam_s_control_is_set_by_its_name_and_again_after_it_was_unplugged_through_nokhwa() {
    a_control_is_set_and_set_again("nokhwa").await;
}

#[tokio::test]
async fn controls_of_each_kind_are_set_and_what_can_not_be_is_told_with_what_can() {
    let mut guest = Guest::boot().await;
    guest.run("plug_vivid").await;
    for backend in BACKENDS {
        guest.run("v4l2-ctl -d /dev/video0 -c contrast=128,horizontal_flip=0,menu=1,gain_automatic=1").await;
        // The gain can be set once it is not automatic any more, whichever is named first.
        let of_camera = "controls: { contrast: 200, horizontal_flip: true, menu: 3, gain: 50, gain_automatic: false, saturation: 999, colour: 1 }";
        let broadcast = configured(&mut guest, of_camera, &format!("{VIVID} --camera-backend {backend}")).await;
        let _live = broadcast.viewer().of_type("frame").await;
        for told in ["contrast: 200", "horizontal_flip: 1", "menu: 3", "gain: 50", "gain_automatic: 0", "saturation: 128"] {
            let (name, _) = told.split_once(':').unwrap();
            let is = control(&mut guest, "/dev/video0", name).await;
            assert!(is.starts_with(told), "{backend}: {told} and not {is}");
        }
        guest.said(&broadcast, "The control “saturation” of “vivid-000-vid-cap” can't be 999. It can be 0 to 255.").await;
        guest.said(&broadcast, "The camera “vivid-000-vid-cap” has no control “colour”. It has brightness, contrast,").await;
        guest.stop(broadcast).await;
    }
}

#[tokio::test]
async fn a_turned_picture_of_a_camera_arrives_with_its_bars_where_they_belong() {
    let mut guest = Guest::boot().await;
    guest.run("plug_vivid").await;
    for (of_camera, size) in [
        ("picture: { mirror: true }", (640, 480)),
        ("picture: { rotate: 180 }", (640, 480)),
        ("picture: { rotate: 90 }", (480, 640)),
        ("picture: { rotate: 270, mirror: true }", (480, 640)),
    ] {
        let broadcast = configured(&mut guest, of_camera, VIVID).await;
        let frame: Value = broadcast.viewer().of_type("frame").await;
        assert_eq!((frame["width"].as_u64(), frame["height"].as_u64()), (Some(size.0), Some(size.1)), "{of_camera}");
        let seen = jpeg::whole(&picture(&broadcast, &frame).await);
        // Back to what the camera showed.
        let upright = match of_camera {
            "picture: { mirror: true }" => imageops::flip_horizontal(&seen),
            "picture: { rotate: 180 }" => imageops::rotate180(&seen),
            "picture: { rotate: 90 }" => imageops::rotate270(&seen),
            _ => imageops::rotate90(&imageops::flip_horizontal(&seen)),
        };
        let near = |Rgb(one): Rgb<u8>, other: [u8; 3]| one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= 24);
        for (bar, wanted) in (0..).zip(BARS) {
            let shown = *upright.get_pixel(80 * bar + 40, 440);
            assert!(near(shown, wanted), "{of_camera}: bar {bar} is {shown:?} and should be {wanted:?}");
        }
        guest.stop(broadcast).await;
    }
}
