//! Whose a display's name is: of the browser that had it first, and never for ever.

use std::net::IpAddr;

use crate::access::Hash;
use crate::relay::Millis;

/// A name whose browser was away for so long, while another one had it, is the other one's: a day.
const AWAY: Millis = 24 * 3600 * 1000;

/// Who asks to be a display.
#[derive(Debug, Clone)]
pub(in crate::http) struct Caller {
    pub address: IpAddr,
    /// In words.
    pub device: String,
    /// Its page, as long as that is loaded; told to nobody else.
    pub page: u64,
    /// Of the token in its browser's cookie.
    pub browser: Hash,
}

/// Whose a name is.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// The browser that had it first, and may take it back.
    pub owner: Option<Hash>,
    /// Since when another one has it.
    pub away_since: Option<Millis>,
    holder: Option<Holder>,
}

/// Who has it now.
#[derive(Debug)]
struct Holder {
    page: u64,
    browser: Hash,
    /// It came from where the one before it was.
    is_near: bool,
}

/// The name is in use by another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InUse;

/// Who got a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Who had it already.
    Again,
    /// Another one.
    Anew,
}

impl Hold {
    /// Of a display that is remembered.
    pub(super) fn remembered(owner: Option<Hash>, away_since: Option<Millis>) -> Self {
        Self { owner, away_since, holder: None }
    }

    /// Gives the name to who asks, if it is its own, or `is_free`: whoever had it is gone. A kiosk may have lost its cookie with its
    /// browser's profile, so anybody may have a name that nobody uses.
    pub(super) fn take(&mut self, caller: &Caller, (is_free, is_near): (Free, Near), now: Millis) -> Result<Taken, InUse> {
        let is_holder = |holder: &&mut Holder| holder.page == caller.page || holder.browser == caller.browser;
        let taken = if let Some(holder) = self.holder.as_mut().filter(is_holder) {
            if self.owner == Some(holder.browser) {
                // The page shows that it is the same browser, whose cookie was lost or is new.
                self.owner = Some(caller.browser);
            }
            (holder.page, holder.browser) = (caller.page, caller.browser);
            Taken::Again
        } else if is_free == Free::Yes || self.owner == Some(caller.browser) {
            self.holder = Some(Holder { page: caller.page, browser: caller.browser, is_near: is_near == Near::Yes });
            Taken::Anew
        } else {
            return Err(InUse);
        };
        self.settle(caller.browser, now);
        Ok(taken)
    }

    fn settle(&mut self, browser: Hash, now: Millis) {
        let is_given_up = self.away_since.is_some_and(|since| now.saturating_sub(since) > AWAY);
        if self.owner.is_none() || is_given_up {
            self.owner = Some(browser);
        }
        self.away_since = if self.owner == Some(browser) { None } else { self.away_since.or(Some(now)) };
    }

    /// Whether the one who has it now is who it was given to at first, as far as can be told.
    pub(super) fn is_trusted(&self) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.is_near || self.owner == Some(holder.browser))
    }
}

/// Whether nobody uses the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    Yes,
    No,
}

/// Whether who asks comes from where the display was last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Near {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(page: u64, browser: u8) -> Caller {
        Caller { address: [10, 0, 0, 1].into(), device: "a kiosk".into(), page, browser: [browser; 32] }
    }

    #[test]
    fn a_name_in_use_is_its_holders_and_a_free_one_anybodys() {
        let mut hold = Hold::default();
        assert_eq!(hold.take(&caller(1, 1), (Free::Yes, Near::No), 0), Ok(Taken::Anew));
        assert_eq!(hold.take(&caller(2, 2), (Free::No, Near::Yes), 0), Err(InUse));
        assert_eq!(hold.take(&caller(3, 1), (Free::No, Near::No), 0), Ok(Taken::Again), "its page was loaded again");
        assert_eq!(hold.take(&caller(3, 9), (Free::No, Near::No), 0), Ok(Taken::Again), "its cookie was lost");
        assert!(hold.is_trusted());
        assert_eq!(hold.take(&caller(4, 4), (Free::Yes, Near::No), 0), Ok(Taken::Anew));
        assert!(!hold.is_trusted());
    }

    #[test]
    fn the_first_browser_takes_its_name_back_unless_it_was_away_for_a_day() {
        let mut hold = Hold::default();
        hold.take(&caller(1, 1), (Free::Yes, Near::No), 0).unwrap();
        hold.take(&caller(2, 2), (Free::Yes, Near::No), 1000).unwrap();
        assert_eq!(hold.take(&caller(3, 1), (Free::No, Near::No), 2000), Ok(Taken::Anew));
        assert_eq!(hold.take(&caller(2, 2), (Free::No, Near::No), 2000), Err(InUse));
        hold.take(&caller(2, 2), (Free::Yes, Near::No), 3000).unwrap();
        hold.take(&caller(2, 2), (Free::No, Near::No), 3001 + AWAY).unwrap();
        assert!(hold.is_trusted());
        assert_eq!(hold.take(&caller(1, 1), (Free::No, Near::No), 3002 + AWAY), Err(InUse));
    }

    #[test]
    fn who_comes_from_the_same_address_is_trusted_and_owns_nothing_by_it() {
        let mut hold = Hold::remembered(Some([1; 32]), None);
        hold.take(&caller(2, 2), (Free::Yes, Near::Yes), 0).unwrap();
        assert!(hold.is_trusted() && hold.owner == Some([1; 32]));
    }
}
