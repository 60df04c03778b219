//! States to draw in the tests, and a harness for one panel.

use cometcam_server::access::{Code, Guest, How};
use cometcam_server::http::{Display, Viewer, Wake};
use eframe::egui::{self, Color32, ColorImage, TextureOptions, Ui};
use egui_kittest::Harness;

use super::clock::Moment;
use super::preview::Picture;
use super::{Action, look};
use crate::frame::{PixelFormat, Size};
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::{Knob, KnobKind, KnobSettings, Mode, SourceSpec};
use crate::state::{
    Address, Audience, CameraChoice, Choices, Fate, Fault, Guards, Numbers, OnAir, Receipt, Sharing, State, Viewers, Viewing,
};

/// 2026-11-22 14:21:07.500 UTC.
pub(super) const NOW_MS: u64 = 1_795_357_267_500;
/// 14:03.
pub(super) const SINCE_MS: u64 = NOW_MS - 18 * 60_000;

pub(super) fn moment() -> Moment {
    Moment::at(NOW_MS)
}

/// A camera is open, and nobody watches.
pub(super) fn ready() -> State {
    let sizes = vec![Size::new(1920, 1080), Size::new(1280, 720), Size::new(640, 480)];
    let camera = |name: &str, source| CameraChoice { name: name.to_owned(), source, sizes: sizes.clone() };
    let choices = Choices {
        source: SourceSpec::Camera("Logitech C920".to_owned()),
        size: Size::new(1280, 720),
        fps: 15,
        every: None,
        channel: "front".to_owned(),
        audience: Some(Audience::ThisNetwork),
        data: "/home/ada/.local/share/cometcam".into(),
        save: Save::EachMillis(1_000),
        keep: false,
        viewing: Viewing::default(),
        guards: Guards::default(),
        picture: Retouch::default(),
        controls: KnobSettings::default(),
    };
    State {
        cameras: vec![
            camera("Logitech C920", SourceSpec::Camera("Logitech C920".to_owned())),
            camera("Integrated Camera", SourceSpec::Camera("Integrated Camera".to_owned())),
        ],
        mode: Some(Mode {
            spec: SourceSpec::Camera("Logitech C920".to_owned()),
            name: "Logitech C920".to_owned(),
            size: Size::new(1280, 720),
            fps: 15.0,
            format: PixelFormat::Jpeg,
        }),
        numbers: Numbers { fps: 14.96, ..Numbers::default() },
        ..State::new(choices)
    }
}

/// The same, with what can be set of a camera.
pub(super) fn with_knobs(state: State) -> State {
    let knob = |label: &str, kind, value, default| Knob {
        name: Knob::name_of(label),
        label: label.to_owned(),
        kind,
        value,
        default,
        inactive: label == "Focus, Absolute",
    };
    let range = |most, step| KnobKind::Range { least: 0, most, step };
    let hertz = ["Disabled", "50 Hz", "60 Hz"].map(str::to_owned);
    let knobs = vec![
        knob("Brightness", range(255, 1), 140, 128),
        knob("Contrast", range(255, 1), 32, 32),
        knob("Focus, Automatic Continuous", KnobKind::Switch, 1, 1),
        knob("Focus, Absolute", range(250, 5), 30, 0),
        knob("Power Line Frequency", KnobKind::Menu((0..).zip(hertz).collect()), 1, 2),
    ];
    State { knobs: state.mode.as_ref().map(|mode| (mode.spec.clone(), knobs)), ..state }
}

/// Live to three viewers for eighteen minutes.
pub(super) fn live() -> State {
    let address = |url: &str| Address { url: url.to_owned() };
    let newest_ms = Some(NOW_MS - 100);
    State {
        on_air: OnAir::Live { since_ms: SINCE_MS },
        addresses: vec![address("http://192.168.1.20:8060/"), address("http://10.8.0.6:8060/")],
        numbers: Numbers {
            watching: 3,
            published: 16_260,
            dropped: 7,
            unsaved: 0,
            fps: 14.96,
            newest_ms,
            interval_ms: 67,
            reached_ms: Some(NOW_MS - 100),
        },
        viewers: Viewers { list: three_viewers(), closed: Vec::new() },
        sharing: Sharing { in_force: Some(cometcam_server::units::Bandwidth::AtMost(20_000_000)), is_shared: false },
        ..ready()
    }
}

/// A phone, a display and a laptop that is late.
fn three_viewers() -> Vec<Viewer> {
    let viewer = |id: u8, address: &str, device: &str, since_ms: u64, behind_ms: u64, display: Option<&str>| Viewer {
        id: format!("{id:016x}").parse().unwrap(),
        address: address.parse().unwrap(),
        device: device.to_owned(),
        channels: vec!["front".into()],
        since_ms: NOW_MS - since_ms,
        painted_ms: Some(NOW_MS - behind_ms),
        display: display.map(str::to_owned),
    };
    vec![
        viewer(1, "192.168.1.31", "Safari on iPhone", 12 * 60_000, 300, None),
        viewer(2, "192.168.1.40", "Chromium on Linux", 3 * 86_400_000, 200, Some("Lobby")),
        viewer(3, "192.168.1.52", "Firefox on Windows", 50_000, 12_400, None),
    ]
}

/// So many phones.
pub(super) fn many_viewers(count: u8) -> Vec<Viewer> {
    let phone = three_viewers().swap_remove(0);
    (0..count)
        .map(|number| Viewer {
            id: format!("{number:016x}").parse().unwrap(),
            address: [10, 0, 0, number].into(),
            device: "Chrome on Android".to_owned(),
            ..phone.clone()
        })
        .collect()
}

/// Two that were let in.
pub(super) fn guests() -> Vec<Guest> {
    let guest = |id: u8, address: &str, device: &str, away_ms, how| Guest {
        id: format!("{id:016x}").parse().unwrap(),
        device: device.to_owned(),
        address: address.parse().unwrap(),
        since_ms: NOW_MS - 86_400_000,
        last_ms: NOW_MS - away_ms,
        how,
    };
    vec![
        guest(1, "192.168.1.31", "Safari on iPhone", 400, How::Code),
        guest(2, "192.168.1.52", "Firefox on Windows", 2 * 3_600_000, How::Password),
    ]
}

/// Good for four minutes and twelve seconds.
pub(super) fn code() -> Code {
    Code { digits: "482913".to_owned(), until_ms: NOW_MS + 252_000 }
}

/// One that is well, and one that went dark.
pub(super) fn displays() -> Vec<Display> {
    let lobby = Display {
        name: "Lobby".to_owned(),
        address: Some([192, 168, 1, 40].into()),
        channels: vec!["front".to_owned()],
        shows: None,
        last_ms: NOW_MS - 200,
        dark: false,
        version: Some("0.1.0".to_owned()),
        uptime_s: Some(3 * 86_400),
        wake: Some(Wake::Held),
        device: "Chromium on Linux".to_owned(),
    };
    let workshop = Display {
        name: "Workshop".to_owned(),
        address: Some([192, 168, 1, 41].into()),
        last_ms: NOW_MS - 250_000,
        dark: true,
        wake: Some(Wake::Unavailable),
        device: "Safari on iPad".to_owned(),
        ..lobby.clone()
    };
    vec![lobby, workshop]
}

/// Of a broadcast of eighteen minutes, of which a picture a second was saved.
pub(super) fn receipt() -> Receipt {
    Receipt {
        lasted_ms: 18 * 60_000,
        watched: 5,
        at_once: 3,
        published: 16_260,
        saved: 1_080,
        folder: "/home/ada/.local/share/cometcam/frames/front".into(),
        fate: Fate::Asked,
    }
}

/// Another program has the camera.
pub(super) fn fault() -> State {
    let sentence =
        "The camera “Logitech C920” is in use by another program (Zoom). Close it there, and it will appear here.".to_owned();
    State { mode: None, source_fault: Some(Fault { sentence }), ..ready() }
}

/// A landscape at dusk, taken at 14:21:07.4.
pub(super) fn picture(ctx: &egui::Context) -> Picture {
    let texture = ctx.load_texture("landscape", landscape(), TextureOptions::LINEAR);
    Picture { texture, captured_ms: NOW_MS - 100, captured: std::time::Instant::now() }
}

fn landscape() -> ColorImage {
    const SIZE: [usize; 2] = [640, 360];
    let mix =
        |from: [f32; 3], to: [f32; 3], part: f32| std::array::from_fn(|i| from[i] + (to[i] - from[i]) * part.clamp(0.0, 1.0));
    let mut image = ColorImage::filled(SIZE, Color32::BLACK);
    for (index, pixel) in image.pixels.iter_mut().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most 640")]
        let (x, y) = ((index % SIZE[0]) as f32 / SIZE[0] as f32, (index / SIZE[0]) as f32 / SIZE[1] as f32);
        let sky = if y < 0.4 {
            mix([39.0, 65.0, 95.0], [111.0, 147.0, 173.0], y / 0.4)
        } else {
            mix([111.0, 147.0, 173.0], [224.0, 176.0, 131.0], (y - 0.4) / 0.22)
        };
        let from_sun = ((x - 0.8).powi(2) + ((y - 0.3) * 0.5625).powi(2)).sqrt();
        let sunny =
            if from_sun < 0.045 { [255.0, 233.0, 184.0] } else { mix([255.0, 223.0, 154.0], sky, (from_sun - 0.03) / 0.1) };
        let hill = 0.45 + 0.35 * (x - 0.38).powi(2);
        let [r, g, b] = if y < hill { sunny } else { mix([47.0, 81.0, 64.0], [22.0, 38.0, 31.0], (y - hill) / 0.6) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let colour = Color32::from_rgb(r as u8, g as u8, b as u8);
        *pixel = colour;
    }
    image
}

/// What a panel was drawn from, and what it asked for.
pub(super) struct Drawn {
    pub(super) state: State,
    pub(super) actions: Vec<Action>,
}

/// Draws into the whole window; the harness leaves a margin.
pub(super) fn whole<R>(ui: &mut Ui, draw: impl FnOnce(&mut Ui) -> R) -> R {
    let window = ui.ctx().content_rect();
    ui.set_clip_rect(window);
    ui.scope_builder(egui::UiBuilder::new().max_rect(window), draw).inner
}

/// A window with one panel in it.
pub(super) fn panel(state: State, mut draw: impl FnMut(&mut Ui, &State, &mut Vec<Action>) + 'static) -> Harness<'static, Drawn> {
    Harness::builder().with_size(egui::vec2(1120.0, 720.0)).with_max_steps(16).with_context_setup(look::install).build_ui_state(
        move |ui, drawn: &mut Drawn| whole(ui, |ui| draw(ui, &drawn.state, &mut drawn.actions)),
        Drawn { state, actions: Vec::new() },
    )
}
