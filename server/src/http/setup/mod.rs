//! How a display is set up: the exact lines for this server, to copy or as files.
//!
//! `addresses` says how a display reaches this server, `lines` writes what a system reads, each name escaped for its place.

mod addresses;
mod lines;

use http::StatusCode;
use percent_encoding::percent_decode_str;

use self::addresses::{Addresses, Lasting};
use self::lines::Lines;
use super::displays::is_name;
use super::gate;
use super::pages::{self, Forms};
use super::reply::{self, Refusal, Response, TEXT};
use super::routes::Call;
use super::template::{self, Html};
use crate::broadcast::OnAir;
use crate::wire::encode_segment;

/// What one page shows.
const MOST_CHANNELS: usize = 64;
/// Of whom nobody has said what it is to show.
const DEFAULT_CHANNEL: &str = "front";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    /// The name of the display; `None` for one without.
    display: Option<String>,
    channels: Vec<String>,
}

impl Wish {
    /// As a form sends it: `display=NAME`, and `channel=CH` for each channel; what is empty was left out.
    fn of(query: &str) -> Result<Self, &'static str> {
        let display = fields(query, "display").into_iter().next();
        if display.as_ref().is_some_and(|name| !is_name(name)) {
            return Err("A display's name has at most 64 characters, and no control characters.");
        }
        let mut channels = Vec::new();
        for channel in fields(query, "channel") {
            let channel = crate::channel::name(&channel)
                .map_err(|_| "A channel's name has at most 512 bytes, and no control characters.")?;
            if !channels.contains(&channel) {
                channels.push(channel);
            }
            if channels.len() > MOST_CHANNELS {
                return Err("A display shows at most 64 channels.");
            }
        }
        Ok(Self { display, channels })
    }

    fn or_channel(mut self, channel: &str) -> Self {
        if self.channels.is_empty() {
            self.channels.push(channel.to_owned());
        }
        self
    }

    /// The display's page, from the first slash on.
    fn page(&self) -> String {
        let channels: Vec<_> = self.channels.iter().map(|channel| encode_segment(channel)).collect();
        // The one name that would lead back here is written in another way.
        let channels = if channels == ["setup"] { "%73etup".to_owned() } else { channels.join(",") };
        let display = self.display.as_ref().map(|name| format!("?display={}", encode_segment(name)));
        format!("/kiosk/{channels}{}", display.unwrap_or_default())
    }

    /// The query that asks for the same.
    fn query(&self) -> String {
        let channels = self.channels.iter().map(|channel| format!("channel={}", encode_segment(channel)));
        let display = self.display.iter().map(|name| format!("display={}", encode_segment(name)));
        channels.chain(display).collect::<Vec<_>>().join("&")
    }
}

/// The values of a form's field that are not empty, without the space around them.
fn fields(query: &str, name: &str) -> Vec<String> {
    let values = query.split('&').filter_map(|field| field.split_once('=')).filter(|(key, _)| *key == name);
    let decoded = values.map(|(_, value)| {
        let value = value.replace('+', " ");
        percent_decode_str(&value).decode_utf8_lossy().trim().to_owned()
    });
    decoded.filter(|value| !value.is_empty()).collect()
}

/// `/kiosk/setup`
pub(super) async fn page(call: &mut Call) -> Result<Response, Refusal> {
    let listed = gate::listed(&call.state, &call.request).await?.channels;
    let unsaid = listed.first().map_or(DEFAULT_CHANNEL, |on_air| &on_air.name);
    let (wish, problem) = match Wish::of(&call.request.query) {
        Ok(wish) => (wish, ""),
        Err(problem) => (Wish { display: None, channels: Vec::new() }, problem),
    };
    let wish = wish.or_channel(unsaid);
    let addresses = Addresses::of(&call.request, &call.state.hosts);
    let lines = Lines::new(&wish, &addresses);
    let old = wish.channels.iter().map(|channel| {
        let url = format!("{}/lite/{}", addresses.first(), encode_segment(channel));
        template::html("<li><a href=\"{{url}}\"><code>{{url}}</code></a></li>", &[("url", Html::text(&url))])
    });
    let values = [
        ("display", Html::text(wish.display.as_deref().unwrap_or_default())),
        ("channels", choices(&listed, &wish)),
        ("problem", Html::text(problem)),
        ("unnamed", Html::text(if wish.display.is_none() { UNNAMED } else { "" })),
        ("lasting", lasting(&addresses)),
        ("query", Html::text(&wish.query())),
        ("old", old.collect()),
    ];
    let lines = lines.all().into_iter().map(|(name, text)| (name, Html::text(&text)));
    let values: Vec<_> = values.into_iter().chain(lines).collect();
    let html = template::html(include_str!("page.html"), &values);
    Ok(pages::made(html.into_string(), std::iter::empty::<&str>(), Forms::Own))
}

const UNNAMED: &str = "Without a name the display shows its pictures, but it is not in the list of displays, and can't be told to \
                       show another channel.";

/// A box for each channel that is listed or wished for.
fn choices(listed: &[OnAir], wish: &Wish) -> Html {
    let others = wish.channels.iter().map(String::as_str).filter(|name| !listed.iter().any(|on_air| &*on_air.name == *name));
    let names = listed.iter().map(|on_air| &*on_air.name).take(MOST_CHANNELS).chain(others);
    let choice =
        "<label class=\"choice\"><input type=\"checkbox\" name=\"channel\" value=\"{{name}}\"{{checked}}> {{name}}</label>\n";
    let checked =
        |name: &str| if wish.channels.iter().any(|wished| wished == name) { Html::text(" checked") } else { Html::default() };
    names.map(|name| template::html(choice, &[("name", Html::text(name)), ("checked", checked(name))])).collect()
}

/// Whether the lines outlive a new address of this server, and why.
fn lasting(addresses: &Addresses) -> Html {
    let words = match addresses.lasting() {
        Lasting::Name => {
            "These lines go by the name <b>{{name}}</b>, not by a number: the name stays when this computer gets another address, \
             and the displays find it by themselves."
        }
        Lasting::LocalName => {
            "These lines go by the name <b>{{name}}</b> first: it stays when this computer gets another address, and the displays \
             find it by themselves. Where a network doesn't know such names they go by <b>{{address}}</b>. Then only the name, or a \
             fixed address that your router gives to this computer, saves you from setting the displays up again."
        }
        Lasting::LocalNameHere => {
            "You opened this page on the server itself. These lines go by its name, <b>{{name}}</b>: it stays when this computer gets \
             another address. If a display’s network doesn’t know such names, open this page on another device by this computer’s \
             address, and the lines go by that as well."
        }
        Lasting::Nothing => {
            "These lines go by <b>{{address}}</b>, since this computer has no name in the network. If it gets another address, its \
             displays don't find it any more, and only a name can help: give this computer one, or let your router always give it the \
             same address."
        }
    };
    let (name, address) = addresses.hosts();
    template::html(words, &[("name", Html::text(name)), ("address", Html::text(address))])
}

/// `/kiosk/setup/FILE`: the same lines, each as a file with its right name.
pub(super) async fn file(call: &mut Call) -> Result<Response, Refusal> {
    let listed = gate::listed(&call.state, &call.request).await?.channels;
    let unsaid = listed.first().map_or(DEFAULT_CHANNEL, |on_air| &on_air.name);
    let wish = Wish::of(&call.request.query).map_err(Refusal::Query)?.or_channel(unsaid);
    let addresses = Addresses::of(&call.request, &call.state.hosts);
    let name = &call.named.file;
    let text = Lines::new(&wish, &addresses).file(name).ok_or(Refusal::NotFound)?;
    let mut response = reply::with(StatusCode::OK, TEXT, text);
    reply::set(&mut response, "content-disposition", &format!("attachment; filename=\"{name}\""));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_as_a_form_sends_it() {
        let wish = Wish::of("display=Hall+%22left%22&channel=&channel=a%2Cb&channel=a%2Cb&channel=100%25").unwrap();
        assert_eq!(wish, Wish { display: Some("Hall \"left\"".into()), channels: vec!["a,b".into(), "100%".into()] });
        assert_eq!(wish.page(), "/kiosk/a%2Cb,100%25?display=Hall%20%22left%22");
        assert_eq!(Wish::of(&wish.query()), Ok(wish));
        assert_eq!(Wish::of("display=").unwrap().or_channel("front").page(), "/kiosk/front");
        assert_eq!(Wish::of("channel=setup").unwrap().page(), "/kiosk/%73etup");
        for wrong in [format!("display={}", "x".repeat(65)), "display=a%0Ab".into(), "channel=%00".into()] {
            assert!(Wish::of(&wrong).is_err(), "{wrong}");
        }
        let many: Vec<_> = (0..65).map(|n| format!("channel={n}")).collect();
        assert!(Wish::of(&many.join("&")).is_err());
    }
}
