//! What is typed while the focus moves.

use eframe::egui::{Event, Key};

/// Typed while the focus was still moving.
#[derive(Default)]
pub(super) struct TypedAhead(Vec<Event>);

impl TypedAhead {
    /// Leaves what is typed after a move of the focus to the next drawing: what it is for is known only then, and on a slow machine
    /// several keys come in one. Whether there is something left.
    pub(super) fn one_move_at_a_time(&mut self, events: &mut Vec<Event>) -> bool {
        events.splice(0..0, self.0.drain(..));
        let moves = |event: &Event| matches!(event, Event::Key { key: Key::Tab, pressed: true, .. });
        if let Some(at) = events.iter().position(moves) {
            self.0 = events.split_off(at + 1);
        }
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Modifiers;

    use super::*;

    #[test]
    fn keys_typed_while_the_focus_moves_are_for_where_it_comes_to() {
        let key = |key, pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        let (tab, enter) = (key(Key::Tab, true), key(Key::Enter, true));
        let mut typed_ahead = TypedAhead::default();
        let mut drawing = |events: &[Event]| {
            let mut events = events.to_vec();
            let more = typed_ahead.one_move_at_a_time(&mut events);
            (events, more)
        };
        let up = key(Key::Tab, false);
        assert_eq!(drawing(&[tab.clone(), up.clone(), tab.clone(), enter.clone()]), (vec![tab.clone()], true));
        assert_eq!(drawing(&[Event::Copy]), (vec![up, tab.clone()], true));
        assert_eq!(drawing(&[]), (vec![enter.clone(), Event::Copy], false));
        assert_eq!(drawing(std::slice::from_ref(&enter)), (vec![enter], false));
    }
}
