//! An address as a QR code.

use eframe::egui::{self, Color32, Rect, Sense, Vec2, pos2, vec2};
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

/// Draws `modules` with their quiet zone, dark on white in either theme, in at least `least` points. Each module has a whole
/// number of points, so that none is blurred.
pub(super) fn show(ui: &mut egui::Ui, modules: &Modules, least: f32, sense: Sense) -> egui::Response {
    let across = modules.width + 2 * QUIET_ZONE;
    #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
    let module = (least / across as f32).ceil();
    #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
    let at = |modules: usize| modules as f32 * module;
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(at(across)), sense);
    let painter = ui.painter();
    painter.rect_filled(rect, 6, Color32::WHITE);
    for (index, _) in modules.dark.iter().enumerate().filter(|(_, dark)| **dark) {
        let corner = pos2(at(index % modules.width + QUIET_ZONE), at(index / modules.width + QUIET_ZONE));
        painter.rect_filled(Rect::from_min_size(rect.min + corner.to_vec2(), vec2(module, module)), 0, Color32::BLACK);
    }
    response
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
    fn what_fits_no_code_gives_none() {
        assert_eq!(modules(&"x".repeat(5_000)), None);
    }
}
