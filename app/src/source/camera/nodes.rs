//! What Linux tells about its camera devices without opening them.

use std::fmt::Display;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::failed;
use crate::source::SourceError;

/// One `/dev/video…` node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// `/dev/videoN`.
    pub(super) path: String,
    /// N.
    pub(super) number: u32,
    /// As the camera tells it.
    pub(super) name: String,
    /// Where it is plugged in: its path below `/sys/devices`.
    pub(super) place: String,
    /// 0 for the first node of a camera; others of it may carry no pictures.
    pub(super) index: u32,
}

/// In the order of their numbers. Nodes whose names are no numbers are not the kernel's.
pub(super) fn nodes() -> Vec<Node> {
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut numbers: Vec<u32> = names.filter_map(|name| name.strip_prefix("video")?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(node).collect()
}

/// Those of all that have to be opened to find the camera `which`: the one that it names and its twins, by the names that are known
/// without opening any. A place in the list is known only when all were.
pub(super) fn meant(which: &str, nodes: Vec<Node>) -> Vec<Node> {
    let path = fs::canonicalize(which).ok();
    let names = |node: &Node| {
        let twin = which.strip_prefix(&node.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("));
        twin || which == format!("{} @ {}", node.name, node.place) || path.as_deref() == Some(Path::new(&node.path))
    };
    let named: Vec<String> = nodes.iter().filter(|node| names(node)).map(|node| node.name.clone()).collect();
    if named.is_empty() && which.parse::<usize>().is_ok() {
        return nodes;
    }
    nodes.into_iter().filter(|node| named.contains(&node.name)).collect()
}

fn node(number: u32) -> Node {
    let class = PathBuf::from(format!("/sys/class/video4linux/video{number}"));
    let told = |file: &str| fs::read_to_string(class.join(file)).unwrap_or_default().trim().to_owned();
    let path = format!("/dev/video{number}");
    let name = Some(plain_name(&told("name")).to_owned()).filter(|name| !name.is_empty());
    // What is only software has no device behind it, and then its own place.
    let place = fs::canonicalize(class.join("device")).or_else(|_| fs::canonicalize(&class)).unwrap_or(class.clone());
    Node {
        name: name.unwrap_or_else(|| path.clone()),
        place: place.strip_prefix("/sys/devices").unwrap_or(&place).display().to_string(),
        index: told("index").parse().unwrap_or(0),
        path,
        number,
    }
}

/// USB cameras tell their name twice, and the kernel cuts it after 31 bytes: `Integrated Camera: Integrated C`.
fn plain_name(told: &str) -> &str {
    match told.split_once(": ") {
        Some((name, again)) if name.starts_with(again) => name,
        _ => told,
    }
}

/// What a system call's failure on a camera means to a person.
pub(super) fn fault(code: Option<i32>, words: &dyn Display, name: &str, device: &str) -> SourceError {
    let name = name.to_owned();
    match code {
        Some(libc::ENODEV | libc::ENXIO) => SourceError::Unplugged(name),
        Some(libc::ENOENT) => SourceError::NotThere(name),
        Some(libc::EBUSY) => SourceError::Busy { name, by: owner(Path::new(device)) },
        Some(libc::EACCES | libc::EPERM) => SourceError::Denied { name, cure: cure(Path::new(device)) },
        // The device is one part of a chain that only libcamera knows how to set up.
        Some(libc::EPIPE | libc::ENOLINK) => SourceError::NoFormat { name, offers: "its parts are not connected".to_owned() },
        _ => failed(&name, words),
    }
}

/// Which other program has the device open, if this user may know.
fn owner(device: &Path) -> Option<String> {
    let others = fs::read_dir("/proc").ok()?.flatten().filter(|entry| {
        let process: Option<u32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
        process.is_some_and(|process| process != std::process::id())
    });
    let holds = |process: &PathBuf| {
        let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok()).any(|open| open == device)
    };
    let process = others.map(|entry| entry.path()).find(holds)?;
    Some(fs::read_to_string(process.join("comm")).ok()?.trim().to_owned())
}

/// How a user comes to the right to use the device: by its group, which is `video` on most systems.
fn cure(device: &Path) -> String {
    let group = fs::metadata(device).ok().and_then(|device| group_name(&fs::read_to_string("/etc/group").ok()?, device.gid()));
    match group.as_deref() {
        Some("root") => format!("Only root may: give the device to a group with “sudo chgrp video {}”.", device.display()),
        group => format!("Run “sudo usermod -aG {} $USER”, then log out and in again.", group.unwrap_or("video")),
    }
}

fn group_name(groups: &str, id: u32) -> Option<String> {
    let fields = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    fields
        .into_iter()
        .find(|fields| fields.get(2).is_some_and(|field| field.parse() == Ok(id)))
        .map(|fields| fields[0].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_find_a_camera_no_other_one_is_opened() {
        let node = |number, name: &str, place: &str| Node {
            path: format!("/dev/video{number}"),
            number,
            name: name.to_owned(),
            place: place.to_owned(),
            index: 0,
        };
        let nodes = [node(0, "Webcam", "usb1/1-1"), node(1, "Brio", "usb1/1-2"), node(2, "Webcam", "usb1/1-3")];
        for (which, opened) in [
            ("Brio", &[1][..]),
            ("Brio @ usb1/1-2", &[1]),
            ("Webcam", &[0, 2]),
            ("Webcam (2)", &[0, 2]),
            ("Webcam @ usb1/1-3", &[0, 2]), // whether it has a twin decides by what it is found again
            ("Webcam @ usb1/1-9", &[]),
            ("Studio", &[]),
            ("/dev/video9", &[]),
            ("3", &[0, 1, 2]),
        ] {
            let numbers: Vec<_> = meant(which, nodes.to_vec()).iter().map(|node| node.number).collect();
            assert_eq!(numbers, opened, "{which}");
        }
    }

    #[test]
    fn names_told_twice_are_told_once() {
        for (told, name) in [
            ("Integrated Camera: Integrated C", "Integrated Camera"),
            ("HD Webcam: HD Webcam", "HD Webcam"),
            ("Lab UVC Cam", "Lab UVC Cam"),
            ("Brio: Front", "Brio: Front"),
            ("", ""),
        ] {
            assert_eq!(plain_name(told), name);
        }
    }

    #[test]
    fn a_denied_user_is_told_the_group() {
        let groups = "root:x:0:\nvideo:x:44:anna\n\nbroken\n";
        assert_eq!(group_name(groups, 44).as_deref(), Some("video"));
        assert_eq!(group_name(groups, 7), None);
        let denied = fault(Some(libc::EACCES), &"", "Webcam", "/nowhere").to_string();
        assert!(denied.contains("sudo usermod -aG video"), "{denied}");
    }

    #[test]
    fn each_failure_has_its_words() {
        let of = |code| fault(Some(code), &"words", "Webcam", "/nowhere");
        assert_eq!(of(libc::ENODEV), SourceError::Unplugged("Webcam".to_owned()));
        assert_eq!(of(libc::EBUSY), SourceError::Busy { name: "Webcam".to_owned(), by: None });
        assert!(of(libc::EPIPE).to_string().contains("libcamera"));
        assert_eq!(fault(None, &"words", "Webcam", "/nowhere"), failed("Webcam", &"words"));
    }

    #[test]
    fn the_program_that_holds_a_file_is_found() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let holder = std::process::Command::new("sleep").arg("60").stdin(file.reopen().unwrap()).spawn();
        let mut holder = holder.unwrap();
        assert_eq!(owner(file.path()).as_deref(), Some("sleep"));
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert_eq!(owner(file.path()), None, "this process doesn't count");
    }
}
