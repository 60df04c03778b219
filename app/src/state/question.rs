//! What the person is asked before something is done, and the answers.

use super::{Audience, Command, State};

/// Asked before something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Who can watch: once, at the first Go live.
    WhoCanWatch,
    /// Whether to end the broadcast: the window was told to close while live.
    CloseWhileLive,
}

/// What the person says to a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// These can watch: go live.
    Watch(Audience),
    /// End the broadcast and close.
    EndAndClose,
    /// Leave everything as it is.
    Never,
}

impl State {
    /// Asks what has to be asked before `command` is carried out. What is returned goes on to the studio; `None` was either
    /// turned into a [`Question`] or is nothing to do in this state.
    #[must_use]
    pub fn intercept(&mut self, command: Command) -> Option<Command> {
        self.notice = None;
        let question = match command {
            Command::GoLive if self.on_air.is_on() => return None,
            Command::Stop if !self.on_air.is_on() => return None,
            Command::GoLive if self.choices.audience.is_none() => Question::WhoCanWatch,
            Command::Quit if self.on_air.is_on() => Question::CloseWhileLive,
            _ => return Some(command),
        };
        self.question = Some(question);
        None
    }

    /// Takes the answer to the open question. What is returned goes on to the studio, in this order, and the next only if the
    /// one before could be handed over.
    #[must_use]
    pub fn answer(&mut self, answer: Answer) -> Vec<Command> {
        match (self.question.take(), answer) {
            (Some(Question::WhoCanWatch), Answer::Watch(audience)) => vec![Command::SetAudience(audience), Command::GoLive],
            (Some(Question::CloseWhileLive), Answer::EndAndClose) => vec![Command::Quit],
            _ => Vec::new(),
        }
    }
}
