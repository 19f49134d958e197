//! Checks times in requests.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::Setup;
use super::reads::percent;
use crate::http::get;

pub(super) fn units(setup: &Setup<'_>) {
    for (unit, factor) in [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)] {
        let server = setup.start(&["--time-unit", unit]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() as i64;
        let (old, fresh) = (1_150_864_247 * factor, (now - 60) * factor);
        assert_eq!(server.ask(&format!("put k 1 {old}\nput k 2 {fresh}\n")), "ok\n\nok\n\n");
        assert_eq!(get(&server, "/v1/info").json()["unit"], json!(unit));
        for (window, values) in [
            (String::new(), &[1.0, 2.0][..]),
            ("from=-1h".into(), &[2.0]),
            ("until=-1h".into(), &[1.0]),
            ("from=-1w&until=now".into(), &[2.0]),
            ("from=-10s".into(), &[]),
            (format!("until={}", percent("2006-06-21T04:30:47Z")), &[1.0]),
            (format!("until={}", percent("2006-06-21T06:30:47+02:00")), &[1.0]),
            (format!("until={}", percent("2006-06-21T04:30:46Z")), &[]),
            (format!("from={old}&until={old}"), &[1.0]),
            (format!("from={}", old + 1), &[2.0]),
        ] {
            let reply = get(&server, &format!("/v1/range?key=k&{window}"));
            let json = reply.json();
            let samples = json["series"][0]["samples"].as_array().cloned().unwrap_or_default();
            let found: Vec<_> = samples.iter().map(|sample| sample[1].as_f64()).collect();
            let expected: Vec<_> = values.iter().copied().map(Some).collect();
            assert_eq!(found, expected, "{window} in {unit}: {json}");
        }
    }
}
