//! The first viewer of a broadcast, announced by a notification daemon as people have it, and told by what it has shown.

use cometcam_tests::bus::Bus;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::dunst::{Dunst, Shown};
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::person::Person;
use cometcam_tests::program::built;
use cometcam_tests::server::{Server, folder};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const LAPTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0";

/// Of a person who was asked who can watch, and wants no sound.
const SETTINGS: &str = "window: { audience: this-computer, viewing: { sound: false } }\ncameras: [{ save: off }]\n";

/// A device that watches.
struct Watching {
    token: &'static str,
    polls: tokio::task::JoinHandle<()>,
}

impl Watching {
    fn begin(server: &Server, name: &str, token: &'static str) -> Self {
        let mut subscriber = Subscriber::new(server, &format!("front?latest&viewer={token}")).header("User-Agent", name);
        let polls = tokio::spawn(async move {
            loop {
                let _message = subscriber.next().await;
            }
        });
        Self { token, polls }
    }

    async fn leaves(self, server: &Server) {
        self.polls.abort();
        let _left = server.get(&format!("/sub/front?viewer={}&leave", self.token)).await.expect(204);
    }
}

/// Changes whether viewers are announced on the desktop.
async fn switches(person: &Person<'_>) {
    person.clicks("Viewers: how many, and how they are announced").await;
    person.clicks("Show a notification").await;
    person.clicks("Close").await;
    person.reader.hears_no_more("Show a notification").await;
}

#[tokio::test]
async fn the_desktop_shows_the_first_viewer_once_in_a_broadcast_and_none_when_that_is_switched_off() {
    let (desktop, bus, data) = (Desktop::start().await, Bus::start().await, folder());
    let dunst = Dunst::start(&desktop, &bus).await;
    let person = Person::opens(&desktop, &bus, built("cometcam"), (data.path(), SETTINGS)).await;
    let (reader, server) = (&person.reader, &person.server);

    person.goes_live().await;
    let phone = Watching::begin(server, PHONE, "phone");
    reader.hears("Safari on iPhone").await;
    dunst.shows_one().await;
    let _seen = desktop.window("Dunst").await;
    desktop.screenshot("notified").await;
    let first = Shown {
        by: "Cometcam".to_owned(),
        title: "Somebody is watching".to_owned(),
        text: dunst.has_shown(1).await[0].text.clone(),
    };
    assert!(first.text.contains("Safari on iPhone") && first.text.contains("127.0.0.1"), "{first:?}");
    // Others, and the same again, are not announced.
    let laptop = Watching::begin(server, LAPTOP, "laptop");
    reader.hears("Firefox on Windows").await;
    phone.leaves(server).await;
    laptop.leaves(server).await;
    reader.hears_such("LIVE … nobody watching", |name| name.contains("nobody watching")).await;
    let phone = Watching::begin(server, PHONE, "phone");
    reader.hears("Safari on iPhone").await;
    switches(&person).await;
    person.stops().await;
    phone.leaves(server).await;

    person.goes_live().await;
    let laptop = Watching::begin(server, LAPTOP, "laptop");
    reader.hears("Firefox on Windows").await;
    switches(&person).await;
    person.stops().await;
    laptop.leaves(server).await;

    // Had anything else been announced before, it would stand before this.
    person.goes_live().await;
    let _laptop = Watching::begin(server, LAPTOP, "laptop");
    let shown = dunst.has_shown(2).await;
    assert_eq!(shown[0], first);
    assert!(shown.len() == 2 && shown[1].text.contains("Firefox on Windows"), "{shown:?}");
}
