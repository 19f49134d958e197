//! What keys do.

use std::ops::ControlFlow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::view::{Mode, View};

/// Reacts to a key. Returns [`ControlFlow::Break`] if it quits.
pub(super) fn press(view: &mut View, key: KeyEvent) -> ControlFlow<()> {
    match view.mode {
        Mode::Rows => return press_in_rows(view, key.code),
        Mode::Filter => press_in_filter(view, key),
        Mode::Help => view.mode = Mode::Rows,
    }
    ControlFlow::Continue(())
}

fn press_in_rows(view: &mut View, key: KeyCode) -> ControlFlow<()> {
    let View { model, list, .. } = view;
    let page = list.height() as isize;
    match key {
        KeyCode::Up => list.move_mark(-1, model),
        KeyCode::Down => list.move_mark(1, model),
        KeyCode::PageUp => list.move_mark(-page, model),
        KeyCode::PageDown => list.move_mark(page, model),
        KeyCode::Home => list.mark(0, model),
        KeyCode::End => list.mark(usize::MAX, model),
        KeyCode::Enter => view.has_pane = Some(!view.shows_pane),
        KeyCode::Char('/') => view.mode = Mode::Filter,
        KeyCode::Char('s') | KeyCode::Right => list.sort_by_next(1, model),
        KeyCode::Left => list.sort_by_previous(model),
        KeyCode::Char('r') => list.reverse(model),
        KeyCode::Char('p') => view.is_paused = !view.is_paused,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => view.mode = Mode::Help,
        // Closes what a key has opened.
        KeyCode::Esc if view.has_pane == Some(true) => view.has_pane = Some(false),
        KeyCode::Esc => view.filter_by(String::new()),
        KeyCode::Char('q') => return ControlFlow::Break(()),
        _ => {}
    }
    ControlFlow::Continue(())
}

fn press_in_filter(view: &mut View, key: KeyEvent) {
    let mut filter = view.list.filter().to_owned();
    match key.code {
        KeyCode::Enter => view.mode = Mode::Rows,
        KeyCode::Esc => {
            view.mode = Mode::Rows;
            view.filter_by(String::new());
        }
        KeyCode::Backspace => {
            filter.pop();
            view.filter_by(filter);
        }
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            view.filter_by(String::new());
        }
        KeyCode::Char(typed) if !key.modifiers.contains(KeyModifiers::CONTROL) => {
            filter.push(typed);
            view.filter_by(filter);
        }
        KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
            let _ = press_in_rows(view, key.code);
        }
        _ => {}
    }
}
