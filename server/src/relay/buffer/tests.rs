use bytes::Bytes;

use super::*;

const SECOND: Millis = 1_000_000;
const FRAME: Kind = Kind { name: "frame", number: 7 };
const LIMITS: Limits = Limits { messages: 3, bytes: 100, age: 10_000 };

fn draft(body: &'static str, kind: Option<Kind>) -> Draft {
    Draft { content_type: "text/plain".into(), body: Bytes::from_static(body.as_bytes()), kind }
}

fn append(buffer: &mut Buffer, body: &'static str, now: Millis) -> MessageId {
    buffer.append(draft(body, None), now / 1000, 0, now, 0).id
}

fn bodies(buffer: &Buffer) -> Vec<&[u8]> {
    buffer.stored.iter().map(|stored| stored.message.body.as_ref()).collect()
}

fn given(buffer: &Buffer, start: Start) -> Option<(&[u8], Missed)> {
    let cursor = buffer.cursor(start);
    buffer.first_from(cursor).map(|stored| (stored.message.body.as_ref(), cursor.missed_before(stored.position)))
}

#[test]
fn tags_count_within_a_second_and_ids_never_go_back() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    assert_eq!(append(&mut buffer, "a", SECOND), MessageId::new(1000, 0));
    assert_eq!(append(&mut buffer, "b", SECOND + 999), MessageId::new(1000, 1));
    assert_eq!(append(&mut buffer, "c", SECOND + 1000), MessageId::new(1001, 0));
    assert_eq!(append(&mut buffer, "the clock stepped back", SECOND - 5000), MessageId::new(1001, 1));
}

#[test]
fn each_bound_drops_the_oldest() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    for body in ["a", "b", "c", "d"] {
        append(&mut buffer, body, SECOND);
    }
    assert_eq!(bodies(&buffer), [b"b", b"c", b"d"]);
    append(
        &mut buffer,
        "a body of so many bytes that it drives out all but itself, because it is larger than the whole bound of bytes",
        SECOND,
    );
    assert_eq!(buffer.len(), 1);
    append(&mut buffer, "e", SECOND + 20_000);
    assert_eq!(bodies(&buffer), [b"e"]);
    buffer.enforce(SECOND + 40_000, 0);
    assert_eq!(buffer.len(), 0);
    assert_eq!(buffer.bytes, 0);
}

#[test]
fn the_newest_of_a_kind_outlives_every_bound_and_goes_when_retired() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    buffer.append(draft("old frame", Some(FRAME)), 1000, 0, SECOND, 0);
    buffer.append(draft("frame", Some(FRAME)), 1000, 0, SECOND, 0);
    for body in ["a", "b", "c"] {
        append(&mut buffer, body, SECOND + 20_000);
    }
    buffer.enforce(SECOND + 60_000, 0);
    assert_eq!(bodies(&buffer), [b"frame"]);
    buffer.retire("frame");
    assert_eq!((buffer.len(), buffer.bytes), (0, 0));
}

#[test]
fn a_discarded_message_goes_alone_and_leaves_the_newest_of_its_kind_to_the_next() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    buffer.append(draft("frame 6", Some(Kind { number: 6, ..FRAME })), 1000, 0, SECOND, 0);
    buffer.append(draft("frame 7", Some(FRAME)), 1000, 0, SECOND, 0);
    buffer.discard("frame", 7);
    assert_eq!(bodies(&buffer), [b"frame 6"]);
    assert_eq!(buffer.kinds, []);
    buffer.enforce(SECOND + 20_000, 0);
    assert_eq!((buffer.len(), buffer.bytes), (0, 0));
}

#[test]
fn nothing_is_stored_where_storing_is_off() {
    let mut buffer = Buffer::new(Limits { messages: 0, ..LIMITS }, SECOND / 1000, None);
    append(&mut buffer, "a", SECOND);
    assert_eq!(buffer.len(), 0);
    buffer.append(draft("for one who waits", None), 1000, 0, SECOND, 1);
    assert_eq!(buffer.len(), 1);
    append(&mut buffer, "b", SECOND);
    assert_eq!(buffer.len(), 0);
}

#[test]
fn ids_go_on_after_those_of_a_deleted_channel() {
    let mut buffer = Buffer::new(LIMITS, 1000, Some(MessageId::new(1000, 6)));
    let first = append(&mut buffer, "a", SECOND);
    assert_eq!(first, MessageId::new(1000, 7));
    append(&mut buffer, "b", SECOND);
    assert_eq!(given(&buffer, Start::After(first)), Some((&b"b"[..], Missed::Exactly(0))));
    assert_eq!(given(&buffer, Start::After(MessageId::new(1000, 6))), Some((&b"a"[..], Missed::Exactly(0))));
}

#[test]
fn a_start_is_counted_from_either_end() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    for body in ["a", "b", "c"] {
        append(&mut buffer, body, SECOND);
    }
    let body = |start| given(&buffer, start).map(|(body, _)| body);
    assert_eq!(body(Start::Oldest), Some(&b"a"[..]));
    assert_eq!(body(Start::Nth(2)), Some(&b"b"[..]));
    assert_eq!(body(Start::Nth(4)), None);
    assert_eq!(body(Start::Nth(u64::MAX)), None);
    assert_eq!(body(Start::NthFromNewest(1)), Some(&b"c"[..]));
    assert_eq!(body(Start::NthFromNewest(9)), Some(&b"a"[..]));
    assert_eq!(body(Start::Last), Some(&b"c"[..]));
    assert_eq!(body(Start::Next), None);
}

#[test]
fn what_follows_an_id_is_found_and_the_loss_is_exact_while_it_is_known() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    let ids: Vec<_> =
        ["a", "b", "c", "d", "e", "f"].iter().zip(0..).map(|(body, n)| append(&mut buffer, body, SECOND + n * 700)).collect();
    assert_eq!(bodies(&buffer), [b"d", b"e", b"f"]);
    assert_eq!(given(&buffer, Start::After(ids[3])), Some((&b"e"[..], Missed::Exactly(0))));
    assert_eq!(given(&buffer, Start::After(ids[0])), Some((&b"d"[..], Missed::Exactly(2))));
    assert_eq!(given(&buffer, Start::After(MessageId::new(1002, 77))), Some((&b"f"[..], Missed::Exactly(0))));
    assert_eq!(given(&buffer, Start::After(ids[5])), None);
    assert_eq!(given(&buffer, Start::After(MessageId::new(9_999_999, 0))), None);
    assert_eq!(given(&buffer, Start::After(MessageId::new(5, 0))), Some((&b"d"[..], Missed::AtLeast(3))));
}

#[test]
fn a_gap_left_by_retired_messages_is_counted() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    let first = append(&mut buffer, "a", SECOND);
    buffer.append(draft("frame", Some(FRAME)), 1000, 0, SECOND, 0);
    append(&mut buffer, "b", SECOND);
    buffer.retire("frame");
    assert_eq!(given(&buffer, Start::After(first)), Some((&b"b"[..], Missed::Exactly(1))));
}

#[test]
fn the_ledger_is_bounded_and_what_it_forgot_is_no_longer_exact() {
    let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
    for n in 0..2000 {
        append(&mut buffer, "x", SECOND + n * 1000);
    }
    assert_eq!(buffer.ledger.len(), Buffer::LEDGER);
    let oldest = buffer.ledger[0].0;
    assert!(matches!(given(&buffer, Start::After(MessageId::new(oldest, 0))), Some((_, Missed::Exactly(596)))));
    assert!(matches!(given(&buffer, Start::After(MessageId::new(oldest - 1, 0))), Some((_, Missed::AtLeast(597)))));
}
