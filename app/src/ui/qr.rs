//! An address as a QR code.

use eframe::egui::{self, Color32, ColorImage, Rect, Sense, TextureHandle, TextureOptions, Vec2, pos2};
use qrcode::{EcLevel, QrCode};

/// The light margin that a reader needs, in modules, by ISO/IEC 18004.
pub const QUIET_ZONE: usize = 4;

/// The dark and light squares of a QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// How many there are in a row, without the quiet zone.
    pub width: usize,
    /// Row by row: whether it is dark.
    pub dark: Vec<bool>,
}

/// The QR code of `text`; `None` if it is longer than any QR code holds.
#[must_use]
pub fn modules(text: &str) -> Option<Modules> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let dark = code.to_colors().into_iter().map(|colour| colour == qrcode::Color::Dark).collect();
    Some(Modules { width: code.width(), dark })
}

/// The code of the address that was drawn last, kept so that it is encoded once and not at each drawing.
#[derive(Default)]
pub(super) struct Code {
    url: String,
    /// A pixel for each module; `None` if no code holds the address.
    texture: Option<TextureHandle>,
}

impl Code {
    /// Draws the code of `url` with its quiet zone, dark on white in either theme, in at least `least` points. Each module has a
    /// whole number of points, so that none is blurred. `None` if no code holds the address.
    pub(super) fn show(&mut self, ui: &mut egui::Ui, url: &str, least: f32, sense: Sense) -> Option<egui::Response> {
        if self.url != url {
            url.clone_into(&mut self.url);
            let image = modules(url).map(|modules| image(&modules));
            self.texture = image.map(|image| ui.ctx().load_texture("QR code", image, TextureOptions::NEAREST));
        }
        let texture = self.texture.as_ref()?;
        let [modules, _] = texture.size();
        #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
        let [modules, quiet] = [modules, QUIET_ZONE].map(|count| count as f32);
        let across = modules + 2.0 * quiet;
        let module = (least / across).ceil();
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(across * module), sense);
        ui.painter().rect_filled(rect, 6, Color32::WHITE);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect.shrink(quiet * module), whole, Color32::WHITE);
        Some(response)
    }
}

fn image(modules: &Modules) -> ColorImage {
    let pixels = modules.dark.iter().map(|dark| if *dark { Color32::BLACK } else { Color32::WHITE }).collect();
    ColorImage::new([modules.width; 2], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_three_finder_patterns() {
        let modules = modules("http://192.168.1.20:8060/").unwrap();
        assert_eq!(modules.dark.len(), modules.width * modules.width);
        let dark = |x: usize, y: usize| modules.dark[y * modules.width + x];
        let last = modules.width - 1;
        for (x, y) in [(0, 0), (last, 0), (0, last)] {
            assert!(dark(x, y));
        }
        assert!(!dark(7, 7) && !dark(last - 7, 7) && !dark(7, last - 7), "their separators are light");
    }

    #[test]
    fn a_reader_reads_what_was_written() {
        let address = "http://[2001:db8::5]:8060/";
        let modules = modules(address).unwrap();
        let (side, module) = (modules.width + 2 * QUIET_ZONE, 3);
        let dark = |pixel: usize| (pixel / module).checked_sub(QUIET_ZONE).filter(|at| *at < modules.width);
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(side * module, side * module, |x, y| match (dark(x), dark(y)) {
                (Some(x), Some(y)) if modules.dark[y * modules.width + x] => 0,
                _ => 255,
            });
        assert_eq!(image.detect_grids()[0].decode().unwrap().1, address);
    }

    #[test]
    fn an_address_is_encoded_once_and_another_one_anew() {
        let drawn = |code: &mut Code, url: &'static str| {
            let mut code = std::mem::take(code);
            let mut harness = egui_kittest::Harness::new_ui_state(
                move |ui, code: &mut Code| {
                    code.show(ui, url, 96.0, Sense::hover());
                },
                std::mem::take(&mut code),
            );
            harness.run();
            let first = harness.state().texture.as_ref().map(TextureHandle::id);
            harness.run_steps(3);
            assert_eq!(harness.state().texture.as_ref().map(TextureHandle::id), first, "{url}");
            let side = harness.state().texture.as_ref().map(|texture| texture.size()[0]);
            (std::mem::take(harness.state_mut()), side)
        };
        let (mut code, short) = drawn(&mut Code::default(), "http://192.168.1.20:8060/");
        let (_, long) = drawn(&mut code, "http://[2001:db8:aaaa:bbbb:cccc:dddd:eeee:5]:8060/");
        assert!(long > short && short.is_some(), "{short:?} {long:?}");
    }

    #[test]
    fn what_fits_no_code_gives_none() {
        assert_eq!(modules(&"x".repeat(5_000)), None);
    }
}
