//! A server that replies as a test says, and counts what it was asked: what is sent again, and what is not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use metric_redis::Settings;

use crate::clients::{Client, FrontEnd, Told};

/// What a server does for a command.
#[derive(Clone, Debug)]
enum Act {
    Reply(String),
    /// It ends the connection.
    End,
    /// It says nothing more.
    Silence,
}

type Script = Arc<dyn Fn(&[String], usize) -> Act + Send + Sync>;

/// A server.
#[derive(Clone)]
struct Scripted {
    port: u16,
    asked: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Scripted {
    /// Starts a server. `script` is told a command, and how many of its name came before.
    fn start(script: impl Fn(&[String], usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, asked: Arc::default() };
        let (serving, script) = (server.clone(), Arc::new(script) as Script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serving, script) = (serving.clone(), Arc::clone(&script));
                thread::spawn(move || serving.serve(stream, &script));
            }
        });
        server
    }

    fn serve(&self, stream: TcpStream, script: &Script) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let command = read(&mut reader)?;
            let act = match command[0].as_str() {
                "CLIENT" => Act::Reply("+OK\r\n".to_owned()),
                "CLUSTER" | "ZCARD" | "ZRANGEBYLEX" => script(&command, 0),
                _ => {
                    let mut asked = self.asked.lock().unwrap();
                    let before = asked.iter().filter(|other| other[0] == command[0]).count();
                    asked.push(command.clone());
                    drop(asked);
                    script(&command, before)
                }
            };
            match act {
                Act::Reply(text) => reader.get_mut().write_all(text.as_bytes()).ok()?,
                Act::End => return None,
                Act::Silence => thread::sleep(Duration::from_secs(600)),
            }
        }
    }

    fn count(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|command| command[0] == name).count()
    }
}

/// Reads a command.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
    let count: usize = line.trim_end().strip_prefix('*')?.parse().ok()?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length: usize = line.trim_end().strip_prefix('$')?.parse().ok()?;
        let mut word = vec![0; length + 2];
        reader.read_exact(&mut word).ok()?;
        words.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    Some(words)
}

fn reply(text: &str) -> Act {
    Act::Reply(format!("{text}\r\n"))
}

/// What a server alone says to all but puts.
fn usual(command: &[String]) -> Act {
    match command[0].as_str() {
        "CLUSTER" => reply("-ERR This instance has cluster support disabled"),
        "ZRANGEBYLEX" => reply("*0"),
        "HSET" => reply(":2"),
        "ASKING" => reply("+OK"),
        _ => reply(":1"),
    }
}

fn engine(server: &Scripted) -> Settings {
    let mut settings = Settings::parse(&format!("redis://127.0.0.1:{}", server.port)).unwrap();
    (settings.patience, settings.silence) =
        (Duration::from_millis(600), Duration::from_millis(300));
    settings
}

/// Puts a sample over a server that replies to HSETs by these acts, and then as usual. Returns what the client
/// was told, and how many HSETs the server got.
fn put(acts: Vec<Act>) -> (Told, usize) {
    let server = Scripted::start(move |command, before| match command[0].as_str() {
        "HSET" => acts.get(before).cloned().unwrap_or_else(|| usual(command)),
        _ => usual(command),
    });
    let end = FrontEnd::start(engine(&server));
    let told = Client::new(&end).ask_one("put a 1 1\n");
    // Nothing comes later, either.
    thread::sleep(Duration::from_millis(400));
    (told, server.count("HSET"))
}

#[test]
fn what_the_engine_has_not_done_is_sent_again_and_nothing_else() {
    let stored = || Told::Ok(vec![]);
    for (acts, due) in [
        (vec![], (stored(), 1)),
        // The engine said that it did not.
        (vec![reply("-TRYAGAIN later")], (stored(), 2)),
        (vec![reply("-CLUSTERDOWN it is"), reply("-LOADING it is")], (stored(), 3)),
        (vec![reply("-MASTERDOWN it is"), reply("-READONLY it is")], (stored(), 3)),
        // It ended the connection, so it will not do it any more.
        (vec![Act::End], (stored(), 2)),
        (vec![Act::End, Act::End], (stored(), 3)),
        // It may still do it.
        (vec![Act::Silence], (Told::Nothing, 1)),
        (vec![Act::End, Act::Silence], (Told::Nothing, 2)),
        // It will not do it.
        (vec![reply("-OOM command not allowed")], (Told::Error, 1)),
        (vec![reply("-NOREPLICAS too few")], (Told::Error, 1)),
        (vec![reply("-MISCONF it cannot write")], (Told::Error, 1)),
        // It may have done it the first time.
        (vec![Act::End, reply("-OOM command not allowed")], (Told::Nothing, 2)),
    ] {
        assert_eq!(put(acts.clone()), due, "{acts:?}");
    }
}

#[test]
fn what_is_never_done_is_refused_once_the_patience_is_over() {
    let (told, tried) = put(vec![reply("-TRYAGAIN later"); 1_000]);
    assert!(told == Told::Error && (3..100).contains(&tried), "{told:?} {tried}");
    let (told, _) = put(vec![Act::End; 1_000]);
    assert_eq!(told, Told::Nothing);
}

#[test]
fn redirections_are_followed_and_those_in_a_circle_end() {
    let other = Scripted::start(|command, _| usual(command));
    let port = other.port;
    for (redirection, asked) in [("MOVED", 0), ("ASK", 3)] {
        let before = other.count("HSET");
        let first = Scripted::start(move |command, _| match command[0].as_str() {
            "CLUSTER" => usual(command),
            _ => reply(&format!("-{redirection} 1 127.0.0.1:{port}")),
        });
        let end = FrontEnd::start(engine(&first));
        let mut client = Client::new(&end);
        assert_eq!(client.ask_one("put a 1 1\n"), Told::Ok(vec![]));
        assert_eq!((first.count("HSET"), other.count("HSET") - before), (1, 1));
        assert_eq!(other.count("ASKING"), asked, "{redirection}");
        // The next goes where it was sent, unless it was to be asked there only once.
        client.ask_one("put a 2 2\n");
        assert_eq!(first.count("HSET"), 1 + usize::from(asked > 0));
    }
    let place = Arc::new(Mutex::new(0));
    let own = Arc::clone(&place);
    let circle = Scripted::start(move |command, _| match command[0].as_str() {
        "CLUSTER" => usual(command),
        _ => reply(&format!("-MOVED 1 :{}", own.lock().unwrap())),
    });
    *place.lock().unwrap() = circle.port;
    let end = FrontEnd::start(engine(&circle));
    assert_eq!(Client::new(&end).ask_one("put a 1 1\n"), Told::Error);
    assert!(circle.count("HSET") < 100);
}

#[test]
fn a_put_that_too_few_replicas_have_is_not_answered() {
    for (has, due) in [(1, Told::Ok(vec![])), (0, Told::Nothing)] {
        let server = Scripted::start(move |command, _| match command[0].as_str() {
            "WAIT" => reply(&format!(":{has}")),
            _ => usual(command),
        });
        let mut settings = engine(&server);
        settings.wait = 1;
        let end = FrontEnd::start(settings);
        assert_eq!(Client::new(&end).ask_one("put a 1 1\n"), due);
    }
}

#[test]
fn some_of_a_batch_are_refused_and_the_others_are_answered_in_their_order() {
    let server = Scripted::start(|command, _| match command[0].as_str() {
        "HSET" if command[1].ends_with("hb") => reply("-OOM command not allowed"),
        _ => usual(command),
    });
    let end = FrontEnd::start(engine(&server));
    let puts = ["a", "b", "c", "b"].map(|key| format!("put {key} 1 1\n"));
    let ok = || Told::Ok(vec![]);
    assert_eq!(Client::new(&end).ask(&puts), [ok(), Told::Error, ok(), Told::Error]);
}

#[test]
fn a_listing_that_fails_in_its_middle_is_cut_and_at_its_beginning_refused() {
    let fails = |command: &[String]| match command[0].as_str() {
        "HGETALL" => reply("-ERR it fails"),
        _ => usual(command),
    };
    let server = Scripted::start(move |command, _| fails(command));
    let end = FrontEnd::start(engine(&server));
    assert_eq!(Client::new(&end).ask_one("get a\n"), Told::Error);
}
