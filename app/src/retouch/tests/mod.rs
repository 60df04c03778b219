//! What is done to pictures, seen in their pixels.

mod line;

use std::sync::Arc;

use bytes::Bytes;
use image::{Rgb, RgbImage};

use super::*;
use crate::decode::{Decoder, Rgba};
use crate::encode::Encoder;
use crate::frame::{Frame, PixelFormat, Size, StageTimes};
use crate::planes::{Mirror, Planes};

const FORMATS: [PixelFormat; 4] = [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Rgb, PixelFormat::Bgr];
const CORNERS: [[u8; 3]; 4] = [[200, 40, 40], [40, 180, 60], [60, 70, 200], [220, 220, 220]];

fn frame(format: PixelFormat, size: Size, bytes: impl Into<Bytes>) -> Frame {
    Frame { bytes: bytes.into(), format, size, number: 7, times: StageTimes::captured_now(), retouch: None }
}

/// A picture whose quarters have the colours of [`CORNERS`]: upper left, upper right, lower left, lower right.
fn quarters(size: Size) -> Frame {
    let pixels = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    let colour = |(x, y)| CORNERS[usize::from(x >= size.width / 2) + 2 * usize::from(y >= size.height / 2)];
    frame(PixelFormat::Rgb, size, pixels.flat_map(colour).collect::<Vec<u8>>())
}

/// The same picture in another format, made by hand from its pixels.
fn converted(rgb: &Frame, format: PixelFormat) -> Frame {
    let size = rgb.size;
    let (width, height) = (size.width as usize, size.height as usize);
    let yuv = |x: usize, y: usize| {
        let at = (y.min(height - 1) * width + x.min(width - 1)) * 3;
        let [r, g, b] = [0, 1, 2].map(|part| f32::from(rgb.bytes[at + part]));
        [
            16.0 + 0.257 * r + 0.504 * g + 0.098 * b,
            128.0 - 0.148 * r - 0.291 * g + 0.439 * b,
            128.0 + 0.439 * r - 0.368 * g - 0.071 * b,
        ]
        .map(|part| part.round() as u8)
    };
    let mut bytes = Vec::new();
    match format {
        PixelFormat::Yuyv => {
            for (y, x) in (0..height).flat_map(|y| (0..width.div_ceil(2)).map(move |x| (y, x * 2))) {
                let ([y0, u, v], [y1, ..]) = (yuv(x, y), yuv(x + 1, y));
                bytes.extend([y0, u, y1, v]);
            }
        }
        PixelFormat::Nv12 => {
            bytes.extend((0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| yuv(x, y)[0]));
            for (y, x) in (0..height.div_ceil(2)).flat_map(|y| (0..width.div_ceil(2)).map(move |x| (y * 2, x * 2))) {
                bytes.extend(&yuv(x, y)[1..]);
            }
        }
        PixelFormat::Bgr => bytes.extend(rgb.bytes.as_chunks().0.iter().flat_map(|[r, g, b]| [*b, *g, *r])),
        PixelFormat::Rgb => bytes.extend(&rgb.bytes),
        PixelFormat::Jpeg => return frame(format, size, Encoder::new(95).encode(rgb).unwrap().jpeg),
    }
    frame(format, size, bytes)
}

fn retouched(frame: &Frame, retouch: Retouch) -> RgbImage {
    let frame = Frame { retouch: Some(Arc::new(retouch)), ..frame.clone() };
    let encoded = Encoder::new(95).encode(&frame).unwrap();
    let picture = image::load_from_memory_with_format(&encoded.jpeg, image::ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (encoded.size.width, encoded.size.height), "the size is that of the JPEG");
    picture
}

fn is_near(Rgb(one): Rgb<u8>, other: [u8; 3], most: u8) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= most)
}

/// Which of [`CORNERS`] are where.
fn corners(picture: &RgbImage, what: &str) -> [usize; 4] {
    let (width, height) = picture.dimensions();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let pixel = *picture.get_pixel(width * x / 4, height * y / 4);
        let corner = CORNERS.iter().position(|colour| is_near(pixel, *colour, 12));
        corner.unwrap_or_else(|| panic!("{what}: {pixel:?} is none of the colours"))
    })
}

#[test]
fn every_turn_and_mirror_puts_every_corner_in_its_place_in_every_format_and_size() {
    let ways = [
        (Turn::None, false, [0, 1, 2, 3]),
        (Turn::None, true, [1, 0, 3, 2]),
        (Turn::Quarter, false, [2, 0, 3, 1]),
        (Turn::Quarter, true, [0, 2, 1, 3]),
        (Turn::Half, false, [3, 2, 1, 0]),
        (Turn::Half, true, [2, 3, 0, 1]),
        (Turn::ThreeQuarters, false, [1, 3, 0, 2]),
        (Turn::ThreeQuarters, true, [3, 1, 2, 0]),
    ];
    for size in [Size::new(64, 48), Size::new(70, 42), Size::new(37, 61), Size::new(33, 32)] {
        let rgb = quarters(size);
        for format in FORMATS.into_iter().chain([PixelFormat::Jpeg]) {
            let frame = converted(&rgb, format);
            for (rotate, mirror, expected) in ways {
                // Something is always to be done.
                let picture = retouched(&frame, Retouch { rotate, mirror, brightness: Brightness(1), ..Retouch::default() });
                let what = format!("{format} {size} {rotate} {mirror}");
                let turned = if rotate.swaps() { (size.height, size.width) } else { (size.width, size.height) };
                assert_eq!(picture.dimensions(), turned, "{what}");
                assert_eq!(corners(&picture, &what), expected, "{what}");
            }
        }
    }
}

/// The same ones each time (xorshift).
fn noise(seed: &mut u64) -> u8 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed >> 32) as u8
}

#[test]
fn each_sample_of_luma_goes_where_a_plain_loop_would_put_it() {
    let mut seed = 1;
    let sides = [1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 40, 41];
    for (width, height) in sides.into_iter().flat_map(|width| sides.map(|height| (width, height))) {
        let size = Size::new(width, height);
        let bytes: Vec<u8> = (0..PixelFormat::Yuyv.bytes_of(size).unwrap()).map(|_| noise(&mut seed)).collect();
        let (mut from, mut to) = (Planes::default(), Planes::default());
        for (turn, mirror) in Turn::ALL.into_iter().flat_map(|turn| [(turn, Mirror::No), (turn, Mirror::Yes)]) {
            from.fill(&frame(PixelFormat::Yuyv, size, bytes.clone())).unwrap();
            to.turn(&mut from, turn, mirror);
            let (w, h) = (width as usize, height as usize);
            let turned = |x: usize, y: usize| match turn {
                Turn::None => (x, y),
                Turn::Quarter => (y, h - 1 - x),
                Turn::Half => (w - 1 - x, h - 1 - y),
                Turn::ThreeQuarters => (w - 1 - y, x),
            };
            for y in 0..to.y.height {
                for x in 0..to.y.width {
                    let (u, v) = turned(if mirror == Mirror::Yes { to.y.width - 1 - x } else { x }, y);
                    assert_eq!(to.y.row(y)[x], from.y.row(v)[u], "{size} {turn} {mirror:?}");
                }
            }
        }
    }
}

#[test]
fn four_quarter_turns_and_two_mirrors_change_nothing() {
    let mut seed = 9;
    for size in [Size::new(48, 32), Size::new(31, 17), Size::new(8, 8)] {
        let bytes: Vec<u8> = (0..PixelFormat::Nv12.bytes_of(size).unwrap()).map(|_| noise(&mut seed)).collect();
        let mut planes = Planes::default();
        planes.fill(&frame(PixelFormat::Nv12, size, bytes)).unwrap();
        let rows = |planes: &Planes| -> Vec<Vec<u8>> {
            let all = [&planes.y, &planes.u, &planes.v];
            all.into_iter().flat_map(|plane| (0..plane.height).map(|y| plane.row(y).to_vec())).collect()
        };
        let before = rows(&planes);
        for (turn, mirror, times) in
            [(Turn::Quarter, Mirror::No, 4), (Turn::None, Mirror::Yes, 2), (Turn::Quarter, Mirror::Yes, 2)]
        {
            for _ in 0..times {
                let mut turned = Planes::default();
                turned.turn(&mut planes, turn, mirror);
                planes = turned;
            }
            assert!(rows(&planes) == before, "{size} {turn} {mirror:?}");
        }
    }
}

#[test]
fn what_the_window_shows_is_what_viewers_get() {
    let retouch =
        Retouch { mirror: true, rotate: Turn::Quarter, brightness: Brightness(30), text: Words::of_typed("Yard"), time: true };
    for format in FORMATS.into_iter().chain([PixelFormat::Jpeg]) {
        let frame = converted(&quarters(Size::new(320, 240)), format);
        let published = retouched(&frame, retouch.clone());
        let frame = Frame { retouch: Some(Arc::new(retouch.clone())), ..frame };
        let Rgba { size, pixels } = Decoder::default().to_rgba(&frame).unwrap();
        assert_eq!((size.width, size.height), published.dimensions());
        let pairs = pixels.as_chunks::<4>().0.iter().zip(published.pixels());
        let off: u64 = pairs
            .map(|([r, g, b, _], Rgb(seen))| {
                [r, g, b].iter().zip(seen).map(|(one, other)| u64::from(one.abs_diff(*other))).sum::<u64>()
            })
            .sum();
        assert!(off / (size.area() * 3) < 3, "{format}: {}", off / (size.area() * 3));
    }
}

#[test]
fn brightness_lifts_what_is_between_and_leaves_black_and_white() {
    let grey = |luma: u8| frame(PixelFormat::Rgb, Size::new(16, 16), vec![luma; 16 * 16 * 3]);
    let seen = |luma: u8, brightness: i8| {
        let retouch = Retouch { brightness: Brightness(brightness), ..Retouch::default() };
        retouched(&grey(luma), retouch).get_pixel(8, 8).0[1]
    };
    for brightness in [-100, -30, 30, 100] {
        assert!(seen(0, brightness) <= 2 && seen(255, brightness) >= 253, "{brightness}");
    }
    let greys = [-100, -40, -10, 10, 40, 100].map(|brightness| seen(100, brightness));
    assert!(greys.is_sorted() && greys[0] < 20 && greys[5] > 180, "{greys:?}");
}

#[test]
fn without_anything_to_do_the_bytes_stay_as_they_are() {
    let words = Retouch { text: Words::of_typed("a"), ..Retouch::default() };
    assert!(Retouch::default().is_none() && !words.is_none());
    let jpeg = converted(&quarters(Size::new(64, 48)), PixelFormat::Jpeg);
    let encoded = Encoder::new(80).encode(&jpeg).unwrap();
    assert_eq!(encoded.jpeg.as_ptr(), jpeg.bytes.as_ptr());
}

#[test]
fn damaged_and_odd_jpegs_are_errors_or_pictures_and_never_a_panic() {
    let mirrored = Arc::new(Retouch { mirror: true, ..Retouch::default() });
    let encode = |bytes: Vec<u8>, size| {
        let frame = Frame { retouch: Some(mirrored.clone()), ..frame(PixelFormat::Jpeg, size, bytes) };
        Encoder::new(80).encode(&frame)
    };
    let size = Size::new(70, 42);
    let jpeg = converted(&quarters(size), PixelFormat::Jpeg).bytes.to_vec();
    for bytes in [Vec::new(), b"\xff\xd8\xff\xd9".to_vec(), b"no JPEG".to_vec(), jpeg[..200].to_vec()] {
        assert!(encode(bytes, size).is_err());
    }
    let mut seed = 5;
    for _ in 0..300 {
        let mut broken = jpeg.clone();
        let at = (usize::from(noise(&mut seed)) << 8 | usize::from(noise(&mut seed))) % broken.len();
        broken[at] = noise(&mut seed);
        // Either will do.
        drop(encode(broken, size));
    }
    let mut grey = Vec::new();
    let pixels: Vec<u8> = (0..70 * 42).map(|at| if at % 70 < 35 { 20 } else { 230 }).collect();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut grey, 95)
        .encode(&pixels, 70, 42, image::ExtendedColorType::L8)
        .unwrap();
    let picture = image::load_from_memory(&encode(grey, size).unwrap().jpeg).unwrap().into_rgb8();
    assert!(picture.get_pixel(10, 20)[0] > 200 && picture.get_pixel(60, 20)[0] < 60, "grey is mirrored, too");
    let mut full = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut full, 95)
        .encode(&quarters(size).bytes, 70, 42, image::ExtendedColorType::Rgb8)
        .unwrap();
    let picture = image::load_from_memory(&encode(full, size).unwrap().jpeg).unwrap().into_rgb8();
    assert_eq!(corners(&picture, "of another encoder"), [1, 0, 3, 2]);
}

#[test]
fn settings_are_read_as_they_are_written_and_what_is_wrong_is_told() {
    let read = |text: &str| serde_saphyr::from_str::<Retouch>(text).map_err(|error| error.to_string());
    let all = read("{ mirror: true, rotate: 270, brightness: -10, text: 007 off, time: true }").unwrap();
    assert_eq!((all.rotate, i64::from(all.brightness), all.text.as_str()), (Turn::ThreeQuarters, -10, "007 off"));
    assert_eq!(read(&serde_saphyr::to_string(&all).unwrap()), Ok(all));
    let long = format!("text: {}", "x".repeat(201));
    for (wrong, word) in [
        ("rotate: 45", "0, 90, 180 or 270"),
        ("brightness: 101", "-100 to 100"),
        (&*long, "at most 200"),
        ("text: \"a\\nb\"", "one line"),
        ("flip: true", "flip"),
        ("mirror: perhaps", "perhaps"),
    ] {
        let told = read(wrong).unwrap_err();
        assert!(told.contains(word), "{told}");
    }
}
