//! The responder of multicast DNS.

use metric_mdns::{Answer, Host, MAX_MESSAGE, Name, PORT, To, answer, is_conflict};

/// A responder answers any bytes exactly if a plain reader of messages finds a question for its host, by
/// the message that a plain writer makes, and to whom that says. It hears a conflict exactly if the plain
/// reader finds another address of its name.
///
/// If the first byte is odd, the message comes from the port of multicast DNS. The rest is the message that
/// [`metric_mdns`] gets.
///
/// # Panics
///
/// If the law is broken.
pub fn mdns(data: &[u8]) {
    let Some((first, message)) = data.split_first() else { return };
    let port = if first % 2 == 1 { PORT } else { 1024 };
    let host = Host { name: Name::new("metric").expect("a name"), address: ADDRESS.into() };
    let mut output = [0xaa; MAX_MESSAGE];
    let answered = answer(message, port, &host, &mut output);
    let told =
        answered.map(|Answer { length, to, defends }| (output[..length].to_vec(), to, defends));
    let plain = Plain::read(message);
    assert_eq!(told, plain.as_ref().and_then(|plain| plain.answer(port)));
    assert_eq!(is_conflict(message, &host), plain.is_some_and(|plain| plain.conflicts()));
}

const ADDRESS: [u8; 4] = [10, 0, 0, 1];

/// A message, as far as it can be read.
struct Plain {
    head: [u16; 6],
    /// Name, type and class of each question.
    questions: Vec<(Vec<Vec<u8>>, u16, u16)>,
    records: Vec<Record>,
}

struct Record {
    name: Vec<Vec<u8>>,
    kind: u16,
    class: u16,
    ttl: u32,
    data: Vec<u8>,
}

impl Plain {
    /// Returns `None` if there is no head.
    fn read(message: &[u8]) -> Option<Self> {
        let head: Vec<u16> = (0..6).map_while(|index| number(message, 2 * index)).collect();
        let head: [u16; 6] = head.try_into().ok()?;
        let mut plain = Self { head, questions: Vec::new(), records: Vec::new() };
        plain.read_rest(message);
        Some(plain)
    }

    /// Reads until something is malformed.
    fn read_rest(&mut self, message: &[u8]) -> Option<()> {
        let mut at = 12;
        for _ in 0..self.head[2] {
            let (name, end) = name(message, at, at)?;
            let question = (name, number(message, end)?, number(message, end + 2)?);
            self.questions.push(question);
            at = end + 4;
        }
        for _ in 0..self.head[3..].iter().map(|count| u32::from(*count)).sum() {
            let (name, end) = name(message, at, at)?;
            let [kind, class, high, low, length] =
                [0, 2, 4, 6, 8].map(|offset| number(message, end + offset));
            let data = message.get(end + 10..end + 10 + usize::from(length?))?;
            let (ttl, data) = (u32::from(high?) << 16 | u32::from(low?), data.to_vec());
            at = end + 10 + data.len();
            self.records.push(Record { name, kind: kind?, class: class?, ttl, data });
        }
        Some(())
    }

    fn answer(&self, port: u16) -> Option<(Vec<u8>, To, bool)> {
        let [id, flags, count, answers, authorities, _] = self.head;
        if flags & 0xf80f != 0 || self.questions.len() < count.into() {
            return None;
        }
        let ours = |(name, _, class): &&(Vec<Vec<u8>>, u16, u16)| {
            is_host(name) && matches!(class & 0x7fff, 1 | 255)
        };
        let asked: Vec<_> = self.questions.iter().filter(ours).collect();
        let address = asked.iter().rfind(|(_, kind, _)| matches!(kind, 1 | 255));
        let has_other = asked.iter().any(|(_, kind, _)| !matches!(kind, 1 | 255));
        let name = b"\x06metric\x05local\0";
        if port != PORT {
            let (_, kind, class) = address?;
            let head = [id, 0x8400, 1, 1, 0, 0].map(u16::to_be_bytes).concat();
            let question = [&name[..], &kind.to_be_bytes(), &class.to_be_bytes()].concat();
            let record = [&b"\xc0\x0c\0\x01\0\x01\0\0\0\x0a\0\x04"[..], &ADDRESS].concat();
            return Some(([head, question, record].concat(), To::Asker, false));
        }
        if asked.is_empty() || !has_other && self.is_known(answers)? {
            return None;
        }
        let head = [0, 0x8400, 0, 2, 0, 0].map(u16::to_be_bytes).concat();
        let record = [&name[..], b"\0\x01\x80\x01\0\0\0\x78\0\x04", &ADDRESS].concat();
        let nothing = b"\xc0\x0c\0\x2f\x80\x01\0\0\0\x78\0\x05\xc0\x0c\0\x01\x40".to_vec();
        let for_one = asked.iter().all(|(_, _, class)| class & 0x8000 != 0);
        let to = if for_one { To::Asker } else { To::Group };
        Some(([head, record, nothing].concat(), to, authorities > 0))
    }

    /// Whether our address is among the answers, or `None` if they are malformed before it.
    fn is_known(&self, answers: u16) -> Option<bool> {
        let known = self.records.iter().take(answers.into());
        let is_ours = |record: &Record| record.data == ADDRESS && record.ttl >= 60;
        if known.filter(|record| record.is_address()).any(is_ours) {
            return Some(true);
        }
        (self.records.len() >= answers.into()).then_some(false)
    }

    fn conflicts(&self) -> bool {
        let [_, flags, count, ..] = self.head;
        let is_response = flags & 0xf80f == 0x8000 && self.questions.len() == usize::from(count);
        let mut addresses = self.records.iter().filter(|record| record.is_address());
        is_response && addresses.any(|record| record.data != ADDRESS)
    }
}

impl Record {
    fn is_address(&self) -> bool {
        is_host(&self.name) && self.kind == 1 && self.class & 0x7fff == 1
    }
}

fn is_host(name: &[Vec<u8>]) -> bool {
    name.iter().map(|label| label.to_ascii_lowercase()).eq([b"metric".to_vec(), b"local".to_vec()])
}

fn number(message: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]))
}

/// Returns the labels of a name and where it ends. A pointer leads to before `limit`.
fn name(message: &[u8], mut at: usize, limit: usize) -> Option<(Vec<Vec<u8>>, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = *message.get(at)?;
        at += 1;
        match length {
            0 => return Some((labels, at)),
            1..=63 => {
                labels.push(message.get(at..at + usize::from(length))?.to_vec());
                at += usize::from(length);
            }
            64..=191 => return None,
            192.. => {
                let to = usize::from(number(message, at - 1)? & 0x3fff);
                let (rest, _) = (to < limit).then(|| name(message, to, to))??;
                labels.extend(rest);
                return Some((labels, at + 1));
            }
        }
    }
}
