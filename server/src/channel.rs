//! The name of a channel: on the wire, on the command line, in the configuration and in the window.

/// In bytes.
const LONGEST: usize = 512;

/// What is wrong with a channel's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is none.
    #[error("A channel needs a name, such as front.")]
    Empty,
    /// Of more than 512 bytes.
    #[error("This name is too long: at most 512 bytes.")]
    TooLong,
    /// A control character.
    #[error("This name has a character that can’t be typed in an address.")]
    Control,
}

/// The name, if it can be one.
///
/// # Errors
/// [`NameError`].
pub fn name(text: &str) -> Result<String, NameError> {
    match text {
        "" => Err(NameError::Empty),
        _ if text.len() > LONGEST => Err(NameError::TooLong),
        _ if text.chars().any(char::is_control) => Err(NameError::Control),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_512_bytes_and_no_control_characters() {
        assert_eq!(name("team/ä").as_deref(), Ok("team/ä"));
        assert_eq!(name(&"x".repeat(512)).map(|name| name.len()), Ok(512));
        assert_eq!(name(""), Err(NameError::Empty));
        assert_eq!(name(&"ä".repeat(257)), Err(NameError::TooLong));
        assert_eq!(name("a\nb"), Err(NameError::Control));
    }
}
