//! Colours, type and spacing: one look, light and dark.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, Visuals,
};

/// The colours of one theme. Text and muted text keep 4.5:1 on each of the three surfaces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Colours {
    /// Behind the picture.
    pub background: Color32,
    /// Of the bars and panels.
    pub surface: Color32,
    /// Of fields and pills.
    pub raised: Color32,
    /// Hairlines.
    pub line: Color32,
    /// What is read.
    pub text: Color32,
    /// What is read second.
    pub muted: Color32,
    /// What can be done, and what has the focus.
    pub accent: Color32,
    /// Live, and nothing else.
    pub live: Color32,
    /// Proven.
    pub ok: Color32,
    /// Late or wrong.
    pub warn: Color32,
    /// Text on `accent`, `live`, `ok` and `warn`.
    pub on: Color32,
}

const LIGHT: Colours = Colours {
    background: Color32::from_rgb(0xF4, 0xF6, 0xF8),
    surface: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    raised: Color32::from_rgb(0xF9, 0xFA, 0xFB),
    line: Color32::from_rgb(0xDC, 0xE2, 0xE8),
    text: Color32::from_rgb(0x12, 0x17, 0x1C),
    muted: Color32::from_rgb(0x58, 0x65, 0x72),
    accent: Color32::from_rgb(0x1D, 0x63, 0xD8),
    live: Color32::from_rgb(0xD3, 0x26, 0x1A),
    ok: Color32::from_rgb(0x14, 0x7A, 0x3D),
    warn: Color32::from_rgb(0x9A, 0x52, 0x00),
    on: Color32::from_rgb(0xFF, 0xFF, 0xFF),
};

const DARK: Colours = Colours {
    background: Color32::from_rgb(0x0E, 0x11, 0x15),
    surface: Color32::from_rgb(0x16, 0x1A, 0x20),
    raised: Color32::from_rgb(0x1D, 0x23, 0x2B),
    line: Color32::from_rgb(0x2B, 0x33, 0x3D),
    text: Color32::from_rgb(0xE9, 0xED, 0xF2),
    muted: Color32::from_rgb(0x97, 0xA3, 0xB0),
    accent: Color32::from_rgb(0x6F, 0xB1, 0xFF),
    live: Color32::from_rgb(0xFF, 0x5A, 0x52),
    ok: Color32::from_rgb(0x41, 0xCF, 0x85),
    warn: Color32::from_rgb(0xFF, 0xB4, 0x4A),
    on: Color32::from_rgb(0x0E, 0x11, 0x15),
};

/// Of the picture itself.
pub(super) const PICTURE_RADIUS: u8 = 10;
/// Of fields and small buttons.
pub(super) const FIELD_RADIUS: u8 = 8;
/// Of the big button and of dialogs.
pub(super) const BIG_RADIUS: u8 = 12;
/// Of fields and buttons; 32 is the least for a finger.
pub(super) const FIELD_HEIGHT: f32 = 36.0;
/// Around panels, and between their parts.
pub(super) const BETWEEN: f32 = 16.0;
/// Between the things of one part.
pub(super) const WITHIN: f32 = 8.0;

/// The colours that `ui` is drawn with.
pub(super) fn colours(ui: &egui::Ui) -> &'static Colours {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// 14 px, what is read.
pub(super) fn body() -> FontId {
    FontId::proportional(14.0)
}

/// 13 px, what is read second.
pub(super) fn small() -> FontId {
    FontId::proportional(13.0)
}

/// Names, titles and buttons.
pub(super) fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("semibold".into()))
}

/// Makes `ctx` look like this. Light or dark is left as it is: at first as the system tells.
pub(super) fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
    // However long a button is held down before it is let go.
    ctx.options_mut(|options| options.input_options.max_click_duration = f64::INFINITY);
}

/// Inter first; what it lacks comes from egui's own fonts.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let fallbacks = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let inter: [(_, _, &[u8]); 2] = [
        (FontFamily::Proportional, "Inter-Regular", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        (FontFamily::Name("semibold".into()), "Inter-SemiBold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
    ];
    for (family, name, file) in inter {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(file)));
        let names = std::iter::once(name.to_owned()).chain(fallbacks.iter().cloned()).collect();
        fonts.families.insert(family, names);
    }
    fonts
}

fn style(colours: &Colours, visuals: Visuals) -> egui::Style {
    let mut style = egui::Style {
        text_styles: BTreeMap::from([
            (TextStyle::Small, small()),
            (TextStyle::Body, body()),
            (TextStyle::Button, body()),
            (TextStyle::Heading, semibold(17.0)),
            (TextStyle::Monospace, FontId::monospace(14.0)),
        ]),
        visuals: coloured(colours, visuals),
        // Fades of at most 120 ms; short enough to need no switch for reduced motion, since nothing travels.
        animation_time: 0.1,
        ..egui::Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(WITHIN, WITHIN);
    spacing.button_padding = egui::vec2(12.0, 6.0);
    spacing.interact_size = egui::vec2(FIELD_HEIGHT, FIELD_HEIGHT);
    spacing.menu_margin = Margin::same(6);
    spacing.combo_height = 320.0;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    style.interaction.selectable_labels = false;
    style
}

/// Behind what is chosen in a list, where its text has the accent's colour.
fn chosen(colours: &Colours) -> Color32 {
    colours.surface.lerp_to_gamma(colours.accent, 0.12)
}

fn coloured(colours: &Colours, mut visuals: Visuals) -> Visuals {
    let radius = CornerRadius::same(FIELD_RADIUS);
    let hairline = Stroke::new(1.0, colours.line);
    let widgets = &mut visuals.widgets;
    for widget in
        [&mut widgets.noninteractive, &mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open]
    {
        widget.bg_fill = colours.raised;
        widget.weak_bg_fill = colours.raised;
        widget.bg_stroke = hairline;
        widget.fg_stroke = Stroke::new(1.0, colours.text);
        widget.corner_radius = radius;
        widget.expansion = 0.0;
    }
    widgets.hovered.bg_stroke = Stroke::new(1.0, colours.muted);
    // What is pressed, and what has the focus.
    widgets.active.bg_stroke = Stroke::new(2.0, colours.accent);
    visuals.selection.bg_fill = chosen(colours);
    visuals.selection.stroke = Stroke::new(2.0, colours.accent);
    visuals.text_cursor.stroke = Stroke::new(2.0, colours.accent);
    visuals.hyperlink_color = colours.accent;
    visuals.weak_text_color = Some(colours.muted);
    visuals.warn_fg_color = colours.warn;
    visuals.error_fg_color = colours.warn;
    visuals.extreme_bg_color = colours.raised;
    visuals.text_edit_bg_color = Some(colours.raised);
    visuals.faint_bg_color = colours.raised;
    visuals.panel_fill = colours.background;
    visuals.window_fill = colours.surface;
    visuals.window_stroke = hairline;
    visuals.window_corner_radius = CornerRadius::same(BIG_RADIUS);
    visuals.menu_corner_radius = CornerRadius::same(BIG_RADIUS);
    visuals
}

/// The program's icon, for the task bar.
pub(super) fn icon() -> Arc<egui::IconData> {
    // A picture of our own: if it can't be read, egui draws none.
    Arc::new(eframe::icon_data::from_png_bytes(include_bytes!("../../../assets/icon-256.png")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in WCAG 2.2, 1.4.3.
    fn contrast(one: Color32, other: Color32) -> f32 {
        let luminance = |colour: Color32| {
            let linear = egui::Rgba::from(colour);
            0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b() + 0.05
        };
        let (one, other) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    #[test]
    fn every_text_can_be_read_on_every_surface() {
        for colours in [&LIGHT, &DARK] {
            for surface in [colours.background, colours.surface, colours.raised] {
                for text in [colours.text, colours.muted, colours.accent, colours.live, colours.ok, colours.warn] {
                    assert!(contrast(text, surface) >= 4.5, "{text:?} on {surface:?} is {}", contrast(text, surface));
                }
            }
            assert!(contrast(colours.accent, chosen(colours)) >= 4.5);
            for filled in [colours.accent, colours.live, colours.ok, colours.warn] {
                assert!(contrast(colours.on, filled) >= 4.5, "on {filled:?} is {}", contrast(colours.on, filled));
            }
        }
    }
}
