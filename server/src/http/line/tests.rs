use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::changes::Changes;

async fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (listener.accept().await.unwrap().0, peer)
}

#[tokio::test]
async fn a_reader_that_takes_a_little_now_and_then_is_given_up() {
    let (stream, mut peer) = connected().await;
    let line = Arc::new(Line::new(stream));
    // No reader can keep up, but each time it takes something.
    let mut socket = Socket { least_rate: u64::MAX, ..Socket::new(line, Duration::from_millis(200)) };
    let reading = async { while peer.read(&mut [0; 64 << 10]).await.is_ok_and(|count| count > 0) {} };
    let writing = async {
        loop {
            if let Err(error) = socket.write_all(&[0; 4 << 20]).await {
                return error.kind();
            }
        }
    };
    tokio::select! {
        kind = writing => assert_eq!(kind, io::ErrorKind::TimedOut),
        () = reading => panic!("the writer is there"),
    }
}

#[tokio::test]
async fn each_picture_of_a_stream_has_its_own_time() {
    let (stream, _peer) = connected().await;
    let line = Arc::new(Line::new(stream));
    let mut socket = Socket { due: Some(Instant::now()), ..Socket::new(line.clone(), Duration::from_secs(30)) };
    socket.write_all(b"more of it").await.unwrap();
    assert!(socket.due.is_some());
    line.show(None);
    socket.write_all(b"the next one").await.unwrap();
    assert!(socket.due.is_none());
}

#[tokio::test]
async fn what_was_answered_goes_out_also_when_no_request_follows_and_nothing_does_once_it_is_cut() {
    let (goes, stays) = (Some(Arc::<Interval>::default()), None);
    for (parting, interval) in
        [(Parting::InOrder, &goes), (Parting::Cut, &goes), (Parting::InOrder, &stays), (Parting::Cut, &stays)]
    {
        let (stream, mut peer) = connected().await;
        let line = Arc::new(Line::new(stream));
        let mut socket = Socket::new(line.clone(), Duration::from_secs(30));
        line.show(interval.clone());
        socket.write_all(b"a picture").await.unwrap();
        drop(socket);
        let parted = tokio::spawn(async move {
            line.part(parting).await;
            drop(line);
        });
        let mut taken = Vec::new();
        let read = peer.read_to_end(&mut taken).await;
        assert_eq!(read.is_ok(), parting == Parting::InOrder, "{read:?}");
        drop(peer);
        parted.await.unwrap();
    }
}

#[tokio::test]
async fn an_end_is_seen_behind_what_is_unread_and_nothing_is_written_once_a_broadcast_is_over() {
    let (stream, mut peer) = connected().await;
    let line = Arc::new(Line::new(stream));
    let mut socket = Socket::new(line.clone(), Duration::from_secs(30));
    let interval = Arc::<Interval>::default();
    line.show(Some(interval.clone()));
    socket.write_all(b"seen").await.unwrap();
    interval.end();
    line.over().await;
    assert!(socket.write_all(b"unseen").await.is_err());
    peer.write_all(b"unread").await.unwrap();
    drop(peer);
    line.gone().await;
}

#[tokio::test]
async fn a_picture_that_is_kept_breaks_off_too_when_who_asked_may_not_have_it_any_more_and_the_next_answer_does_not() {
    let (stream, mut peer) = connected().await;
    let line = Arc::new(Line::new(stream));
    let mut socket = Socket::new(line.clone(), Duration::from_secs(30));
    let changes = Arc::<Changes>::default();
    line.show(None);
    line.allow(Pass::default().and_while(changes.unchanged([7])));
    socket.write_all(b"seen").await.unwrap();
    changes.change(8);
    socket.write_all(b" too").await.unwrap();
    changes.change(7);
    line.over().await;
    assert!(socket.write_all(b"unseen").await.is_err());
    socket.flush().await.unwrap();
    line.begin().await;
    line.allow(Pass::default().and_while(changes.unchanged([7])));
    socket.write_all(b", and let in again").await.unwrap();
    drop((socket, line));
    let mut taken = String::new();
    peer.read_to_string(&mut taken).await.unwrap();
    assert_eq!(taken, "seen too, and let in again");
}
