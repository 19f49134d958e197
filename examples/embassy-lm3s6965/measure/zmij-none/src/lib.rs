//! Writes no number.

#![no_std]

pub struct Buffer;

impl Buffer {
    pub fn new() -> Self {
        Self
    }

    pub fn format_finite(&mut self, value: f64) -> &str {
        core::hint::black_box(value);
        "0.0"
    }
}
