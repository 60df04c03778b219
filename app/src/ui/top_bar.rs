//! The bar at the top: one sentence says the truth.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Color32, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::clock::{self, Moment};
use super::look;
use super::widgets::steady;
use super::{Action, menu};
use crate::state::{Audience, OnAir, State};

/// What the sentence is coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Quiet,
    Live,
    /// Live, but the newest picture is old.
    Late,
}

/// The truth about who can see what.
#[derive(Debug, PartialEq, Eq)]
struct Sentence {
    word: &'static str,
    rest: String,
    tone: Tone,
}

/// A live picture is late when it is older than this, or than three intervals between published pictures.
const LATE_MS: u64 = 2_000;

pub(super) fn show(ui: &mut Ui, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    let colours = look::colours(ui);
    let frame = egui::Frame::new().fill(colours.surface).inner_margin(egui::Margin::symmetric(16, 0));
    let bar = egui::Panel::top("bar").exact_size(52.0).show_separator_line(false).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            ui.label(egui::RichText::new("Cometcam").font(look::semibold(15.0)));
            pill(ui, &sentence(state, moment));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| menu::show(ui, state, actions));
        });
    });
    let bottom = bar.response.rect.bottom() - 0.5;
    ui.painter().hline(bar.response.rect.x_range(), bottom, Stroke::new(1.0, colours.line));
}

fn sentence(state: &State, moment: &Moment) -> Sentence {
    let (since_ms, paused) = match state.on_air {
        OnAir::NotLive => return quiet("NOT LIVE", "only you see this"),
        OnAir::Starting => return quiet("GOING LIVE", "one moment"),
        OnAir::Live { since_ms } => (since_ms, false),
        OnAir::Paused { since_ms } => (since_ms, true),
    };
    let watching = match state.numbers.watching {
        0 => "nobody watching".to_owned(),
        count => format!("{count} watching"),
    };
    let since = moment.minute(since_ms);
    if paused {
        return quiet("PAUSED", &format!("viewers see no new picture · {watching} · live since {since}"));
    }
    let (newest, late) = newest(state, since_ms, moment);
    let to = match state.choices.audience {
        Some(Audience::ThisNetwork) => "to this network",
        Some(Audience::ThisComputer) | None => "to this computer",
    };
    let tone = if late { Tone::Late } else { Tone::Live };
    Sentence { word: "LIVE", rest: format!("{to} · {watching} · {newest} · since {since}"), tone }
}

fn quiet(word: &'static str, rest: &str) -> Sentence {
    Sentence { word, rest: rest.to_owned(), tone: Tone::Quiet }
}

/// How old the newest published picture is in words, and whether that is late; before the first, since the beginning.
fn newest(state: &State, since_ms: u64, moment: &Moment) -> (String, bool) {
    let chosen_ms = u64::try_from(state.choices.interval().as_millis()).unwrap_or(u64::MAX);
    let interval_ms = state.numbers.interval_ms.max(chosen_ms);
    let age_ms = moment.since_ms(state.numbers.newest_ms.unwrap_or(since_ms));
    let late = age_ms > LATE_MS.max(interval_ms.saturating_mul(3));
    let age = clock::age(age_ms);
    let words = match (state.numbers.newest_ms, late) {
        (Some(_), false) => format!("newest {age} old"),
        (Some(_), true) => format!("late: newest {age} old"),
        (None, false) => "no picture yet".to_owned(),
        (None, true) => format!("late: no picture in {age}"),
    };
    (words, late)
}

/// The sentence in a rounded frame with a dot.
fn pill(ui: &mut Ui, sentence: &Sentence) {
    let colours = look::colours(ui);
    let (edge, word) = match sentence.tone {
        Tone::Quiet => (colours.line, colours.text),
        Tone::Live | Tone::Late => (colours.live, colours.live),
    };
    let dot = if sentence.tone == Tone::Quiet { colours.muted } else { colours.live };
    let rest = if sentence.tone == Tone::Late { colours.warn } else { colours.text };
    let word = ui.painter().layout_job({
        let mut job = egui::text::LayoutJob::simple_singleline(sentence.word.to_owned(), look::semibold(13.0), word);
        job.sections.iter_mut().for_each(|section| section.format.extra_letter_spacing = 0.5);
        job
    });
    let rest = ui.painter().layout_job(steady(ui, &sentence.rest, &look::small(), rest));
    let size = vec2(14.0 + 9.0 + 9.0 + word.size().x + 9.0 + rest.size().x + 15.0, 32.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{} {}", sentence.word, sentence.rest)));
    let painter = ui.painter();
    painter.rect_filled(rect, 16, colours.raised);
    painter.rect_stroke(rect, 16, Stroke::new(1.0, edge), StrokeKind::Inside);
    let middle = rect.center().y;
    let mut x = rect.left() + 14.0;
    painter.circle_filled(egui::pos2(x + 4.5, middle), 4.5, dot);
    x += 9.0 + 9.0;
    for galley in [word, rest] {
        let width = galley.size().x;
        painter.galley(egui::pos2(x, middle - galley.size().y / 2.0), galley, Color32::PLACEHOLDER);
        x += width + 9.0;
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture;
    use super::*;
    use crate::state::Numbers;

    fn said(state: &State) -> String {
        let sentence = sentence(state, &fixture::moment());
        format!("{} {}", sentence.word, sentence.rest)
    }

    #[test]
    fn before_going_live_only_you_see_this() {
        assert_eq!(said(&fixture::ready()), "NOT LIVE only you see this");
    }

    #[test]
    fn while_live_it_says_to_whom_how_many_how_old_and_since_when() {
        let live = fixture::live();
        assert_eq!(said(&live), "LIVE to this network · 3 watching · newest 0.1 s old · since 14:03");
        let mut alone = live;
        alone.choices.audience = Some(Audience::ThisComputer);
        alone.numbers = Numbers::default();
        alone.on_air = OnAir::Live { since_ms: fixture::NOW_MS - 1_000 };
        assert_eq!(said(&alone), "LIVE to this computer · nobody watching · no picture yet · since 14:21");
    }

    #[test]
    fn a_late_picture_is_said_in_words() {
        let mut late = fixture::live();
        late.numbers.newest_ms = Some(fixture::NOW_MS - 12_000);
        assert_eq!(said(&late), "LIVE to this network · 3 watching · late: newest 12 s old · since 14:03");
    }

    #[test]
    fn a_first_picture_that_does_not_come_is_late() {
        let mut empty = fixture::live();
        empty.numbers = Numbers { watching: 3, ..Numbers::default() };
        assert_eq!(said(&empty), "LIVE to this network · 3 watching · late: no picture in 18 minutes · since 14:03");
        assert_eq!(sentence(&empty, &fixture::moment()).tone, Tone::Late);
    }

    #[test]
    fn a_slow_broadcast_is_not_late_within_three_intervals() {
        let mut slow = fixture::live();
        slow.numbers.interval_ms = 10_000;
        slow.numbers.newest_ms = Some(fixture::NOW_MS - 12_000);
        assert_eq!(sentence(&slow, &fixture::moment()).tone, Tone::Live);
        let mut beginning = fixture::live();
        beginning.choices.every = Some(std::time::Duration::from_secs(600));
        beginning.numbers = Numbers::default();
        assert_eq!(sentence(&beginning, &fixture::moment()).tone, Tone::Live);
    }

    #[test]
    fn a_pause_is_no_live_picture() {
        let mut paused = fixture::live();
        paused.on_air = OnAir::Paused { since_ms: fixture::SINCE_MS };
        assert_eq!(said(&paused), "PAUSED viewers see no new picture · 3 watching · live since 14:03");
    }

    #[test]
    fn the_sentence_can_be_found_by_its_words() {
        let harness = fixture::panel(fixture::live(), |ui, state, actions| show(ui, state, &fixture::moment(), actions));
        harness.get_by_role_and_label(Role::Status, "LIVE to this network · 3 watching · newest 0.1 s old · since 14:03");
        harness.get_by_label("Menu");
    }
}
