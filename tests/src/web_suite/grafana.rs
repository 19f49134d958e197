//! Checks that what Grafana asks of a Graphite is answered as it reads it: both of its modes, in which
//! the browser or Grafana's server asks, as their sources send it.

use serde_json::{Value, json};

use super::Setup;
use crate::http::{Http, Reply, get};
use crate::running::Running;

/// Sends a form.
fn form(server: &Running, target: &str, form: &str) -> Reply {
    let mut http = Http::to(server);
    let length = form.len();
    http.send(format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}"
    ));
    http.reply()
}

/// Reads JSON with a parser that takes neither NaN nor Infinity.
fn json(reply: &Reply) -> Value {
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    reply.json()
}

/// A name, and the values with their times in seconds.
type Series = (String, Vec<(Option<f64>, i64)>);

/// Fails unless a reply is what Grafana's server reads: a time that is null fails the panel there.
fn series(reply: &Reply) -> Vec<Series> {
    let point = |point: &Value| {
        assert!(point[0].is_f64() || point[0].is_null(), "{point}");
        (point[0].as_f64(), point[1].as_i64().expect("whole seconds"))
    };
    let one = |series: &Value| {
        assert!(series["tags"].is_object(), "{series}");
        let points = series["datapoints"].as_array().expect("points");
        (series["target"].as_str().expect("a name").to_owned(), points.iter().map(point).collect())
    };
    json(reply).as_array().expect("a list").iter().map(one).collect()
}

const SAMPLES: &str = "put site.a.cpu 1 1150864190\nput site.a.cpu 2.5 1150864200\n\
    put site.b.cpu 3 1150864200\nput temp;room=attic;zone=x 20 1150864200\nput temp;room=hall 21 1150864200\n";

pub(super) fn requests(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    health(&server);
    panels(&server);
    tree(&server);
    tags(&server);
    dashboard(&setup.start(&[]));
    let functions = json(&get(&server, "/functions"));
    assert_eq!(functions["movingAverage"]["params"][1]["name"], "windowSize");
    assert_eq!(functions["constantLine"]["group"], "Special");
    assert_eq!(json(&get(&server, "/functions/alias"))["name"], "alias");
    let events = "/events/get_data?from=-1h&until=now&tags=deploy";
    assert_eq!(json(&get(&server, events)), json!([]));
    assert_eq!(get(&server, "/version").text(), "1.1.10");
}

/// Asks for each panel of the example's dashboard: for all machines, for one, and for several as Grafana
/// writes them. Their names have dots, as those of machines often do.
fn dashboard(server: &Running) {
    for machine in ["palm", "fern.example", "moss.attic.example"] {
        for metric in ["cpu", "usage", "network_usage"] {
            let _ = server.ask(&format!("put {machine}.{metric} 1 1150864200\n"));
        }
    }
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let list = &dashboard["templating"]["list"][0];
    let all = list["allValue"].as_str().expect("what stands for all machines");
    let query = list["query"].as_str().expect("a query");
    let query = query.strip_prefix("expand(").and_then(|query| query.strip_suffix(')'));
    let expanded = get(server, &format!("/metrics/expand?query={}", query.expect("a pattern")));
    let keys = json!({"results": ["fern.example.cpu", "moss.attic.example.cpu", "palm.cpu"]});
    assert_eq!(json(&expanded), keys);
    let both = ["fern.example", "palm"];
    for (machine, shown) in [
        (all, &["fern.example", "moss.attic.example", "palm"][..]),
        ("fern.example", &both[..1]),
        ("{fern.example,palm}", &both),
    ] {
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                let target = target["target"].as_str().expect("a target");
                let asked = target.replace("$machine", machine);
                let fields = format!("target={asked}&{TIMES}&format=json&maxDataPoints=1145");
                let reply = form(server, "/render", &fields);
                assert_eq!(reply.status, 200, "{asked}: {}", reply.text());
                let found = series(&reply);
                let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
                assert!(!target.contains("$machine") || names == shown, "{asked}: {names:?}");
            }
        }
    }
}

const TIMES: &str = "from=1150860650&until=1150864250";

const DASHBOARD: &str =
    include_str!("../../../examples/grafana/provisioning/dashboards/machines.json");

/// What Save & test sends, now and in older versions.
fn health(server: &Running) {
    let fields = "format=json&from=1150860650&maxDataPoints=100&target=constantLine%28100%29&until=1150864250";
    let line = series(&form(server, "/render", fields));
    assert_eq!(line[0].0, "100.0");
    assert_eq!(line[0].1.first(), Some(&(Some(100.0), 1_150_860_650)));
    let old = json(&get(server, "/metrics/find?query=*"));
    assert_eq!(old[0]["text"], "site");
}

fn panels(server: &Running) {
    let at = [(Some(1.0), 1_150_864_190), (Some(2.5), 1_150_864_200)];
    let backend =
        "format=json&from=1150864180&maxDataPoints=1000&target=site.a.cpu&until=1150864240";
    assert_eq!(series(&form(server, "/render", backend)), [("site.a.cpu".to_owned(), at.to_vec())]);
    for times in
        ["from=-1h&until=now", "from=-60min&until=now", "from=04:00_20060621&until=05:00_20060621"]
    {
        let front =
            format!("target=aliasByNode(site.*.cpu%2C%201)&{times}&format=json&maxDataPoints=1145");
        let shown = series(&form(server, "/render", &front));
        // The samples are of the past, but for those who ask for it.
        let names: Vec<_> = shown.iter().map(|(name, _)| name.as_str()).collect();
        let expected: &[&str] = if times.contains("2006") { &["a", "b"] } else { &[] };
        assert_eq!(names, expected, "{times}");
    }
    let two = "target=site.a.cpu&target=randomWalk('x')&from=-1h&until=now&format=json";
    let wrong = form(server, "/render", two);
    assert_eq!(
        (wrong.status, wrong.text()),
        (400, "there is no function 'randomWalk' here (byte 0)\n")
    );
    for (target, status) in [
        ("target=f(&format=json", 400),
        ("target=a&format=png", 400),
        ("target=a&from=nonsense&format=json", 400),
    ] {
        let wrong = get(server, &format!("/render?{target}"));
        assert_eq!((wrong.status, wrong.text().lines().count()), (status, 1), "{target}");
        assert_eq!(wrong.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    let compressed = Http::to(server).ask(
        "GET",
        "/render?target=sumSeries(site.*.cpu)&from=-30y&format=json&maxDataPoints=100",
        &["Accept-Encoding: gzip"],
    );
    assert_eq!(compressed.status, 200);
}

fn tree(server: &Running) {
    let found = form(server, "/metrics/find?from=undefined&until=undefined", "query=site.*");
    let expected = json!([
        {"text": "a", "id": "site.a", "leaf": 0, "expandable": 1, "allowChildren": 1},
        {"text": "b", "id": "site.b", "leaf": 0, "expandable": 1, "allowChildren": 1},
    ]);
    assert_eq!(json(&found), expected);
    assert_eq!(json(&form(server, "/metrics/find", "query=nothing.*")), json!([]));
    let expand = "/metrics/expand?query=site.*.cpu&from=1150860650&until=1150864250";
    assert_eq!(json(&get(server, expand)), json!({"results": ["site.a.cpu", "site.b.cpu"]}));
    let index = json(&get(server, "/metrics/index.json"));
    assert_eq!(index, json!(["site.a.cpu", "site.b.cpu"]));
}

fn tags(server: &Running) {
    let found = get(server, "/tags/autoComplete/tags?expr=name%3Dtemp&tagPrefix=&limit=10000");
    assert_eq!(json(&found), json!(["room", "zone"]));
    let found = get(server, "/tags/autoComplete/values?expr=name%3Dtemp&tag=room&valuePrefix=h");
    assert_eq!(json(&found), json!(["hall"]));
    let by_tag = "format=json&from=1150864180&until=1150864240&target=seriesByTag(%27name%3Dtemp%27%2C%20%27room%3D~a.*%27)";
    let shown = form(server, "/render", by_tag);
    assert_eq!(json(&shown)[0]["tags"], json!({"name": "temp", "room": "attic", "zone": "x"}));
}
