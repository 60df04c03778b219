//! The DevTools connection: commands and their answers, and the events of each page.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::deadline::soon;

/// The events that are kept of each page; the later ones are lost, for a test reads the first it didn't expect.
const EVENTS_KEPT: usize = 50_000;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The one connection, and who waits for what on it.
#[derive(Debug)]
pub(super) struct DevTools {
    sink: tokio::sync::Mutex<SplitSink<Socket, Message>>,
    next_id: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    events: Mutex<HashMap<String, Vec<Value>>>,
    /// Woken after each event.
    happened: Notify,
}

impl DevTools {
    /// Connects, and gives the task that reads until the browser ends.
    pub(super) async fn connect(address: &str) -> (Arc<Self>, JoinHandle<()>) {
        let (socket, _) = soon("DevTools", tokio_tungstenite::connect_async(address)).await.expect("DevTools answers");
        let (sink, stream) = socket.split();
        let sink = tokio::sync::Mutex::new(sink);
        let wire = Arc::new(Self {
            sink,
            next_id: AtomicU64::new(1),
            waiting: Mutex::default(),
            events: Mutex::default(),
            happened: Notify::new(),
        });
        let reader = tokio::spawn(Arc::clone(&wire).read(stream));
        (wire, reader)
    }

    /// The events of one session that `wanted` picks.
    pub(super) fn events(&self, session: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        lock(&self.events).get(session).into_iter().flatten().filter(|event| wanted(event)).cloned().collect()
    }

    /// Resolves when an event has come since it did so last. For one at a time.
    pub(super) async fn happened(&self) {
        self.happened.notified().await;
    }

    /// What a command comes to; `session` is the page it is for, or none for the browser.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, arguments: Value) -> Value {
        let answer = soon(method, self.try_call(session, method, arguments)).await;
        answer.unwrap_or_else(|fault| panic!("{method}: {fault}"))
    }

    /// Like [`DevTools::call`], for commands that may fail.
    pub(super) async fn try_call(&self, session: Option<&str>, method: &str, arguments: Value) -> Result<Value, String> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answered, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, answered);
        let mut command = json!({"id": id, "method": method, "params": arguments});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let sent = self.sink.lock().await.send(Message::text(command.to_string())).await;
        sent.map_err(|error| error.to_string())?;
        let mut answer = answer.await.map_err(|_| "the browser is gone".to_owned())?;
        match answer.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Gives each answer to who waits for it, and keeps the events, until the browser ends.
    async fn read(self: Arc<Self>, mut stream: SplitStream<Socket>) {
        while let Some(Ok(message)) = stream.next().await {
            let Some(message) = message.to_text().ok().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
                continue;
            };
            if let Some(id) = message["id"].as_u64() {
                if let Some(waiting) = lock(&self.waiting).remove(&id) {
                    // Who waited may have met its deadline.
                    let _nobody_waits = waiting.send(message);
                }
            } else if let Some(session) = message["sessionId"].as_str() {
                let session = session.to_owned();
                let mut events = lock(&self.events);
                let events = events.entry(session).or_default();
                if events.len() < EVENTS_KEPT {
                    events.push(message);
                }
                self.happened.notify_one();
            }
        }
        lock(&self.waiting).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
