//! A channel's name as the name of a folder: reversible, at most 255 bytes, and safe on disks that fold case.

/// Longer ones are cut, and told apart by a hash; the whole name then stands in a file inside (see [`FolderName::whole`]).
const MAX: usize = 200;

/// Whether Windows gives this name to a device, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    match stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt")) {
        Some(number) => matches!(number.as_bytes(), [b'0'..=b'9']),
        None => matches!(stem, "con" | "prn" | "aux" | "nul"),
    }
}

/// The folder of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FolderName {
    /// One component of a path.
    pub folder: String,
    /// The channel's name in full, where `folder` alone does not tell it: to be written to the file [`NAME_FILE`] inside.
    pub whole: Option<String>,
}

/// Holds the channel's name where the folder's does not tell it.
pub(super) const NAME_FILE: &str = "channel-name";

impl FolderName {
    /// The folder for a channel's name.
    pub(super) fn of(channel: &str) -> Self {
        let reserved = is_device(channel);
        let mut folder = String::with_capacity(channel.len());
        for (index, byte) in channel.bytes().enumerate() {
            let plain = match byte {
                b'a'..=b'z' => index > 0 || !reserved,
                b'0'..=b'9' | b'-' | b'_' => true,
                b'.' => index > 0 && index + 1 < channel.len(),
                _ => false,
            };
            if plain {
                folder.push(char::from(byte));
            } else {
                folder.push_str(&format!("%{byte:02x}"));
            }
        }
        if folder.len() <= MAX {
            return Self { folder, whole: None };
        }
        folder.truncate(MAX);
        Self { folder: format!("{folder}~{:032x}", fnv1a(channel)), whole: Some(channel.to_owned()) }
    }

    /// The channel's name, from a folder that is no cut one.
    #[cfg(test)]
    pub(super) fn channel(folder: &str) -> Option<String> {
        let name = percent_encoding::percent_decode_str(folder).decode_utf8().ok()?.into_owned();
        (Self::of(&name).folder == folder).then_some(name)
    }
}

/// The 128-bit FNV-1a hash (<http://www.isthe.com/chongo/tech/comp/fnv/>): stable over versions of this program.
fn fnv1a(text: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_readable_and_all_lead_back() {
        assert_eq!(FolderName::of("front").folder, "front");
        assert_eq!(FolderName::of("team/Yard 2").folder, "team%2f%59ard%202");
        assert_eq!(["control", "com", "auxiliary"].map(|name| FolderName::of(name).folder), ["control", "com", "auxiliary"]);
        assert_eq!(["con", "nul.txt", "com1"].map(|name| FolderName::of(name).folder), ["%63on", "%6eul.txt", "%63om1"]);
        for name in ["front", "a", "A", "..", ".", "a.b", "a.", "con", "CON", "nul.txt", "ä/ö,*", "%2f", "x~y", " ", "c:\\x"] {
            let folder = FolderName::of(name).folder;
            assert_eq!(FolderName::channel(&folder).as_deref(), Some(name));
            assert!(
                !folder.contains(['/', '\\', ':', ' ', '~']) && !folder.starts_with('.') && !folder.ends_with('.'),
                "{folder}"
            );
            assert_eq!(folder, folder.to_lowercase());
        }
    }

    #[test]
    fn names_that_fold_to_the_same_letters_have_folders_of_their_own() {
        assert_ne!(FolderName::of("Front").folder, FolderName::of("front").folder);
    }

    #[test]
    fn long_names_fit_and_stay_apart() {
        let (a, b) = ("ä".repeat(255) + "a", "ä".repeat(255) + "b");
        let (first, second) = (FolderName::of(&a), FolderName::of(&b));
        assert!(first.folder.len() <= 255);
        assert_ne!(first.folder, second.folder);
        assert_eq!(first.whole, Some(a));
        assert_eq!(FolderName::channel(&first.folder), None);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
