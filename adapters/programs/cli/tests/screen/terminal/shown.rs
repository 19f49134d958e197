//! What the screen of a terminal shows.

use super::Terminal;

impl Terminal {
    /// Returns the text of the screen, without trailing blanks and with `SERVER` as the address.
    pub(crate) fn text(&self) -> String {
        let screen = self.parser.screen();
        let rows = screen.rows(0, screen.size().1.get());
        let rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").replace(&self.server, "SERVER")
    }

    /// Returns whether anything on the screen has a colour.
    pub(crate) fn is_coloured(&self) -> bool {
        let screen = self.parser.screen();
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        let mut cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        cells.any(|(row, column)| {
            screen.cell(row, column).is_some_and(|cell| cell.fgcolor() != vt100::Color::Default)
        })
    }

    /// Returns whether the first place of `text` on the screen is bold.
    pub(crate) fn is_bold(&self, text: &str) -> bool {
        self.first_cell(text).bold()
    }

    /// Returns whether the first place of `text` on the screen is dim.
    pub(crate) fn is_dim(&self, text: &str) -> bool {
        self.first_cell(text).dim()
    }

    fn first_cell(&self, text: &str) -> &vt100::Cell {
        let screen = self.parser.screen();
        let rows = screen.rows(0, screen.size().1.get());
        let place = (0..).zip(rows).find_map(|(row, line)| {
            let column = line.find(text)?;
            Some((row, line[..column].chars().count() as u16))
        });
        let (row, column) = place.unwrap_or_else(|| panic!("no {text}:\n{}", self.text()));
        screen.cell(row, column).unwrap()
    }

    /// Returns whether the program uses the alternate screen.
    pub(crate) fn is_alternate(&self) -> bool {
        self.parser.screen().alternate_screen()
    }
}
