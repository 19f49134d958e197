//! Commands, spaces and the number of fields.

use crate::reply::{OK, WRONG, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("the dialogue of the description holds byte for byte", ONE_LONG, description),
    Case::new("a command other than put and get is a wrong command", Needs::SMALL, other_command),
    Case::new("commands are lower case", Needs::SMALL, upper_case),
    Case::new("two spaces in a row are a wrong command", Needs::SMALL, double_space),
    Case::new("a space at either end is a wrong command", Needs::SMALL, outer_space),
    Case::new("a tab is not a space", Needs::SMALL, tab),
    Case::new("no other white space is a space", Needs::SMALL, other_space),
    Case::new("a get has exactly one field after the command", Needs::SMALL, fields_of_get),
    Case::new("a put has exactly three fields after the command", Needs::SMALL, fields_of_put),
    Case::new("`put *` is a wrong command", Needs::SMALL, put_star),
    Case::new("a wrong command keeps the connection open", Needs::SMALL, stays_open),
    Case::new("a wrong command changes nothing for anyone", TWO, changes_nothing),
];

const ONE_LONG: Needs = Needs { key: 32, ..Needs::SMALL };

const TWO: Needs = Needs { connections: 2, samples: 2, ..Needs::SMALL };

fn description(trial: &mut Trial<'_>) {
    let key = trial.key("palm.cpu");
    let mut client = trial.connect();
    client.expect(format!("put {key} 23.7 1150864247"), "ok\n\n");
    client.expect(format!("get {key}"), format!("ok\n{key} 23.7 1150864247\n\n"));
    client.expect(format!("get {}", trial.key("nothing.here")), "ok\n\n");
    client.expect("hello", "error\nwrong command\n\n");
}

fn other_command(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "hello",
        "puts <key> 2 2",
        "pu <key> 2 2",
        "set <key> 2 2",
        "gets <key>",
        "ge <key>",
        "delete <key>",
        "del <key>",
        "quit",
        "exit",
        "help",
        "ok",
        "error",
        "wrong command",
        "*",
        "<key>",
        "<key> 2 2",
        "# put <key> 2 2",
        "\"get\" <key>",
        "\u{feff}get <key>",
        "\0",
    ]);
}

fn upper_case(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "PUT <key> 2 2",
        "Put <key> 2 2",
        "pUT <key> 2 2",
        "puT <key> 2 2",
        "GET <key>",
        "Get <key>",
        "geT <key>",
        "GET *",
    ]);
}

fn double_space(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "put  <key> 2 2",
        "put <key>  2 2",
        "put <key> 2  2",
        "put   <key>   2   2",
        "put <key>  2",
        "put  2 2",
        "get  <key>",
        "get  *",
    ]);
}

fn outer_space(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        " put <key> 2 2",
        "put <key> 2 2 ",
        " put <key> 2 2 ",
        "put <key> 2 2 \r",
        " get <key>",
        "get <key> ",
        "get <key> \r",
        " get *",
        "get * ",
    ]);
}

fn tab(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "put\t<key>\t2\t2",
        "put\t<key> 2 2",
        "put <key>\t2 2",
        "put <key> 2\t2",
        "put <key> 2 2\t",
        "\tput <key> 2 2",
        "put \t<key> 2 2",
        "get\t<key>",
        "get <key>\t",
        "get\t*",
        "get *\t",
    ]);
}

fn other_space(trial: &mut Trial<'_>) {
    for space in ["\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}"] {
        trial.all_wrong(&[
            format!("put{space}<key> 2 2"),
            format!("put <key>{space}2 2"),
            format!("put <key> 2{space}2"),
            format!("put <key> 2 {space}2"),
            format!("put <key> {space}2 2"),
            format!("get{space}<key>"),
            format!("get *{space}"),
        ]);
    }
}

fn fields_of_get(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "get",
        "get ",
        "get*",
        "get<key>",
        "get <key> <key>",
        "get <key> 1",
        "get <key> *",
        "get * x",
        "get * *",
        "get * <key>",
        "get a b",
        "get <key> get <key>",
    ]);
}

fn fields_of_put(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "put",
        "put ",
        "put <key>",
        "put <key> ",
        "put <key> 2",
        "put <key> 2 ",
        "put <key>2 2",
        "put<key> 2 2",
        "put <key> 1 2 3",
        "put <key> 1 2 x",
        "put 2 2",
        "put <key> 2 2 put <key> 3 3",
    ]);
}

fn put_star(trial: &mut Trial<'_>) {
    trial.all_wrong(&["put * 1 1", "put * 23.7 1150864247", "put * 1 1\r"]);
}

fn stays_open(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    for number in 0..100 {
        client.expect(format!("hello {number}"), WRONG);
    }
    client.expect(put(&key, 1), OK);
    client.expect(format!("get {key}"), series(&key, [1]));
}

fn changes_nothing(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, mut other) = (trial.connect(), trial.connect());
    client.put_all(&key, [1, 2]);
    for line in ["put <key> 5 1x", "put <key> x 1", "put <key> 5 2 5", "hello"] {
        other.expect_wrong(line.replace("<key>", &key));
        trial.expect_own(&mut client, [row(&key, 1), row(&key, 2)]);
    }
}
