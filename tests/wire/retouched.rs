//! What is done to pictures before anybody sees them, as the settings say: seen by viewers.

use std::path::PathBuf;
use std::process::Command;

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::built;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use image::{RgbImage, imageops};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration file in which this is said of the camera.
fn configured(of_camera: &str) -> (TempDir, PathBuf) {
    let own = folder();
    let file = own.path().join("cometcam.yaml");
    std::fs::write(&file, format!("cameras:\n  - channel: front\n    {of_camera}\n")).unwrap();
    (own, file)
}

/// A program that is live with it, and with these options.
async fn live(config: &std::path::Path, options: &[&str]) -> Server {
    Server::headless(&[&["--config", config.to_str().unwrap()], options].concat()).await
}

async fn picture(server: &Server, frame: &Value) -> Vec<u8> {
    Call::new(server.address, Method::GET, frame["url"].as_str().unwrap()).send().await.expect(200).body.to_vec()
}

/// The test pattern's own number, if it can be read.
fn number(picture: &RgbImage) -> Option<u32> {
    read_number(picture.as_raw(), Size::new(picture.width(), picture.height()))
}

#[tokio::test]
async fn a_turned_and_mirrored_picture_arrives_so_and_its_message_has_the_size_it_has_then() {
    let (_own, config) = configured("picture: { mirror: true, rotate: 90 }");
    let server = live(&config, &["--size", "640x480"]).await;
    let frame = Subscriber::new(&server, "front?latest").of_type("frame").await;
    assert_eq!([&frame["width"], &frame["height"]], [480, 640], "{frame}");
    let seen = jpeg::whole(&picture(&server, &frame).await);
    assert_eq!(seen.dimensions(), (480, 640));
    assert_eq!(number(&seen), None, "it lies on its side");
    let upright = imageops::rotate270(&imageops::flip_horizontal(&seen));
    assert!(number(&upright).is_some(), "turned clockwise, and then mirrored");
}

/// A folder with one picture, and its bytes.
fn one_picture() -> (TempDir, Vec<u8>) {
    let own = folder();
    let mut seed = 1_u32;
    let noise = |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(seed >> 26) as u8 + 90; 3])
    };
    let path = own.path().join("one.jpg");
    RgbImage::from_fn(640, 480, noise).save(&path).unwrap();
    let bytes = std::fs::read(path).unwrap();
    (own, bytes)
}

#[tokio::test]
async fn where_nothing_is_done_the_bytes_of_a_jpeg_arrive_as_they_were() {
    let (images, bytes) = one_picture();
    let source = format!("images:{}", images.path().display());
    for (of_camera, untouched) in [
        ("keep: false", true),
        ("picture: { mirror: false, rotate: 0, brightness: 0, text: \"\", time: false }", true),
        ("controls: { brightness: 128 }", true),
        ("picture: { mirror: true }", false),
    ] {
        let (_own, config) = configured(of_camera);
        let server = live(&config, &["--source", &source]).await;
        let frame = Subscriber::new(&server, "front?latest").of_type("frame").await;
        assert_eq!(picture(&server, &frame).await == bytes, untouched, "{of_camera}");
    }
}

/// At the lower left, where the text stands, and all above it.
fn parts(picture: &RgbImage) -> [RgbImage; 2] {
    let (width, height) = picture.dimensions();
    [(0, height - 56, width, 56), (0, 0, width, height - 64)]
        .map(|(x, y, width, height)| imageops::crop_imm(picture, x, y, width, height).to_image())
}

#[tokio::test]
async fn text_and_the_time_stand_in_the_picture_and_the_time_goes_on() {
    let (images, bytes) = one_picture();
    let source = format!("images:{}", images.path().display());
    let (_own, config) = configured("picture: { text: \"Front door\", time: true }");
    let server = live(&config, &["--source", &source, "--fps", "30"]).await;
    let mut viewer = Subscriber::new(&server, "front?latest");
    let [text, above] = parts(&jpeg::whole(&picture(&server, &viewer.of_type("frame").await).await));
    let difference = |one: &RgbImage, other: &RgbImage| {
        let pairs = one.as_raw().iter().zip(other.as_raw());
        pairs.map(|(one, other)| u64::from(one.abs_diff(*other))).sum::<u64>() as f64 / one.as_raw().len() as f64
    };
    let [of_source, above_of_source] = parts(&jpeg::whole(&bytes));
    assert!(difference(&text, &of_source) > 10.0, "there is something where the text is to be");
    let white = text.pixels().filter(|pixel| pixel.0.iter().all(|part| *part > 220)).count();
    assert!(white > 500, "white letters: {white}");
    assert!(difference(&above, &above_of_source) < 4.0, "the rest of the picture is as it was");
    // The same second gives the same picture, byte by byte; the next one another.
    loop {
        let [later, above_later] = parts(&jpeg::whole(&picture(&server, &viewer.of_type("frame").await).await));
        assert_eq!(above_later, above);
        if later != text {
            break;
        }
    }
}

#[test]
fn what_can_not_be_meant_is_told_with_its_line() {
    for (of_camera, words) in [
        ("picture: { rotate: 45 }", "write 0, 90, 180 or 270"),
        ("picture: { brightness: 200 }", "write -100 to 100"),
        ("picture: { upside_down: true }", "upside_down"),
        ("controls: { brightness: bright }", "a whole number"),
    ] {
        let (own, config) = configured(of_camera);
        let mut command: Command = built("cometcam");
        command.args(["--headless", "--source", "test-pattern", "--bind", "127.0.0.1:0", "--data"]).arg(own.path().join("data"));
        let output = command.arg("--config").arg(config).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("line 3") && said.contains(words), "{said}");
    }
}
