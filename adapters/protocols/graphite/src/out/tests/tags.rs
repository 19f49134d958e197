//! Tags and their values.

use super::*;
use crate::out::tags;

#[test]
fn tags_are_told() {
    let store =
        store(&[("cpu;host=a;zone=x", 1, 1.0), ("cpu;host=b", 1, 1.0), ("disk;host=c", 1, 1.0)]);
    let ask = |which: &str, pairs: &[(&str, &str)]| {
        let fields = fields(pairs);
        let told = match which {
            "find" => block_on(tags::find(query(&store), &fields, 10)),
            "tags" => block_on(tags::complete(query(&store), &fields)),
            "values" => block_on(tags::complete_values(query(&store), &fields)),
            "one" => block_on(tags::one(query(&store), &fields, "name")),
            _ => block_on(tags::all(query(&store), &fields)),
        };
        text(told.unwrap())
    };
    assert_eq!(ask("find", &[("expr", "name=cpu"), ("expr", "zone=")]), r#"["cpu;host=b"]"#);
    let many = ("expr", "name=~.");
    assert_eq!(ask("find", &[many]).matches("host=").count(), 3);
    assert_eq!(ask("tags", &[("expr", "name=cpu")]), r#"["host", "zone"]"#);
    assert_eq!(ask("tags", &[("tagPrefix", "n")]), r#"["name"]"#);
    assert_eq!(ask("values", &[("tag", "host"), ("limit", "2")]), r#"["a", "b"]"#);
    assert_eq!(ask("values", &[("tag", "host"), ("expr", "name=disk")]), r#"["c"]"#);
    assert_eq!(ask("all", &[]), r#"[{"tag": "host"}, {"tag": "name"}, {"tag": "zone"}]"#);
    let values = r#"{"tag": "name", "values": [{"value": "cpu", "count": 2}, {"value": "disk", "count": 1}]}"#;
    assert_eq!(ask("one", &[]), values);
    let refused = block_on(tags::find(query(&store), &fields(&[many]), 2)).err().unwrap();
    assert!(refused.to_string().contains("more than 2 series"));
}
