//! Keeps the computer awake while live, where it can be asked for that. Nothing is asked while nothing is live.

#[cfg(target_os = "linux")]
mod desktop;
#[cfg(not(target_os = "linux"))]
mod elsewhere;

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::state::Awake;

#[cfg(target_os = "linux")]
use self::desktop::Hold;
#[cfg(not(target_os = "linux"))]
use self::elsewhere::Hold;

/// What is wanted of the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It does not fall asleep by itself.
    Awake,
    /// It does as it is set up.
    AsUsual,
}

/// Asks for it. Drop lets the computer sleep again.
#[derive(Debug)]
pub struct Keeper {
    wanted: watch::Sender<Wanted>,
    task: JoinHandle<()>,
}

/// How long after it was asked in vain it is asked again: the desktop may still be starting.
const ASK_AGAIN: Duration = Duration::from_secs(20);

impl Keeper {
    /// Begins with nothing wanted; whether it works is told to `told`.
    pub fn start(runtime: &Handle, told: impl Fn(Awake) + Send + Sync + 'static) -> Self {
        let (wanted, wants) = watch::channel(Wanted::AsUsual);
        Self { wanted, task: runtime.spawn(keep(wants, told)) }
    }

    /// From now on this is wanted. Never waits.
    pub fn want(&self, wanted: Wanted) {
        self.wanted.send_if_modified(|before| std::mem::replace(before, wanted) != wanted);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // What is held goes with the task: the system releases what a closed line held.
        self.task.abort();
    }
}

async fn keep(mut wants: watch::Receiver<Wanted>, told: impl Fn(Awake) + Send + Sync) {
    let mut was = Awake::NotAsked;
    loop {
        if *wants.borrow_and_update() == Wanted::Awake {
            let hold = Hold::ask().await;
            let is = if hold.is_some() { Awake::Kept } else { Awake::NotKept };
            if std::mem::replace(&mut was, is) != is {
                told(is);
            }
            match hold {
                Some(hold) => {
                    if wants.wait_for(|wanted| *wanted == Wanted::AsUsual).await.is_err() {
                        return;
                    }
                    hold.release().await;
                }
                None => {
                    let changed = tokio::time::timeout(ASK_AGAIN, wants.changed());
                    if matches!(changed.await, Ok(Err(_))) {
                        return;
                    }
                    continue;
                }
            }
        }
        if std::mem::replace(&mut was, Awake::NotAsked) != Awake::NotAsked {
            told(Awake::NotAsked);
        }
        if *wants.borrow() == Wanted::AsUsual && wants.changed().await.is_err() {
            return;
        }
    }
}
