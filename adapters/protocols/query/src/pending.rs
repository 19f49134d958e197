//! The item of a reply that an output has cut.

use crate::style::Style;
use crate::writer::Writer;

/// An item of a reply. What it writes depends on nothing that can change before it is complete.
pub(crate) trait Item: Copy {
    fn write(&self, out: &mut Writer<'_>, key: &[u8], style: Style);
}

/// The item that was cut, and how many of its bytes were sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending<I>(Option<(I, usize)>);

impl<I: Item> Pending<I> {
    pub(crate) const NONE: Self = Self(None);

    /// Writes an item, and keeps it if it is cut.
    pub(crate) fn write(&mut self, out: &mut Writer<'_>, item: I, (key, style): (&[u8], Style)) {
        self.go_on(out, (item, 0), (key, style));
    }

    /// Writes the rest of the item that was cut.
    pub(crate) fn flush(&mut self, out: &mut Writer<'_>, context: (&[u8], Style)) {
        if let Some(item) = self.0 {
            self.go_on(out, item, context);
        }
    }

    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    fn go_on(&mut self, out: &mut Writer<'_>, (item, sent): (I, usize), of: (&[u8], Style)) {
        out.begin(sent);
        item.write(out, of.0, of.1);
        self.0 = out.cut().map(|sent| (item, sent));
    }
}
