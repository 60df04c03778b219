use super::super::guests::MOST;
use super::*;
use crate::config::ChannelRules;

const DAY: Millis = 24 * 3600 * 1000;

fn access() -> (Access, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    (Access::open(data.path(), ChannelRules::default()).unwrap(), data)
}

fn came() -> Came {
    Came { address: IpAddr::from([10, 0, 0, 1]), device: "a phone".into() }
}

fn wanted(text: &str) -> Lock {
    Lock { passwords: Password::new(text).into_iter().collect(), paired: false }
}

fn enter(access: &Access, proven: &Proven, old: Option<&Token>) -> Token {
    access.enter(proven, &came(), old).unwrap()
}

fn by(access: &Access, text: &str) -> Token {
    enter(access, &Proven::Password(Password::new(text).unwrap()), None)
}

fn shows(access: &Access, token: &Token, text: &str) -> Option<Visit> {
    access.by_token(token.clone(), came().address, &[wanted(text)])
}

fn age(access: &Access, token: &Token, days: u64) {
    let mut guests = lock(&access.guests);
    let known = guests.0.get_mut(&token.hash()).unwrap();
    (known.last, known.given) = (known.last - days * DAY, known.given - days * DAY);
}

#[test]
fn who_stays_away_for_90_days_is_forgotten_and_who_watches_is_here() {
    let (access, _data) = access();
    let [away, idle, watching] = [(); 3].map(|()| by(&access, "one"));
    let visit = shows(&access, &watching, "one").unwrap();
    for (token, days) in [(&away, 91), (&idle, 89), (&watching, 91)] {
        age(&access, token, days);
    }
    assert!(lock(&access.guests).forget_idle(now_ms()));
    assert!(shows(&access, &away, "one").is_none() && shows(&access, &idle, "one").is_some());
    assert!(now_ms() - access.guests().last().unwrap().last_ms < DAY, "it watches now");
    drop(visit);
}

#[test]
fn of_more_guests_than_there_is_room_for_the_one_goes_that_was_away_longest() {
    let (access, _data) = access();
    let all: Vec<_> = (0..MOST).map(|_| by(&access, "one")).collect();
    age(&access, &all[1], 3);
    age(&access, &all[2], 2);
    age(&access, &all[3], 9);
    let visit = shows(&access, &all[3], "one").unwrap();
    age(&access, &all[3], 9);
    let newest = by(&access, "one");
    assert_eq!(access.guests().len(), MOST);
    assert!(shows(&access, &all[1], "one").is_none() && shows(&access, &all[2], "one").is_some());
    assert!(shows(&access, &newest, "one").is_some() && !visit.stay.is_over());
}

#[test]
fn who_lets_in_many_from_one_place_pushes_out_none_from_elsewhere() {
    let (access, _data) = access();
    let absent = by(&access, "one");
    age(&access, &absent, 80);
    let password = Password::new("one").unwrap();
    let from = |number: u32| Came { address: [10, 9, 9, 9].into(), device: number.to_string() };
    for number in 0..MOST as u32 {
        access.welcome(&password, &from(number)).unwrap();
        access.enter(&Proven::Password(password.clone()), &from(number), None).unwrap();
    }
    assert!(access.guests().len() == MOST && shows(&access, &absent, "one").is_some());
}

#[test]
fn a_revoked_program_is_not_let_in_by_another_name_and_who_is_there_already_stays() {
    let (access, _data) = access();
    let password = Password::new("one").unwrap();
    let of = |device: &str| Came { device: device.into(), ..came() };
    for device in ["VLC", "curl"] {
        access.welcome(&password, &of(device)).unwrap();
    }
    let vlc = access.guests().into_iter().find(|guest| guest.device == "VLC").unwrap();
    assert!(access.revoke(vlc.id) && !access.revoke(vlc.id));
    for device in ["VLC", "mpv"] {
        assert!(matches!(access.by_password(&password, &of(device)), Client::Revoked), "{device}");
    }
    assert!(matches!(access.by_password(&password, &of("curl")), Client::Known(_)));
    let elsewhere = Came { address: [10, 0, 0, 2].into(), ..of("VLC") };
    assert!(matches!(access.by_password(&password, &elsewhere), Client::New));
    lock(&access.guests).forget_password(&password);
    assert!(matches!(access.by_password(&password, &of("VLC")), Client::New), "a new password, a new chance");
}

#[test]
fn another_password_sends_those_away_who_know_no_other_one_and_were_not_paired() {
    let (access, _data) = access();
    access.set_password("front", Some("one".into()));
    access.set_password("yard", Some("other".into()));
    let alone = by(&access, "one");
    let both = enter(&access, &Proven::Password(Password::new("other").unwrap()), Some(&by(&access, "one")));
    let paired = enter(&access, &Proven::Code, Some(&by(&access, "one")));
    let stays = [&alone, &both].map(|token| shows(&access, token, "one").unwrap().stay);
    access.set_password("front", Some("another".into()));
    assert!(stays.iter().all(|stay| stay.is_over()), "what they hold is looked at again");
    assert_eq!(access.guests().len(), 2);
    assert!(shows(&access, &both, "other").is_some() && shows(&access, &both, "another").is_none());
    assert!(shows(&access, &alone, "other").is_none() && shows(&access, &paired, "another").is_some());
}

#[test]
fn a_password_of_two_channels_is_void_only_when_both_have_another() {
    let (access, _data) = access();
    access.set_password("front", Some("one".into()));
    access.set_password("yard", Some("one".into()));
    let guest = by(&access, "one");
    access.set_password("front", None);
    assert!(shows(&access, &guest, "one").is_some() && !access.is_protected("front"));
    access.set_password("yard", Some(" ".into()));
    assert!(shows(&access, &guest, "one").is_none() && !access.is_protected("yard"));
}

#[test]
fn a_cookie_is_given_out_again_after_a_month_and_once() {
    let (access, _data) = access();
    let token = by(&access, "one");
    let visit = shows(&access, &token, "one").unwrap();
    assert!(access.to_be_given(&visit).is_none());
    age(&access, &token, 31);
    assert!(access.to_be_given(&visit).is_some_and(|again| again.expose() == token.expose()));
    assert!(access.to_be_given(&visit).is_none());
}
