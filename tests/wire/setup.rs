//! How a display is set up: the lines for this server, each name escaped for its place, and that they end in a picture by
//! themselves.

use std::path::{Path, PathBuf};
use std::process::Command;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::program::{Output, Program};
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use rustix::process::{Pid, Signal, kill_process};

/// A display and a channel that are called as nobody should call them.
const NASTY: &str = "display=%22h%27+%24%28touch+X%29+%25n+%3Cb%3E%5C&channel=%22c%27+%60touch+Y%60+%25d+%3Ci%3E%5C%2C%26";
/// The address that is meant by it.
const NASTY_PAGE: &str = "/kiosk/%22c%27%20%60touch%20Y%60%20%25d%20%3Ci%3E%5C%2C%26\
                          ?display=%22h%27%20%24%28touch%20X%29%20%25n%20%3Cb%3E%5C";

async fn file(server: &Server, name: &str, query: &str) -> String {
    let answer = server.get(&format!("/kiosk/setup/{name}?{query}")).await.expect(200);
    assert_eq!(answer.header("content-disposition"), Some(format!("attachment; filename=\"{name}\"").as_str()));
    answer.text()
}

#[tokio::test]
async fn the_lines_are_for_this_server_by_the_name_by_which_it_was_asked() {
    let server = Server::configured("hosts: [cam.example.org]", &[]).await;
    let port = server.address.port();
    let page = server.call(Method::GET, "/kiosk/setup?display=Hall").header("Host", &format!("cam.example.org:{port}"));
    let page = page.send().await.expect(200).text();
    assert!(page.contains(&format!("http://cam.example.org:{port}/kiosk/front?display=Hall")), "{page}");
    assert!(page.contains("the name stays when this computer gets another address"), "{page}");
    for words in
        ["systemctl enable", "[Desktop Entry]", "raspi-config", "powercfg", "adb shell", "ChromeOS", "cage -d --", "/lite/front"]
    {
        assert!(page.contains(words), "{words}");
    }
    let asked_by_number = server.get("/kiosk/setup").await.expect(200).text();
    assert!(asked_by_number.contains(&format!("127.0.0.1:{port}")), "{asked_by_number}");
    let _foreign = server.call(Method::GET, "/kiosk/setup").header("Host", "evil.example").send().await.expect(421);
    let _nothing = server.get("/kiosk/setup/passwd").await.expect(404);
    let _too_long = server.get(&format!("/kiosk/setup/cometcam-display?display={}", "x".repeat(65))).await.expect(400);
    let said = server.get(&format!("/kiosk/setup?display={}", "x".repeat(65))).await.expect(200).text();
    assert!(said.contains("at most 64 characters"), "{said}");
}

#[tokio::test]
async fn a_channel_called_setup_is_shown_under_another_spelling() {
    let server = Server::alone(&[]).await;
    let page = server.get("/kiosk/setup?channel=setup").await.expect(200).text();
    assert!(page.contains("Set up a display") && page.contains("/kiosk/%73etup"), "{page}");
    let kiosk = server.get("/kiosk/%73etup").await.expect(200).text();
    assert!(kiosk.contains("/client/kiosk.js"), "{kiosk}");
    let refused = server.call(Method::POST, "/kiosk/setup").send().await.expect(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn names_are_text_on_the_page_whatever_is_in_them() {
    let server = Server::alone(&[]).await;
    let page = server.get(&format!("/kiosk/setup?{NASTY}")).await.expect(200).text();
    assert!(!page.contains("<i>") && !page.contains("%n <b>"), "{page}");
    assert!(page.contains("value=\"&quot;h&#39; $(touch X) %n &lt;b&gt;\\\""), "{page}");
}

#[tokio::test]
async fn the_unit_is_one_for_systemd_whatever_the_display_is_called() {
    let server = Server::alone(&[]).await;
    let root = folder();
    for query in ["", "display=Hall", NASTY] {
        let unit = file(&server, "cometcam-display.service", query).await;
        let script = file(&server, "cometcam-display", query).await;
        let path = |name: &str| root.path().join(name.trim_start_matches('/'));
        std::fs::create_dir_all(path("/etc/systemd/system")).unwrap();
        std::fs::create_dir_all(path("/usr/local/bin")).unwrap();
        executable(&path("/usr/local/bin/cometcam-display"), &script);
        // The program's place is looked at on this system, and it is not installed here.
        let unit_here = unit.replace("=/usr/local/bin/", &format!("={}/", path("/usr/local/bin").display()));
        let unit_file = path("/etc/systemd/system/cometcam-display.service");
        std::fs::write(&unit_file, unit_here).unwrap();
        let mut command = Command::new("systemd-analyze");
        command.args(["verify", "--man=no", "--recursive-errors=no"]).arg(&unit_file);
        let verify = Program::start(command);
        let status = verify.end().await;
        let said = verify.printed(Output::Stderr);
        assert!(status.success() && !said.contains("cometcam-display"), "{query}: {status} {said}\n{unit}");
    }
    let unit = file(&server, "cometcam-display.service", NASTY).await;
    assert!(unit.contains("Description=Cometcam on the display “\"h' $(touch X) %%n <b>\\”\n"), "{unit}");
    let entry = file(&server, "cometcam-display.desktop", NASTY).await;
    assert!(entry.contains("Name=Cometcam on the display “\"h' $(touch X) %n <b>\\\\”\n"), "{entry}");
    let batch = file(&server, "cometcam-display.cmd", NASTY).await;
    assert!(batch.contains(&NASTY_PAGE.replace('%', "%%")) && batch.lines().count() > 5 && batch.contains("\r\n"), "{batch}");
}

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A computer for the display: it has a browser that only says what it was told to show, and its time goes fast.
struct Computer(tempfile::TempDir);

impl Computer {
    fn new() -> Self {
        let home = folder();
        executable(
            &home.path().join("chromium"),
            "#!/bin/sh\necho \"shown $$ $(for last; do :; done; echo \"$last\")\"\nexec /bin/sleep 1000\n",
        );
        executable(&home.path().join("sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n");
        Self(home)
    }

    fn start(&self, script: &str) -> Program {
        let path: PathBuf = self.0.path().join("cometcam-display");
        executable(&path, script);
        let mut command = Command::new(&path);
        let programs = std::env::join_paths([self.0.path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        command.env("PATH", programs).env("HOME", self.0.path()).env("DISPLAY", ":0").env_remove("XDG_DATA_HOME");
        command.current_dir(self.0.path());
        Program::start(command)
    }
}

/// What is shown for the nth time, from 1: by which process, and what.
async fn shown(display: &Program, n: usize) -> (i32, String) {
    let seen = std::sync::Mutex::new(Vec::<String>::new());
    let what = format!("what is shown for the {n}. time");
    let line = display.line(Output::Stdout, &what, |line| {
        let mut seen = seen.lock().unwrap();
        if line.starts_with("shown ") && !seen.iter().any(|known| known == line) {
            seen.push(line.to_owned());
        }
        seen.get(n - 1).is_some_and(|nth| nth == line)
    });
    let line = line.await;
    let (process, url) = line.strip_prefix("shown ").unwrap().split_once(' ').unwrap();
    (process.parse().unwrap(), url.to_owned())
}

/// The script as it goes by these servers.
fn by(script: &str, servers: &str) -> String {
    let line = script.lines().find(|line| line.starts_with("servers=")).unwrap();
    script.replace(line, &format!("servers='{servers}'"))
}

#[tokio::test]
async fn the_script_waits_for_a_server_that_comes_later_and_begins_again_after_every_end() {
    let data = folder();
    let first = Server::start("cometcam-server", data.path(), &[]).await;
    let script = file(&first, "cometcam-display", NASTY).await;
    let (bind, url) = (first.address.to_string(), first.url(""));
    assert!(first.stop().await.success());

    let computer = Computer::new();
    let display = computer.start(&by(&script, &url));
    let _server = Server::start("cometcam-server", data.path(), &["--bind", &bind]).await;
    let (process, page) = shown(&display, 1).await;
    assert_eq!(page, format!("{url}{NASTY_PAGE}"));
    kill_process(Pid::from_raw(process).unwrap(), Signal::KILL).unwrap();
    let (again, page) = shown(&display, 2).await;
    assert_ne!(again, process);
    assert_eq!(page, format!("{url}{NASTY_PAGE}"));
    let left: Vec<_> = std::fs::read_dir(computer.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "what is in a name is not carried out: {left:?}");
}

#[tokio::test]
async fn the_script_follows_its_server_to_another_address() {
    let data = [folder(), folder()];
    let old = Server::start("cometcam-server", data[0].path(), &[]).await;
    let script = file(&old, "cometcam-display", "display=Hall&channel=front").await;
    let new = Server::start("cometcam-server", data[1].path(), &[]).await;
    let computer = Computer::new();
    let display = computer.start(&by(&script, &format!("{} {}", old.url(""), new.url(""))));
    assert_eq!(shown(&display, 1).await.1, old.url("/kiosk/front?display=Hall"));
    assert!(old.stop().await.success());
    assert_eq!(shown(&display, 2).await.1, new.url("/kiosk/front?display=Hall"));
    display.signal(Signal::TERM);
    assert!(display.end().await.success());
}

#[tokio::test]
async fn the_page_copies_its_lines_also_where_there_is_no_clipboard_and_can_be_used_without_scripts() {
    let server = Server::alone(&[]).await;
    for channel in ["front", "a%3Cb%3E"] {
        let picture = jpeg::jpeg(64, 48, [200, 99, 9]);
        let _saved = server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201);
    }
    let browser = Browser::launch().await;
    for (screen, scheme) in [(Screen::Desktop, "light"), (Screen::Phone, "dark")] {
        let page = browser.page(screen).await;
        page.colour_scheme(scheme).await;
        page.open(&server.url("/kiosk/setup?display=Hall+left&channel=front")).await;
        let overflow = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert!(overflow.as_i64().unwrap() <= 0, "it scrolls sideways by {overflow} on {screen:?}");
        let _insecure = page.value("Object.defineProperty(navigator, 'clipboard', { value: undefined }) && 1").await;
        page.wait_for("document.querySelector('.copy:not([hidden])') !== null").await;
        page.click(".copy").await;
        page.wait_for("document.querySelector('.copy').innerText === 'Copied'").await;
        assert_eq!(
            page.value("getSelection().toString().trim()").await,
            page.value("document.querySelector('pre').innerText").await
        );
        page.screenshot(&format!("{screen:?}-setup").to_lowercase()).await;
        assert!(page.errors().is_empty(), "{:#?}", page.errors());
    }
    let plain = browser.page(Screen::Desktop).await;
    plain.without_scripts().await;
    plain.visit(&server.url("/kiosk/setup")).await;
    assert!(plain.has("pre#at-script").await && plain.has("a[download]").await && plain.has(".copy[hidden]").await);
}
