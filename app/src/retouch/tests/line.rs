//! The line of text in a picture.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::apply::written;
use super::super::caption::{Caption, Line};
use super::*;

fn words(text: &str) -> Retouch {
    Retouch { text: Words::of_typed(text), ..Retouch::default() }
}

/// How many pixels below the left half are white, as letters are.
fn white(picture: &RgbImage) -> usize {
    picture.pixels().filter(|Rgb(pixel)| pixel.iter().all(|part| *part > 200)).count()
}

#[test]
fn text_can_be_read_on_any_picture_and_the_rest_of_it_stays() {
    for colour in [0, 128, 255] {
        let size = Size::new(640, 480);
        let plain = frame(PixelFormat::Rgb, size, vec![colour; 640 * 480 * 3]);
        let picture = retouched(&plain, words("Front door"));
        let below = image::imageops::crop_imm(&picture, 0, 430, 200, 50).to_image();
        let (white, dark) = (white(&below), below.pixels().filter(|Rgb(pixel)| pixel[1] < 110).count());
        assert!(white > 200 && dark > 1000, "on {colour}: {white} white, {dark} dark");
        for (x, y) in [(5, 5), (320, 240), (630, 470), (2, 400)] {
            assert!(is_near(*picture.get_pixel(x, y), [colour; 3], 3), "on {colour} at {x} {y}");
        }
    }
}

#[test]
fn the_text_is_upright_and_at_the_lower_left_whatever_way_the_picture_is_turned() {
    let plain = frame(PixelFormat::Rgb, Size::new(320, 240), vec![0; 320 * 240 * 3]);
    let upright = retouched(&plain, words("Front"));
    for (rotate, mirror) in Turn::ALL.into_iter().flat_map(|turn| [(turn, true), (turn, false)]) {
        let turned = retouched(&plain, Retouch { rotate, mirror, ..words("Front") });
        let at_left_below = |picture: &RgbImage| {
            let (_, height) = picture.dimensions();
            image::imageops::crop_imm(picture, 0, height - 24, 100, 24).to_image()
        };
        let pairs = at_left_below(&upright).into_raw().into_iter().zip(at_left_below(&turned).into_raw());
        let most = pairs.map(|(one, other)| one.abs_diff(other)).max();
        assert!(most < Some(40), "{rotate} {mirror}: {most:?}");
    }
}

/// Lays a line over black, and gives the picture.
fn stamped(text: &str, time: &str, size: Size) -> RgbImage {
    let mut planes = Planes::default();
    let (width, height) = (size.width as usize, size.height as usize);
    planes.fill(&frame(PixelFormat::Rgb, size, vec![0; width * height * 3])).unwrap();
    Caption::default().stamp(&mut planes, &Line { text, time });
    let Rgba { pixels, .. } = planes.to_rgba();
    RgbImage::from_raw(size.width, size.height, pixels.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect())
        .unwrap()
}

#[test]
fn a_text_of_any_length_and_language_is_drawn_in_any_size_and_format_without_a_panic() {
    let long = "Wörter ".repeat(40);
    let texts = ["", "Ж", "Ελληνικά κείμενο", "שלום", "日本語", "😀👍🏽", "a\u{301}\u{200d}", "\u{feff}", &long];
    let sides = [1, 2, 5, 11, 24, 63, 200];
    for (width, height) in sides.into_iter().flat_map(|width| sides.map(|height| (width, height))) {
        for text in texts {
            let plain = frame(
                PixelFormat::Nv12,
                Size::new(width, height),
                vec![90; PixelFormat::Nv12.bytes_of(Size::new(width, height)).unwrap()],
            );
            retouched(&plain, Retouch { time: true, rotate: Turn::Quarter, ..words(text) });
        }
    }
}

#[test]
fn letters_that_the_font_has_differ_and_those_it_lacks_have_a_sign() {
    let size = Size::new(320, 240);
    let of = |text: &str| stamped(text, "", size);
    assert!(of("Ä") != of("A") && of("Ж") != of("Ψ") && of("ñ") != of("n"));
    assert!(white(&of("日")) > 4, "a sign stands for it");
    assert_eq!(of("日"), of("本"));
    assert_eq!(of(" "), of(""), "nothing is no plate");
}

#[test]
fn the_time_is_never_cut_off_for_the_text_and_nothing_jumps_when_it_goes_on() {
    let size = Size::new(640, 480);
    let (early, late) = ("2026-11-24 11:11:11 CET", "2026-11-24 23:48:08 CET");
    let plate =
        |picture: &RgbImage| picture.enumerate_pixels().filter(|(_, _, Rgb(pixel))| pixel[0] > 100).map(|(x, ..)| x).max();
    let long = "A very long name of a place that is nowhere near as short as the picture is wide, however one writes it";
    let (short_time, cut) = (stamped("", late, size), stamped(long, late, size));
    assert!(plate(&cut) > plate(&short_time) && plate(&cut) < Some(630), "{:?}", plate(&cut));
    let tail = |picture: &RgbImage| {
        let right = plate(picture).unwrap();
        image::imageops::crop_imm(picture, right - 100, 430, 101, 50).to_image()
    };
    let difference = |one: &RgbImage, other: &RgbImage| {
        let pairs = one.as_raw().iter().zip(other.as_raw());
        pairs.map(|(one, other)| u64::from(one.abs_diff(*other))).sum::<u64>() / one.as_raw().len() as u64
    };
    let [same, other] = [&short_time, &stamped(long, "", size)].map(|picture| difference(&tail(&cut), &tail(picture)));
    assert!(same * 3 < other, "the time stands behind what is left of the text: {same}, {other}");
    let last = |time: &str| plate(&stamped("", time, size));
    assert!(last(early).unwrap().abs_diff(last(late).unwrap()) <= 1);
    let small = stamped("", late, Size::new(160, 120));
    assert!(plate(&small) < Some(158), "it is made smaller where the picture is");
}

#[test]
fn the_time_is_that_of_the_capture_in_the_zone_with_its_name() {
    let at: Timestamp = "2026-11-24T22:40:12.9Z".parse().unwrap();
    let zone = |name| TimeZone::get(name).unwrap();
    assert_eq!(written(at, zone("Europe/Berlin")), "2026-11-24 23:40:12 CET");
    assert_eq!(written("2026-07-01T10:00:00Z".parse().unwrap(), zone("Europe/Berlin")), "2026-07-01 12:00:00 CEST");
    assert_eq!(written(at, zone("America/Sao_Paulo")), "2026-11-24 19:40:12 -03");
    assert_eq!(written(at, TimeZone::UTC), "2026-11-24 22:40:12 UTC");
    // Of a picture, not of now.
    let black = frame(PixelFormat::Rgb, Size::new(640, 480), vec![0; 640 * 480 * 3]);
    let ago = |seconds| {
        let captured = black.times.captured.checked_sub(std::time::Duration::from_secs(seconds)).unwrap();
        retouched(
            &Frame { times: StageTimes::new(captured, captured), ..black.clone() },
            Retouch { time: true, ..Retouch::default() },
        )
    };
    assert!(ago(86_400) != ago(2 * 86_400));
}
