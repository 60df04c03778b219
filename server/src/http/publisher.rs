//! The publisher location: `GET`, `PUT`, `POST` and `DELETE` of the Basic HTTP Push Relay Protocol.

use http::{StatusCode, header};
use serde::Serialize;

use super::reply::{self, Refusal, Response};
use super::routes::Call;
use crate::now_ms;
use crate::relay::{ChannelInfo, Maker, Reception};

/// What is known of a channel; 404 if it is not known.
pub(super) async fn info(call: &mut Call) -> Result<Response, Refusal> {
    let channel = call.state.broadcasts.hub().find(call.channel()).ok_or(Refusal::UnknownChannel)?;
    Ok(told(call, StatusCode::OK, channel.info(now_ms())))
}

/// Creates a channel; publishes nothing.
pub(super) async fn create(call: &mut Call) -> Result<Response, Refusal> {
    call.message().await?;
    let now = now_ms();
    let channel = call.state.broadcasts.hub().channel(call.channel(), Maker::Publisher, now)?;
    Ok(told(call, StatusCode::OK, channel.info(now)))
}

/// Publishes the body: 201 if a subscriber was waiting for it, else 202.
pub(super) async fn publish(call: &mut Call) -> Result<Response, Refusal> {
    let body = call.message().await?;
    let name = call.channel();
    let content_type = call.request.header(header::CONTENT_TYPE).unwrap_or_default();
    let (_, reception) = call.state.broadcasts.publish(name, content_type, body)?;
    let status = match reception {
        Reception::Received => StatusCode::CREATED,
        Reception::Queued => StatusCode::ACCEPTED,
    };
    let channel = call.state.broadcasts.hub().find(name).ok_or(Refusal::Deleted)?;
    Ok(told(call, status, channel.info(now_ms())))
}

/// Deletes the channel and ends all waits on it.
pub(super) async fn delete(call: &mut Call) -> Result<Response, Refusal> {
    let name = call.channel();
    let info = call.state.broadcasts.hub().find(name).map(|channel| channel.info(now_ms())).unwrap_or_default();
    if call.state.broadcasts.delete(name) { Ok(told(call, StatusCode::OK, info)) } else { Err(Refusal::UnknownChannel) }
}

/// The forms in which channel information goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Json,
    Xml,
    Yaml,
}

/// The earliest form in `Accept` that we have; plain text for all others.
fn negotiate(accept: &str) -> (Form, &str) {
    for range in accept.split(',') {
        let kind = range.split(';').next().unwrap_or_default().trim();
        let form = match kind.to_ascii_lowercase().as_str() {
            "text/plain" => Form::Plain,
            "text/json" | "application/json" | "text/x-json" | "application/x-json" => Form::Json,
            "text/xml" | "application/xml" => Form::Xml,
            "text/yaml" | "application/yaml" | "text/x-yaml" | "application/x-yaml" => Form::Yaml,
            _ => continue,
        };
        return (form, kind);
    }
    (Form::Plain, "text/plain")
}

#[derive(Serialize)]
struct Fields {
    messages: usize,
    /// Seconds; -1 never.
    requested: i64,
    subscribers: usize,
    last_message_id: String,
}

fn told(call: &Call, status: StatusCode, info: ChannelInfo) -> Response {
    let fields = Fields {
        messages: info.messages,
        requested: info.requested.map_or(-1, |millis| i64::try_from(millis / 1000).unwrap_or(i64::MAX)),
        subscribers: info.subscribers,
        last_message_id: info.last_message_id.map_or_else(|| "0:0".to_owned(), |id| id.to_string()),
    };
    let (form, kind) = negotiate(call.request.header(header::ACCEPT).unwrap_or_default());
    reply::with(status, kind, fields.written(form))
}

impl Fields {
    fn written(&self, form: Form) -> String {
        let Self { messages, requested, subscribers, last_message_id: id } = self;
        match form {
            Form::Plain => format!(
                "queued messages: {messages}\r\nlast requested: {requested} sec. ago\r\n\
                 active subscribers: {subscribers}\r\nlast message id: {id}\r\n"
            ),
            Form::Json => serde_json::to_string(self).unwrap_or_default() + "\n",
            Form::Xml => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<channel>\n  <messages>{messages}</messages>\n  \
                 <requested>{requested}</requested>\n  <subscribers>{subscribers}</subscribers>\n  \
                 <last_message_id>{id}</last_message_id>\n</channel>\n"
            ),
            Form::Yaml => format!(
                "---\nmessages: {messages}\nrequested: {requested}\nsubscribers: {subscribers}\nlast_message_id: \"{id}\"\n"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_known_form_wins() {
        assert_eq!(negotiate("application/json"), (Form::Json, "application/json"));
        assert_eq!(negotiate("text/html, text/x-yaml;q=0.1, text/xml"), (Form::Yaml, "text/x-yaml"));
        for plain in ["", "*/*", "text/html", "image/png"] {
            assert_eq!(negotiate(plain), (Form::Plain, "text/plain"));
        }
    }
}
