//! Real cameras, through both backends, in the camera lab's guest (tests/camera): the program runs there, and the viewer here.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use cometcam_tests::guest::{self, Broadcast, Guest};
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::example;
use hyper::Method;
use serde_json::{Value, json};

const BACKENDS: [&str; 2] = ["v4l2", "nokhwa"];
const WEBCAM: &str = "--source camera --size 1280x720 --fps 30";
const VIVID: &str = "--source camera --size 640x480 --fps 15";

/// The picture of a frame message, as it is served.
async fn picture(broadcast: &Broadcast, frame: &Value) -> Vec<u8> {
    broadcast.get(frame["url"].as_str().unwrap()).await.expect(200).body.to_vec()
}

/// Asserts that a viewer who asks now is told that there are no pictures, for a reason.
async fn assert_stalled(broadcast: &Broadcast) {
    let status = broadcast.viewer().of_type("status").await;
    assert_eq!(status["state"], "stalled");
    assert!(status["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{status}");
}

async fn a_webcam_s_own_pictures_arrive(backend: &str) {
    let mut guest = Guest::boot().await;
    let pictures = guest.webcam_pictures().await;
    guest.run("plug_uvc").await;
    let broadcast = guest.broadcast(&format!("{WEBCAM} --camera-backend {backend}")).await;
    let mut viewer = broadcast.viewer();
    let first = viewer.of_type("frame").await;
    assert_eq!([&first["width"], &first["height"]], [1280, 720]);

    // Only from here on, for a program in an emulated machine is slow until all of its code has run once.
    for _ in 0..10 {
        viewer.of_type("frame").await;
    }
    let before = viewer.of_type("frame").await["seq"].as_u64().unwrap();
    let (begin, mut after) = (Instant::now(), before);
    while begin.elapsed() < Duration::from_secs(5) {
        after = viewer.of_type("frame").await["seq"].as_u64().unwrap();
    }
    let rate = (after - before) as f64 / begin.elapsed().as_secs_f64();
    println!("{backend}: {rate:.1} a second");
    assert!(rate >= 20.0, "{backend}: {rate:.1} pictures a second");

    let mut seen = HashSet::new();
    for _ in 0..20 {
        let frame = viewer.of_type("frame").await;
        let picture = picture(&broadcast, &frame).await;
        assert!(pictures.contains(&picture), "{backend}: {frame} is none of the webcam's pictures");
        seen.insert(picture);
    }
    assert!(seen.len() >= 10, "{backend}: the picture moves: {} of 20 differ", seen.len());
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
            assert_eq!(jpeg::whole(&picture).dimensions(), (640, 480), "{backend}: {frame}");
            seen.insert(picture);
        }
        assert_eq!(seen.len(), 5, "{backend}: the picture moves");
        guest.stop(broadcast).await;
    }
}

async fn a_webcam_is_pulled_out_and_comes_back(backend: &str) {
    let mut guest = Guest::boot().await;
    let pictures = guest.webcam_pictures().await;
    guest.run("plug_uvc").await;
    let broadcast = guest.broadcast(&format!("{WEBCAM} --camera-backend {backend}")).await;
    let mut viewer = broadcast.viewer();
    let mut before = viewer.of_type("frame").await;
    for (plug, device) in [("plug_uvc", "/dev/video0"), ("plug_vivid; plug_uvc", "/dev/video1")] {
        // One who misses no message, for the reason is soon another one: it is not there when it is looked for again.
        let mut witness = Subscriber::to(broadcast.address, "front?first=newest");
        let _from_here_on = witness.of_type("frame").await;
        // First of all it may be told that no picture comes, before anybody knows why.
        let why = async { while witness.of_type("status").await["reason"] != "the camera was unplugged" {} };
        tokio::join!(guest.run("unplug_uvc"), why);
        guest.run(plug).await;
        guest.run(&format!("v4l2-ctl -d {device} --info | grep 'Lab UVC Cam'")).await;
        let after = viewer.of_type("frame").await;
        assert!(after["seq"].as_u64() > before["seq"].as_u64(), "{before} {after}");
        assert!(pictures.contains(&picture(&broadcast, &after).await), "{backend}: {after} is of another camera");
        before = after;
    }
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
        guest.run("start other v4l2-ctl -d /dev/video0 --stream-mmap; OTHER=$STARTED; within 5 in_use /dev/video0").await;
        let broadcast = guest.broadcast(&format!("{VIVID} --camera-backend {backend}")).await;
        assert_stalled(&broadcast).await;
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
        assert_stalled(&broadcast).await;
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
        assert_stalled(&broadcast).await;
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
    let free = "within 1 v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=1";
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
        assert_eq!(viewer.of_type("status").await["state"], "paused");
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

    let listed: Value = serde_json::from_str(&guest.cometcam("cameras --json").await).unwrap();
    let camera = &listed[0];
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "its metadata node is no camera: {listed}");
    assert_eq!(camera["name"], "Lab UVC Cam");
    assert_eq!(camera["device"], "/dev/video0");
    assert_eq!(camera["problem"], Value::Null);
    assert_eq!(camera["modes"][0], json!({ "format": "jpeg", "size": "1280x720", "rates": [30.0, 15.0] }));
    assert_eq!(camera["modes"].as_array().map(Vec::len), Some(3));
}

/// Runs one of the lab's own checks of `app/examples/capture.rs`.
async fn script_succeeds(name: &str) {
    let capture = example("capture");
    let (status, printed) = guest::script(name, &[&capture.to_string_lossy()]).await;
    assert!(status.success(), "{name}: {status}\n{printed}");
    println!("{printed}");
}

#[tokio::test]
async fn the_source_gives_a_webcam_s_pictures() {
    script_succeeds("webcam.sh").await;
}

#[tokio::test]
async fn the_source_reads_every_format() {
    script_succeeds("formats.sh").await;
}

#[tokio::test]
async fn the_source_goes_on_after_every_fault() {
    script_succeeds("faults.sh").await;
}

#[tokio::test]
async fn the_source_finds_a_webcam_again() {
    script_succeeds("replug.sh").await;
}

#[tokio::test]
async fn the_source_names_cameras() {
    script_succeeds("names.sh").await;
}
