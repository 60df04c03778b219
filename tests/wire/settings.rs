//! What the window remembers, damaged.

use std::process::Command;
use std::sync::Arc;

use cometcam::outbox::Outbox;
use cometcam::state::Event;
use cometcam::studio::Running;
use cometcam_tests::files::files;
use cometcam_tests::server::folder;

use crate::alone::said::arguments;

/// Set where the test runs itself again, in an environment in which the remembered file is its own.
const AGAIN: &str = "TEST_OF_SETTINGS";

fn said_at_the_start() -> String {
    let data = folder();
    let arguments = arguments(&data.path().join("data"), None);
    let (outbox, events) = Outbox::new(|| ());
    let _running = Running::start(&arguments, Arc::new(outbox)).unwrap();
    let said = events.try_iter().find_map(|event| match event {
        Event::Fault(Some(fault)) => Some(fault.sentence),
        _ => None,
    });
    said.unwrap()
}

#[test]
fn a_damaged_file_is_put_aside_and_said_and_the_window_starts() {
    if std::env::var_os(AGAIN).is_some() {
        let said = said_at_the_start();
        assert!(said.contains("put aside as") && said.contains("line 2"), "{said}");
        return;
    }
    let home = folder();
    let remembered = home.path().join("cometcam/cometcam.yaml");
    let damaged = "hosts: [cam.example.org]\ncameras: [{ chan";
    std::fs::create_dir(home.path().join("cometcam")).unwrap();
    std::fs::write(&remembered, damaged).unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "settings::a_damaged_file_is_put_aside_and_said_and_the_window_starts", "--nocapture"]);
    let output = again.env("XDG_CONFIG_HOME", home.path()).env(AGAIN, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let aside: Vec<_> = files(home.path()).into_iter().filter(|path| *path != remembered).collect();
    let [aside] = &aside[..] else { panic!("one file was put aside: {aside:?}") };
    assert!(aside.display().to_string().contains("damaged"), "{}", aside.display());
    assert_eq!(std::fs::read_to_string(aside).unwrap(), damaged);
}
