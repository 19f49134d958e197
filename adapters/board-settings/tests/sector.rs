//! Sectors as they are written, and as they may be found.

use std::net::SocketAddrV4;

use metric_board_settings::{Invalid, MAX_NAME, SECTOR, Settings, Unreadable, Wifi};
use proptest::prelude::*;

const ALL: Settings<'_> = Settings {
    wifi: Some(Wifi { network: "my network", password: Some("my password") }),
    name: Some("greenhouse"),
    report: Some(SocketAddrV4::new(std::net::Ipv4Addr::new(192, 168, 1, 7), 8888)),
};

fn written(settings: &Settings<'_>) -> Vec<u8> {
    let mut sector = vec![0; SECTOR];
    settings.write(&mut sector).unwrap();
    sector
}

/// Returns a sector with these fields and a right checksum.
fn sector(version: u8, fields: &[u8]) -> Vec<u8> {
    let length = (fields.len() as u16).to_le_bytes();
    let checked = [&[version, 0], &length[..], fields].concat();
    let checksum = crc32fast::hash(&checked).to_le_bytes();
    let mut sector = [b"\x89metric\n", &checksum[..], &checked].concat();
    sector.resize(SECTOR, 0xff);
    sector
}

#[test]
fn the_bytes_are_those_of_the_documented_format() {
    let fields =
        b"\x01\x0amy network\x02\x0bmy password\x03\x0agreenhouse\x04\x06\xc0\xa8\x01\x07\xb8\x22";
    assert_eq!(written(&ALL), sector(1, fields));
    assert_eq!(Settings::read(&sector(1, b"")), Ok(Settings::default()));
    // Fields of later programs are skipped, and of two fields the second counts.
    let later = b"\x09\x02??\x03\x01a\x03\x01b\x00\x00";
    let settings = Settings { name: Some("b"), ..Settings::default() };
    assert_eq!(Settings::read(&sector(1, later)), Ok(settings));
}

#[test]
fn what_no_board_can_use_is_not_written() {
    let wifi = |network, password| Settings {
        wifi: Some(Wifi { network, password }),
        ..Settings::default()
    };
    let name = |name| Settings { name: Some(name), ..Settings::default() };
    let (long, longer) = ("x".repeat(32), "x".repeat(33));
    let (secret, too_long) = ("x".repeat(63), "x".repeat(64));
    let (named, too_named) = ("n".repeat(MAX_NAME), "n".repeat(MAX_NAME + 1));
    for settings in [wifi(&long, None), wifi("é", Some(&secret)), name(&named), name("a-1"), ALL] {
        assert_eq!(Settings::read(&written(&settings)), Ok(settings));
    }
    let none = SocketAddrV4::new([10, 0, 0, 1].into(), 0);
    for (settings, invalid) in [
        (wifi("", None), Invalid::Network),
        (wifi(&longer, None), Invalid::Network),
        (wifi("w", Some("")), Invalid::Password),
        (wifi("w", Some("seven77")), Invalid::Password),
        (wifi("w", Some(&too_long)), Invalid::Password),
        (wifi("w", Some("pässword")), Invalid::Password),
        (wifi("w", Some("pass\nword")), Invalid::Password),
        (name(""), Invalid::Name),
        (name(&too_named), Invalid::Name),
        (name("-a"), Invalid::Name),
        (name("a-"), Invalid::Name),
        (name("A"), Invalid::Name),
        (name("a.b"), Invalid::Name),
        (Settings { report: Some(none), ..Settings::default() }, Invalid::Port),
    ] {
        assert_eq!(settings.write(&mut [0; SECTOR]), Err(invalid), "{settings:?}");
    }
    assert_eq!(ALL.write(&mut [0; SECTOR - 1]), Err(Invalid::Output));
}

#[test]
fn a_sector_without_settings_says_why() {
    let cases = [
        (vec![0xff; SECTOR], Unreadable::Missing),
        (vec![0; SECTOR], Unreadable::Missing),
        (vec![], Unreadable::Missing),
        (b"\x89metric".to_vec(), Unreadable::Missing),
        (b"\x89metric\n".to_vec(), Unreadable::Damaged),
        (written(&ALL)[..40].to_vec(), Unreadable::Damaged),
        (sector(2, b""), Unreadable::Version(2)),
        // Only the first page was written, and the rest is erased.
        ([&written(&ALL)[..20], &[0xff; SECTOR - 20]].concat(), Unreadable::Damaged),
        (sector(1, b"\x01"), Unreadable::Damaged),
        (sector(1, b"\x01\x02w"), Unreadable::Damaged),
        (sector(1, b"\x01\x00"), Unreadable::Damaged),
        (sector(1, b"\x01\x01\xff"), Unreadable::Damaged),
        (sector(1, b"\x01\x01w\x02\x01p"), Unreadable::Damaged),
        (sector(1, b"\x03\x02-a"), Unreadable::Damaged),
        (sector(1, b"\x04\x05\x0a\x00\x00\x01\x01"), Unreadable::Damaged),
        (sector(1, b"\x04\x06\x0a\x00\x00\x01\x00\x00"), Unreadable::Damaged),
    ];
    for (sector, unreadable) in cases {
        assert_eq!(Settings::read(&sector), Err(unreadable), "{:?}", sector.get(..40));
    }
}

#[test]
fn any_bit_that_changes_is_noticed() {
    let sound = written(&ALL);
    let end = 16 + sound[14] as usize;
    for bit in 0..8 * end {
        let mut damaged = sound.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let unreadable = Settings::read(&damaged).unwrap_err();
        let expected = match bit / 8 {
            0..8 => Unreadable::Missing,
            12 => Unreadable::Version(damaged[12]),
            _ => Unreadable::Damaged,
        };
        assert_eq!(unreadable, expected, "bit {bit}");
    }
}

#[test]
fn the_password_is_not_shown() {
    let shown = format!("{ALL:?}");
    assert!(shown.contains("my network") && !shown.contains("my password"), "{shown}");
}

proptest! {
    #[test]
    fn settings_read_back(
        network in "[^\u{0}]{1,8}",
        password in proptest::option::of("[ -~]{8,63}"),
        name in proptest::option::of("[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?"),
        report in proptest::option::of((any::<[u8; 4]>(), 1_u16..)),
        has_wifi: bool,
    ) {
        let report = report.map(|(address, port)| SocketAddrV4::new(address.into(), port));
        let wifi = Wifi { network: &network, password: password.as_deref() };
        let wifi = has_wifi.then_some(wifi);
        let settings = Settings { wifi, name: name.as_deref(), report };
        let sector = written(&settings);
        prop_assert_eq!(Settings::read(&sector), Ok(settings));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        fields in proptest::collection::vec(any::<u8>(), ..200),
        cut in 0..300_usize,
    ) {
        let sector = sector(1, &fields);
        if let Ok(settings) = Settings::read(&sector[..cut]) {
            prop_assert_eq!(settings.check(), Ok(()));
        }
        let _ = Settings::read(&fields);
    }
}
