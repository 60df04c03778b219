//! The manual pages and the shells' completions of both programs. They lie in assets/package, made of the command lines, so that a
//! package can be made without building anything more; this test keeps them true, and writes them where UPDATE_MANUAL is set.

use std::fs;
use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

/// What clap doesn't know of a program.
struct More {
    files: &'static [(&'static str, &'static str)],
    see_also: &'static str,
}

const APP: More = More {
    files: &[
        ("~/.config/cometcam/cometcam.yaml", "what the window remembers, if no other file is named"),
        ("~/.local/share/cometcam", "pictures, keys and the log, if no other folder is named"),
        ("/etc/cometcam/headless.yaml", "read by cometcam-headless.service"),
    ],
    see_also: "cometcam-server(1), /usr/share/doc/cometcam/ARCHITECTURE.md",
};

const SERVER: More = More {
    files: &[
        ("~/.local/share/cometcam", "pictures and keys, if no other folder is named"),
        ("/etc/cometcam/server.yaml", "read by cometcam-server.service"),
    ],
    see_also: "cometcam(1), /usr/share/doc/cometcam/ARCHITECTURE.md",
};

#[test]
fn manual_pages_and_completions_are_those_of_the_command_lines() {
    let app = || crate::cli::Arguments::command();
    let server = || cometcam_server::arguments::Arguments::command();
    let cameras = app()
        .find_subcommand("cameras")
        .unwrap()
        .clone()
        .display_name("cometcam-cameras")
        .bin_name("cometcam cameras")
        .version(cometcam_server::VERSION);
    let mut all = vec![
        ("cometcam.1".to_owned(), page(app(), &APP)),
        ("cometcam-cameras.1".to_owned(), page(cameras, &APP)),
        ("cometcam-server.1".to_owned(), page(server(), &SERVER)),
    ];
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        for (name, mut command) in [("cometcam", app()), ("cometcam-server", server())] {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, name, &mut text);
            all.push((format!("{name}.{shell}"), text));
        }
    }
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/package"));
    let update = std::env::var_os("UPDATE_MANUAL").is_some();
    for (file, made) in all {
        let path = folder.join(&file);
        if update {
            fs::write(&path, &made).unwrap();
        }
        let there = fs::read(&path).unwrap_or_default();
        assert!(there == made, "{file} is of another command line: run the app's tests once with UPDATE_MANUAL=1");
    }
}

fn page(command: Command, more: &More) -> Vec<u8> {
    // Its date would be that of the making.
    let man = Man::new(command).date("").source(format!("cometcam {}", cometcam_server::VERSION));
    let mut text = Vec::new();
    man.render(&mut text).unwrap();
    let mut text = String::from_utf8(text).unwrap();
    text.push_str(".SH FILES\n");
    let plain = |text: &str| text.replace('-', "\\-");
    for (file, what) in more.files {
        text += &format!(".TP\n\\fB{}\\fR\n{what}\n", plain(file));
    }
    text += &format!(".SH \"SEE ALSO\"\n{}\n", plain(more.see_also));
    text.into_bytes()
}
