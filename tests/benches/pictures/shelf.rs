//! Where the pictures go: `assets/pictures`, each as small as it can be without being seen.

use std::path::{Path, PathBuf};
use std::process::Command;

use image::{RgbImage, imageops};

/// Of the window, at the corner of the display.
const WINDOW: (u32, u32) = (1120, 720);
/// Of the colours, as pngquant counts it: above that nobody sees a difference.
const QUALITY: &str = "0-90";

/// A folder of pictures.
pub(crate) struct Shelf(PathBuf);

impl Shelf {
    pub(crate) fn new() -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/pictures"))
    }

    /// The window, of what is on the display.
    pub(crate) fn put_window(&self, name: &str, screen: &RgbImage) {
        let window = imageops::crop_imm(screen, 0, 0, WINDOW.0, WINDOW.1).to_image();
        let mut png = Vec::new();
        window.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("a picture can be written");
        self.put(name, &png);
    }

    /// A picture as PNG.
    pub(crate) fn put(&self, name: &str, png: &[u8]) {
        let whole = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(whole.path(), png).expect("a temporary file can be written");
        let file = self.0.join(format!("{name}.png"));
        let mut small = Command::new("pngquant");
        small.args(["--force", "--strip", "--speed", "1", "--quality", QUALITY, "--output"]).arg(&file).arg(whole.path());
        let status = small.status().expect("this needs pngquant: `make pictures` installs it");
        assert!(status.success(), "pngquant can't make {} smaller: {status}", file.display());
        let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
        println!("{name}.png: {} kB", bytes / 1000);
    }
}
