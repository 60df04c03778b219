//! Real cameras, through both backends, in the camera lab's guest (tests/camera): the program runs there, and the viewer here.

mod controls;
mod source;

use std::collections::HashSet;

use cometcam_tests::guest::{self, Broadcast, Guest};
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::mjpg::Parts;
use hyper::Method;
use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, timeout_at};

const BACKENDS: [&str; 2] = ["v4l2", "nokhwa"];
const WEBCAM: &str = "--source camera --size 1280x720 --fps 30";
const VIVID: &str = "--source camera --size 640x480 --fps 15";

/// The picture of a frame message, as it is served.
async fn picture(broadcast: &Broadcast, frame: &Value) -> Vec<u8> {
    broadcast.get(frame["url"].as_str().unwrap()).await.expect(200).body.to_vec()
}

/// Asserts that a viewer who asks now is told that there are no pictures, for this reason.
async fn assert_stalled(broadcast: &Broadcast, reason: &str) {
    let status = broadcast.viewer().of_type("status").await;
    assert_eq!([&status["state"], &status["reason"]], ["stalled", reason]);
}

/// The pictures that come whole within five seconds.
async fn in_five_seconds(stream: &mut Parts) -> Vec<Vec<u8>> {
    let (end, mut pictures) = (Instant::now() + Duration::from_secs(5), Vec::new());
    while let Ok(part) = timeout_at(end, stream.next()).await {
        pictures.push(part.expect("the stream goes on").picture);
    }
    pictures
}

async fn a_webcam_s_own_pictures_arrive(backend: &str) {
    /// Other tests may keep the machine busy for so long.
    const BUSY: Duration = Duration::from_secs(300);
    let mut guest = Guest::boot().await;
    let of_webcam = guest::webcam_pictures();
    guest.run("plug_uvc").await;
    let broadcast = guest.broadcast(&format!("{WEBCAM} --camera-backend {backend}")).await;
    let first = broadcast.viewer().of_type("frame").await;
    assert_eq!([&first["width"], &first["height"]], [1280, 720]);
    assert!(of_webcam.contains(&picture(&broadcast, &first).await), "{backend}: {first} is none of the webcam's pictures");

    let mut stream = Parts::open(broadcast.address).await;
    let deadline = Instant::now() + BUSY;
    loop {
        let came = in_five_seconds(&mut stream).await;
        println!("{backend}: {} pictures in five seconds", came.len());
        let foreign = came.iter().filter(|picture| !of_webcam.contains(*picture)).count();
        assert_eq!(foreign, 0, "{backend}: of {} pictures so many are none of the webcam's", came.len());
        let different = came.iter().collect::<HashSet<_>>().len();
        if came.len() >= 100 && different >= 50 {
            break;
        }
        assert!(Instant::now() < deadline, "{backend}: {} pictures in five seconds, {different} of them different", came.len());
    }
}

#[tokio::test]
async fn a_webcam_s_own_pictures_arrive_untouched_20_a_second_and_more_through_v4l2() {
    a_webcam_s_own_pictures_arrive("v4l2").await;
}

#[tokio::test]
async fn a_webcam_s_own_pictures_arrive_untouched_20_a_second_and_more_through_nokhwa() {
    a_webcam_s_own_pictures_arrive("nokhwa").await;
}

#[tokio::test]
async fn raw_pictures_arrive_as_jpeg_of_the_right_size_and_change() {
    let mut guest = Guest::boot().await;
    guest.run("plug_vivid").await;
    for backend in BACKENDS {
        let broadcast = guest.broadcast(&format!("{VIVID} --camera-backend {backend}")).await;
        let _says = guest.said(&broadcast, "gives YUYV pictures of 640x480").await;
        let (mut viewer, mut seen) = (broadcast.viewer(), HashSet::new());
        for _ in 0..5 {
            let frame = viewer.of_type("frame").await;
            let picture = picture(&broadcast, &frame).await;
            assert_bars(&jpeg::whole(&picture), &format!("{backend}: {frame}"));
            seen.insert(picture);
        }
        assert_eq!(seen.len(), 5, "{backend}: the picture moves");
        guest.stop(broadcast).await;
    }
}

async fn a_webcam_is_pulled_out_and_comes_back(backend: &str) {
    let mut guest = Guest::boot().await;
    let pictures = guest::webcam_pictures();
    guest.run("plug_uvc").await;
    let broadcast = guest.broadcast(&format!("{WEBCAM} --camera-backend {backend}")).await;
    let mut viewer = broadcast.viewer();
    let _live = viewer.of_type("frame").await;
    for (plug, device) in [("plug_uvc", "/dev/video0"), ("plug_vivid; plug_uvc", "/dev/video1")] {
        // One who misses no message, for the reason is soon another one: it is not there when it is looked for again.
        let mut witness = Subscriber::to(broadcast.address, "front?first=newest");
        let _from_here_on = witness.of_type("frame").await;
        let (_unplugged, status) = tokio::join!(guest.run("unplug_uvc"), witness.status("reason", "the camera was unplugged"));
        assert_eq!(status["state"], "stalled");
        guest.run(plug).await;
        guest.run(&format!("v4l2-ctl -d {device} --info | grep 'Lab UVC Cam'")).await;
        // The newest may still be one of before.
        let after = loop {
            let frame = viewer.of_type("frame").await;
            if frame["captured_at_ms"].as_u64() > status["at_ms"].as_u64() {
                break frame;
            }
        };
        assert!(pictures.contains(&picture(&broadcast, &after).await), "{backend}: {after} is of another camera");
    }
    let listed: Value = serde_json::from_str(&guest.cometcam("cameras --json").await).unwrap();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|camera| camera["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["vivid-000-vid-cap", "Lab UVC Cam"], "it is not the first of the list any more");
}

#[tokio::test]
async fn a_webcam_that_was_pulled_out_goes_on_when_it_is_back_through_v4l2() {
    a_webcam_is_pulled_out_and_comes_back("v4l2").await;
}

#[tokio::test]
async fn a_webcam_that_was_pulled_out_goes_on_when_it_is_back_through_nokhwa() {
    a_webcam_is_pulled_out_and_comes_back("nokhwa").await;
}

#[tokio::test]
async fn a_busy_camera_names_who_has_it_and_goes_on_when_it_is_free() {
    let mut guest = Guest::boot().await;
    guest.run("plug_vivid").await;
    for backend in BACKENDS {
        guest.run("start other v4l2-ctl -d /dev/video0 --stream-mmap; OTHER=$STARTED; within 60 in_use /dev/video0").await;
        let broadcast = guest.broadcast(&format!("{VIVID} --camera-backend {backend}")).await;
        assert_stalled(&broadcast, "the camera is in use by another program").await;
        guest.said(&broadcast, "in use by another program (v4l2-ctl)").await;
        guest.run("kill $OTHER").await;
        let frame = broadcast.viewer().of_type("frame").await;
        assert_eq!(frame["width"], 640, "{backend}");
        guest.stop(broadcast).await;
    }
}

#[tokio::test]
async fn a_camera_that_the_user_may_not_use_is_told_with_the_cure_and_the_program_serves() {
    let mut guest = Guest::boot().await;
    guest.run("plug_vivid").await;
    for backend in BACKENDS {
        let nobody = "setpriv --reuid nobody --regid nogroup --clear-groups";
        let broadcast = guest.broadcast_as(nobody, &format!("{VIVID} --camera-backend {backend}")).await;
        assert_stalled(&broadcast, "the camera may not be used").await;
        guest.said(&broadcast, "sudo usermod -aG video $USER").await;
        let listed = broadcast.get("/api/channels").await.expect(200).json();
        assert_eq!(listed["channels"][0]["state"], "stalled", "{backend}: {listed}");
        guest.run("chmod o+rw /dev/video0").await;
        let _goes_on = broadcast.viewer().of_type("frame").await;
        guest.stop(broadcast).await;
        guest.run("chmod o= /dev/video0").await;
    }
}

#[tokio::test]
async fn an_unknown_camera_is_waited_for() {
    let mut guest = Guest::boot().await;
    for backend in BACKENDS {
        let broadcast =
            guest.broadcast(&format!("--source camera:vivid-000-vid-cap --size 640x480 --camera-backend {backend}")).await;
        assert_stalled(&broadcast, "the camera is not connected").await;
        guest.said(&broadcast, "The camera “vivid-000-vid-cap” is not there").await;
        guest.run("plug_vivid").await;
        let _found = broadcast.viewer().of_type("frame").await;
        guest.stop(broadcast).await;
        guest.run("rmmod vivid").await;
    }
}

#[tokio::test]
async fn a_pause_and_the_end_leave_the_camera_to_others() {
    let mut guest = Guest::boot().await;
    guest.run("plug_vivid").await;
    let free = "within 10 v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=1";
    for backend in BACKENDS {
        let broadcast = guest.broadcast(&format!("{VIVID} --camera-backend {backend}")).await;
        let mut viewer = broadcast.viewer();
        let _live = viewer.of_type("frame").await;
        let (status, printed) = guest.attempt("v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=1").await;
        assert!(printed.contains("busy"), "{backend}: status {status}: {printed}");

        let key = guest.operator_key(&broadcast).await;
        let control = |what| Call::new(broadcast.address, Method::POST, &format!("/api/cameras/front/{what}")).key(&key).send();
        assert!(control("pause").await.status.is_success());
        guest.run(free).await;
        let _told = viewer.status("state", "paused").await;
        assert!(control("resume").await.status.is_success());
        let _live_again = viewer.of_type("frame").await;

        guest.stop(broadcast).await;
        guest.run(free).await;
    }
}

#[tokio::test]
async fn the_list_has_the_webcam_with_its_modes() {
    let mut guest = Guest::boot().await;
    guest.run("plug_uvc").await;
    let table = guest.cometcam("cameras").await;
    let lines: Vec<Vec<&str>> =
        table.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(lines[1], ["1", "Lab UVC Cam", "/dev/video0", "JPEG", "1280x720", "30, 15"], "{table}");
    assert_eq!(lines[2..], [["YUYV", "640x360", "15, 10"], ["YUYV", "320x240", "30, 15"]], "{table}");

    for backend in ["", " --camera-backend nokhwa"] {
        let listed: Value = serde_json::from_str(&guest.cometcam(&format!("cameras --json{backend}")).await).unwrap();
        let camera = &listed[0];
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "its metadata node is no camera: {listed}");
        assert_eq!([&camera["name"], &camera["device"]], ["Lab UVC Cam", "/dev/video0"], "{listed}");
        assert!(camera["identity"].as_str().unwrap().starts_with("Lab UVC Cam @ platform/dummy_hcd"), "{listed}");
        assert_eq!(camera["problem"], Value::Null, "{listed}");
        assert_eq!(camera["modes"][0], json!({ "format": "jpeg", "size": "1280x720", "rates": [30.0, 15.0] }), "{listed}");
        assert_eq!(camera["modes"].as_array().map(Vec::len), Some(3), "{listed}");
        let example = crate::documents::examples().pop().unwrap();
        assert_eq!(crate::documents::fields(&example), crate::documents::fields(&listed), "{listed}");
    }
}

#[tokio::test]
async fn of_a_webcam_s_formats_the_one_that_has_the_size_is_taken() {
    let mut guest = Guest::boot().await;
    guest.run("plug_uvc").await;
    for backend in BACKENDS {
        let broadcast = guest.broadcast(&format!("--source camera --size 640x360 --camera-backend {backend}")).await;
        let _says = guest.said(&broadcast, "gives YUYV pictures of 640x360").await;
        let frame = broadcast.viewer().of_type("frame").await;
        assert_eq!(jpeg::whole(&picture(&broadcast, &frame).await).dimensions(), (640, 360), "{backend}: {frame}");
        guest.stop(broadcast).await;
    }
}

/// The colours of vivid's picture.
const BARS: [[u8; 3]; 8] =
    [[191, 191, 191], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191], [0, 0, 0]];

#[track_caller]
fn assert_bars(picture: &RgbImage, what: &str) {
    assert_eq!(picture.dimensions(), (640, 480), "{what}");
    for (bar, wanted) in (0..).zip(BARS) {
        // Below what vivid writes over them.
        let Rgb(shown) = *picture.get_pixel(80 * bar + 40, 440);
        let near = shown.iter().zip(wanted).all(|(shown, wanted)| shown.abs_diff(wanted) <= 24);
        assert!(near, "{what}: bar {bar} is {shown:?} and should be {wanted:?}");
    }
}
