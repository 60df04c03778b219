//! The source by itself, `app/examples/capture.rs`, against every camera of the lab: checks that run in the guest.

use std::path::Path;
use std::process::Command;

use cometcam_tests::files::files;
use cometcam_tests::guest::{self, Script};
use cometcam_tests::jpeg;
use cometcam_tests::program::example;
use image::{RgbImage, imageops};

use super::{BACKENDS, assert_bars};

/// Runs one of the lab's own checks of `app/examples/capture.rs`.
async fn script_succeeds(name: &str) -> Script {
    let capture = example("capture");
    let script = guest::script(name, &[&capture.to_string_lossy()]).await;
    assert!(script.status.success(), "{name}: {}\n{}", script.status, script.printed);
    println!("{}", script.printed);
    script
}

/// What ffmpeg shows a raw camera of the lab, for longer than a test takes: 40x30 pixels of each of its pictures.
fn film() -> Vec<RgbImage> {
    const SECONDS: &str = "180";
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=15", "-t", SECONDS]);
    ffmpeg.args(["-vf", "format=rgb24,scale=40:30:flags=area", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]);
    let output = ffmpeg.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pictures = output.stdout.chunks_exact(40 * 30 * 3);
    pictures.map(|pixels| RgbImage::from_raw(40, 30, pixels.to_vec()).unwrap()).collect()
}

/// The mean difference of two pictures' colours, 0 to 255.
fn difference(one: &RgbImage, other: &RgbImage) -> u64 {
    let pairs = one.as_raw().iter().zip(other.as_raw());
    pairs.map(|(one, other)| u64::from(one.abs_diff(*other))).sum::<u64>() / one.as_raw().len() as u64
}

/// The ten pictures that a check saved in a folder, as they would go to viewers.
fn saved(folder: &Path) -> Vec<Vec<u8>> {
    let named = |path: &Path| path.to_string_lossy().ends_with(".encoded.jpg");
    let pictures: Vec<_> = files(folder).iter().filter(|path| named(path)).map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(pictures.len(), 10, "{}", folder.display());
    pictures
}

#[tokio::test]
async fn the_source_reads_every_format_and_shows_what_the_camera_showed() {
    let script = script_succeeds("formats.sh").await;
    check_pictures(script.out.path());
}

/// That they are what the cameras of the lab showed.
fn check_pictures(out: &Path) {
    let (film, of_webcam) = (film(), guest::webcam_pictures());
    for backend in BACKENDS {
        let folder = |format: &str| out.join(format!("{format}-{backend}"));
        for picture in saved(&folder("mjpeg")) {
            assert!(of_webcam.contains(&picture), "{backend}: a JPEG passes through untouched");
        }
        for format in ["yuyv422", "nv12", "rgb24", "bgr24"] {
            for picture in saved(&folder(format)) {
                let picture = jpeg::whole(&picture);
                assert_eq!(picture.dimensions(), (320, 240), "{backend}: {format}");
                let small = imageops::thumbnail(&picture, 40, 30);
                let nearest = film.iter().map(|picture| difference(&small, picture)).min().unwrap();
                assert!(nearest <= 6, "{backend}: {format} is {nearest} away from all that the camera showed");
            }
        }
        for picture in saved(&folder("vivid")) {
            assert_bars(&jpeg::whole(&picture), &format!("{backend}: vivid"));
        }
    }
}

#[tokio::test]
async fn the_source_goes_on_after_every_fault() {
    let _checked = script_succeeds("faults.sh").await;
}

#[tokio::test]
async fn the_source_names_cameras() {
    let _checked = script_succeeds("names.sh").await;
}
