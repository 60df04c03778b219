//! The way of a request to its handler: name, who is closed, address, method, origin, key, size.

use http::Method;

use super::State;
use super::gate::{self, Entry};
use super::guard;
use super::reply::Refusal;
use super::request::{self, Request};
use super::routes::{Handler, ROUTES, Who, allowance};
use super::sharing::Readers;
use crate::config::ChannelRule;

/// What a request's path names, decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub channels: Vec<String>,
    /// A file, the ending of a channel's name, or whatever else has a name.
    pub file: String,
}

/// A request that may be answered.
pub(super) struct Admitted {
    pub task: Task,
    pub named: Named,
    pub readers: Readers,
    pub entry: Entry,
}

pub(super) enum Task {
    Handle(Handler),
    Preflight,
}

pub(super) async fn admit(state: &State, request: &Request) -> Result<Admitted, Refusal> {
    let mut here: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, open_segments(route.path, &request.path)?))).collect();
    if !here.first().is_some_and(|(route, _)| route.who == Who::AnyHost) {
        guard::check_host(state, request)?;
    }
    // A key says more than an address; where none is asked, whoever is closed is out.
    let unclosed =
        if here.first().is_some_and(|(route, _)| route.who != Who::Viewer) { None } else { Some(state.viewers.check(request)?) };
    let Some((first, open)) = here.first() else { return Err(Refusal::NotFound) };
    let named = named(first.path, open)?;
    // A fixed path stands before the open one that it would also fit.
    let path = first.path;
    here.retain(|(route, _)| route.path == path);
    let rules: Vec<ChannelRule> = named.channels.iter().map(|name| state.rules.of(name)).collect();
    let readers = Readers::of(request, &rules);
    if request.method == Method::OPTIONS && readers.some() {
        return Ok(Admitted { task: Task::Preflight, named, readers, entry: Entry::default() });
    }
    let method = if request.is_head() { "GET" } else { request.method.as_str() };
    let Some((route, _)) = here.iter().find(|(route, _)| route.method == method) else {
        return Err(Refusal::Method(allowed(here.iter().map(|(route, _)| route.method))));
    };
    // Where no key is asked, what other sites may do is not the configuration's to say.
    let own_alone = route.who == Who::Publisher && guard::keys_of(state, &rules).is_empty();
    if method != "GET" && guard::is_foreign(request) && (own_alone || !readers.some()) {
        return Err(Refusal::ForeignOrigin);
    }
    let mut entry = Entry::default();
    match route.who {
        // Whatever names channels to viewers, by whichever route.
        Who::AnyHost | Who::Viewer => entry = gate::check(state, request, &named.channels, &rules).await?,
        Who::Publisher => guard::check_publisher(state, request, &rules).await?,
        Who::Operator => guard::check_operator(state, request).await?,
    }
    if let Some(unclosed) = unclosed {
        entry.pass = entry.pass.and_while(unclosed);
    }
    request.body.check(allowance(state, route.takes))?;
    Ok(Admitted { task: Task::Handle(route.handler), named, readers, entry })
}

/// The channels that a path names, whatever is to be done there.
pub(super) fn channels_of(path: &str) -> Vec<String> {
    let mut matching = ROUTES.iter().filter_map(|route| named(route.path, &open_segments(route.path, path)?).ok());
    matching.find(|named| !named.channels.is_empty()).map(|named| named.channels).unwrap_or_default()
}

fn is_open(part: &&str) -> bool {
    part.starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// What the pattern leaves open of the path, undecoded; `None` if they don't match. Raw slashes alone separate segments.
fn open_segments<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut open = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(open),
            (Some(part), Some(segment)) if is_open(&part) && !segment.is_empty() => open.push(segment),
            (Some(part), Some(segment)) if part == segment && !is_open(&part) => {}
            _ => return None,
        }
    }
}

/// What the open segments of a path name.
fn named(pattern: &str, open: &[&str]) -> Result<Named, Refusal> {
    let mut named = Named::default();
    for (part, segment) in pattern.split('/').filter(is_open).zip(open) {
        match part {
            "CH" => named.channels = vec![request::channel(segment)?],
            "CHS" => named.channels = request::channels(segment)?,
            "CH.EXT" => {
                let (channel, ending) = segment.rsplit_once('.').unwrap_or_default();
                named.channels = vec![request::channel(channel)?];
                ending.clone_into(&mut named.file);
            }
            // A file, or an id.
            _ => named.file = request::decode(segment)?,
        }
    }
    Ok(named)
}

fn allowed(methods: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    methods.flat_map(|method| if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_open_at_its_capitals_and_raw_slashes_separate() {
        assert_eq!(open_segments("/sub/CHS", "/sub/a%2Fb,c"), Some(vec!["a%2Fb,c"]));
        assert_eq!(open_segments("/frames/CH/FILE", "/frames/a/b.jpg"), Some(vec!["a", "b.jpg"]));
        assert_eq!(open_segments("/", "/"), Some(vec![]));
        for (pattern, path) in
            [("/sub/CHS", "/sub/"), ("/sub/CHS", "/sub"), ("/sub/CHS", "/sub/a/b"), ("/sub/CHS", "//sub/a"), ("/", "")]
        {
            assert_eq!(open_segments(pattern, path), None, "{pattern} {path}");
        }
    }

    #[test]
    fn what_a_path_names_is_decoded_once() {
        let names = |pattern, open| named(pattern, open).map(|named| (named.channels.join(" "), named.file)).unwrap();
        assert_eq!(names("/frames/CH/FILE", &["a%2Fb", "1%2E.jpg"]), ("a/b".into(), "1..jpg".into()));
        assert_eq!(names("/live/CH.EXT", &["a.b%252E.jpg"]), ("a.b%2E".into(), "jpg".into()));
        assert_eq!(names("/sub/CHS", &["a,b"]), ("a b".into(), String::new()));
        assert!(named("/live/CH.EXT", &["a"]).is_err() && named("/pub/CH", &["a,b"]).is_err());
    }
}
