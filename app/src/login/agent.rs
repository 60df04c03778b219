//! On macOS: an agent that launchd starts at login, after launchd.plist(5).

use std::path::Path;

use super::OPTION;

/// Where launchd looks for it.
#[cfg(target_os = "macos")]
pub(super) fn file(folders: &directories::BaseDirs) -> std::path::PathBuf {
    folders.home_dir().join("Library/LaunchAgents/cometcam.plist")
}

/// Whether the agent is in force. What System Settings holds back is not told there.
pub(super) fn is_on(entry: &str) -> bool {
    let words: String = entry.split_whitespace().collect();
    !words.contains("<key>Disabled</key><true/>")
}

/// The agent: once, at the login of somebody who has a screen.
pub(super) fn entry(program: &Path, config: Option<&Path>) -> String {
    let program = program.display().to_string();
    let config = config.map(|config| ["--config".to_owned(), config.display().to_string()]);
    let words = [program, OPTION.to_owned()].into_iter().chain(config.into_iter().flatten());
    let words: String = words.map(|word| format!("\t\t<string>{}</string>\n", escaped(&word))).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\
         \t<key>Label</key>\n\t<string>cometcam</string>\n\
         \t<key>ProgramArguments</key>\n\t<array>\n{words}\t</array>\n\
         \t<key>RunAtLoad</key>\n\t<true/>\n\
         \t<key>LimitLoadToSessionType</key>\n\t<string>Aqua</string>\n\
         \t<key>ProcessType</key>\n\t<string>Interactive</string>\n\
         </dict>\n</plist>\n"
    )
}

fn escaped(word: &str) -> String {
    word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_names_the_program_whatever_its_folder_is_called() {
        let text = entry(Path::new("/Applications/my <cam> & more/cometcam"), Some(Path::new("/Users/ada/my cam.yaml")));
        let array = text.split_once("<array>").unwrap().1.split_once("</array>").unwrap().0;
        let words: Vec<&str> =
            array.split(['<', '>']).filter(|word| !word.trim().is_empty() && !word.ends_with("string")).collect();
        let program = "/Applications/my &lt;cam&gt; &amp; more/cometcam";
        assert_eq!(words, [program, "--at-login", "--config", "/Users/ada/my cam.yaml"]);
    }

    #[test]
    fn one_that_was_disabled_is_off() {
        let text = entry(Path::new("/usr/local/bin/cometcam"), None);
        assert!(is_on(&text));
        assert!(!is_on(&text.replace("</dict>", "\t<key>Disabled</key>\n\t<true/>\n</dict>")));
    }
}
