//! The programs over the wire. One binary; each module says what belongs into it. A test shows one behaviour and is named as a
//! sentence; it starts its own programs on ports of the system's choice and waits for events, never for time to pass.

#![allow(clippy::unwrap_used, reason = "a test that fails has done its work")]

mod access;
mod access_guests;
mod alone;
mod answers;
mod astray;
mod audience;
mod bounds;
mod broadcast;
mod cameras;
mod channels;
mod connections;
mod deleted;
mod displays;
mod displays_page;
mod documents;
mod gone;
mod harness;
mod kept;
mod keys;
mod killed;
mod lite;
mod logged;
mod longpoll;
mod loopback;
mod making;
mod pacing;
mod package;
mod pages;
mod pages_states;
mod pages_work;
mod past;
mod pictures;
mod protected;
mod publisher;
mod refusals;
mod retouched;
mod sent_away;
mod served;
mod settings;
mod setup;
mod several;
mod site;
mod startup;
mod studio_audience;
mod studio_displays;
mod studio_pairing;
mod table;
mod tabs;
mod unseen;
mod uploads;
mod window;
mod zoom;
