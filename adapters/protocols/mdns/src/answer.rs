//! Answers to questions.

use crate::host::{ANSWER, ANY, Host, INTERNET, NOT_PLAIN, PORT, RESPONSE, TOP, TTL, announce};
use crate::reader::{Head, Question, Reader};
use crate::writer::{ADDRESS, Writer};

/// An answer that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The length of the message.
    pub length: usize,
    /// To whom it is sent, from port [`PORT`].
    pub to: To,
    /// Whether another host is about to take the name. It asks three times, 250 ms apart, so it is
    /// answered even if the last answer was sent to the group within a second.
    pub defends: bool,
}

/// To whom a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To port [`PORT`] of the [`GROUP`](crate::GROUP).
    Group,
    /// To the address and the port that the question came from.
    Asker,
}

/// Answers a received message if it asks for the host. `port` is the port that it came from. Returns
/// `None` if there is nothing to answer, or if `output` is shorter than
/// [`MAX_MESSAGE`](crate::MAX_MESSAGE) and too short.
///
/// - A question from another port than [`PORT`] comes from a program that knows plain DNS only. It
///   gets a plain answer: with its identifier and its question, to be kept for 10 s.
/// - A question that asks for it is answered to the asker alone, others to the group.
/// - A question for another type of record than an address is answered by the record that says that
///   there is none, so that nobody waits for one.
/// - An address that the asker knows, for at least half of its time, is not answered.
#[must_use]
pub fn answer(message: &[u8], port: u16, host: &Host, output: &mut [u8]) -> Option<Answer> {
    let mut reader = Reader::new(message);
    let head = reader.head()?;
    if head.flags & (RESPONSE | NOT_PLAIN) != 0 {
        return None;
    }
    let asked = Asked::read(&mut reader, head, host)?;
    if port != PORT {
        let length = answer_plainly(head.id, asked.address?, host, output)?;
        return Some(Answer { length, to: To::Asker, defends: false });
    }
    if !asked.other && knows(&mut reader, head, host)? {
        return None;
    }
    let to = if asked.by_group { To::Group } else { To::Asker };
    Some(Answer { length: announce(host, output)?, to, defends: head.authorities > 0 })
}

/// What is asked for the host.
#[derive(Default)]
struct Asked {
    /// The last question that an address answers.
    address: Option<Question>,
    /// Whether there is a question that no record answers.
    other: bool,
    /// Whether an answer to the asker alone is not enough.
    by_group: bool,
}

impl Asked {
    /// Reads all questions. Returns `None` if there is none for the host.
    fn read(reader: &mut Reader<'_>, head: Head, host: &Host) -> Option<Self> {
        let mut asked = Self::default();
        for _ in 0..head.questions {
            let Some(question) = reader.question(&host.name)? else { continue };
            match (question.class & !TOP, question.kind) {
                (INTERNET | ANY, ADDRESS | ANY) => asked.address = Some(question),
                (INTERNET | ANY, _) => asked.other = true,
                _ => continue,
            }
            asked.by_group |= question.class & TOP == 0;
        }
        (asked.other || asked.address.is_some()).then_some(asked)
    }
}

/// Whether the answers that the asker knows have the host's address.
fn knows(reader: &mut Reader<'_>, head: Head, host: &Host) -> Option<bool> {
    for _ in 0..head.answers {
        let Some(record) = reader.record(&host.name)? else { continue };
        let is_address = record.kind == ADDRESS && record.class & !TOP == INTERNET;
        let is_known = record.data == host.address.octets() && record.ttl >= u32::from(TTL / 2);
        if is_address && is_known {
            return Some(true);
        }
    }
    Some(false)
}

fn answer_plainly(id: u16, question: Question, host: &Host, output: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::new(output, [id, ANSWER, 1, 1, 0])?;
    writer.name(&host.name)?;
    writer.question(question.kind, question.class)?;
    writer.same_name()?;
    writer.address(INTERNET, PLAIN_TTL, host.address)?;
    Some(writer.finish())
}

/// Seconds for which programs that know plain DNS only may keep an address.
const PLAIN_TTL: u8 = 10;
