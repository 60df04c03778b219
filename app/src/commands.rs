//! The line from the window to the studio.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, SyncSender, TrySendError, sync_channel};

use crate::pipeline::{Air, Permit};
use crate::state::Command;

/// Sends commands. Stop and Quit end the broadcast while they are sent, whatever the studio's thread is busy with; the rest of
/// what they mean waits in the line like all the others.
#[derive(Clone)]
pub struct Commands {
    line: SyncSender<Order>,
    air: Arc<Air>,
}

/// A command on its way.
#[derive(Debug)]
pub struct Order {
    /// What is wanted.
    pub command: Command,
    /// As of its sending: a Stop that is sent later holds for a Go live that still waits.
    pub permit: Permit,
}

impl Commands {
    /// A line for so many commands at a time, and the end of it at which they arrive.
    #[must_use]
    pub fn line(air: Arc<Air>, capacity: usize) -> (Self, Receiver<Order>) {
        let (line, orders) = sync_channel(capacity);
        (Self { line, air }, orders)
    }

    /// Sends a command without waiting.
    ///
    /// # Errors
    /// If the line is full, but for Stop: the broadcast has ended, which the studio notices by itself. If the studio is gone.
    pub fn try_send(&self, command: Command) -> Result<(), TrySendError<Command>> {
        match self.line.try_send(self.order(command)) {
            Err(TrySendError::Full(Order { command: Command::Stop, .. })) | Ok(()) => Ok(()),
            Err(TrySendError::Full(order)) => Err(TrySendError::Full(order.command)),
            Err(TrySendError::Disconnected(order)) => Err(TrySendError::Disconnected(order.command)),
        }
    }

    /// Sends a command, and waits for a place in the line.
    ///
    /// # Errors
    /// If the studio is gone.
    pub fn send(&self, command: Command) -> Result<(), SendError<Command>> {
        self.line.send(self.order(command)).map_err(|SendError(order)| SendError(order.command))
    }

    fn order(&self, command: Command) -> Order {
        if matches!(command, Command::Stop | Command::Quit) {
            self.air.stop();
        }
        Order { command, permit: self.air.permit() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_heeded_while_it_is_sent_even_if_the_line_is_full() {
        let air = Arc::<Air>::default();
        let (commands, orders) = Commands::line(air.clone(), 1);
        commands.try_send(Command::GoLive).unwrap();
        commands.try_send(Command::Stop).unwrap();
        assert!(matches!(commands.try_send(Command::Quit), Err(TrySendError::Full(Command::Quit))));
        let waiting = orders.try_recv().unwrap();
        assert_eq!(waiting.command, Command::GoLive);
        assert_ne!(waiting.permit, air.permit(), "it came before the stop");
    }
}
