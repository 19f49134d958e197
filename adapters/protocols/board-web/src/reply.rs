//! The reply to a request: its head, and a text or what a producer fills.

use metric_proto::Store;
use metric_query::{Budget, Last, Next, Produce, Range, Style, Window};

use crate::refusal::Refusal;
use crate::request::{Request, Resource};
use crate::selection::Selection;

/// A reply that is being sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply<const KEY: usize> {
    /// The head, and the text behind it.
    pieces: [&'static [u8]; 5],
    /// How many bytes of the pieces were sent.
    sent: usize,
    rows: Rows<KEY>,
}

/// What follows the text.
#[derive(Clone, Debug)]
enum Rows<const KEY: usize> {
    None,
    Last(Last<Selection<KEY>, KEY>),
    Range(Range<Selection<KEY>, KEY>),
}

impl<const KEY: usize> Reply<KEY> {
    pub(crate) fn new(request: Request<KEY>, now: i64) -> Self {
        let Request { resource, selection } = request;
        let last = |selection, style| Rows::Last(Last::new(selection, style, Budget::NONE).at(now));
        let (kind, text, rows) = match resource {
            Resource::Page => (HTML, PAGE, Rows::None),
            Resource::Last => (JSON, NOTHING, last(selection, Style::JSON)),
            Resource::Metrics => (EXPOSITION, NOTHING, last(selection, Style::PROMETHEUS)),
            Resource::Range => {
                let range = Range::new(selection, Window::ALL, Style::JSON, Budget::NONE);
                (JSON, NOTHING, Rows::Range(range))
            }
        };
        Self { pieces: [VERSION, b"200 OK", FIELDS, kind, text], sent: 0, rows }
    }

    pub(crate) fn refusal(refusal: Refusal) -> Self {
        let (status, text) = refusal.text();
        Self { pieces: [VERSION, status, FIELDS, PLAIN, text], sent: 0, rows: Rows::None }
    }

    /// Removes all but the head.
    pub(crate) fn remove_body(&mut self) {
        let [.., text] = &mut self.pieces;
        (*text, self.rows) = (NOTHING, Rows::None);
    }

    /// Fills the output behind its first `filled` bytes. Returns how many are filled then, and how it
    /// goes on.
    pub(crate) fn fill<S: Store>(
        &mut self,
        store: &mut S,
        output: &mut [u8],
        filled: usize,
    ) -> (usize, Next) {
        let filled = self.put_pieces(output, filled);
        let room = output.get_mut(filled..).unwrap_or_default();
        if room.is_empty() {
            return (filled, Next::More);
        }
        let rows = match &mut self.rows {
            Rows::None => return (filled, Next::Done),
            Rows::Last(last) => last.fill(store, room),
            Rows::Range(range) => range.fill(store, room),
        };
        (filled.saturating_add(rows.bytes), rows.next)
    }

    /// Copies as much of the pieces as there is room for.
    fn put_pieces(&mut self, output: &mut [u8], mut filled: usize) -> usize {
        let mut skip = self.sent;
        for piece in self.pieces {
            let rest = piece.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(piece.len());
            let room = output.get_mut(filled..).unwrap_or_default();
            let length = room.len().min(rest.len());
            if let (Some(place), Some(piece)) = (room.get_mut(..length), rest.get(..length)) {
                place.copy_from_slice(piece);
            }
            filled = filled.saturating_add(length);
            self.sent = self.sent.saturating_add(length);
        }
        filled
    }
}

const NOTHING: &[u8] = b"";
const VERSION: &[u8] = b"HTTP/1.0 ";

/// Every page is asked for anew, and is what it says that it is.
const FIELDS: &[u8] = b"\r\nConnection: close\r\nCache-Control: no-store\r\n\
    X-Content-Type-Options: nosniff\r\nContent-Type: ";
const JSON: &[u8] = b"application/json\r\n\r\n";
const PLAIN: &[u8] = b"text/plain; charset=utf-8\r\n\r\n";
const EXPOSITION: &[u8] = b"text/plain; version=0.0.4; charset=utf-8\r\n\r\n";

/// The page, and the end of its head, which has its policy: both are made by `.ci/page`.
const PAGE: &[u8] = include_bytes!("../page.html.gz");
const HTML: &[u8] = include_bytes!("../page.head");
