//! Writes pixels as a PNG file, by <https://www.w3.org/TR/png-3/>.
//!
//! ```text
//! signature   IHDR: size, form   IDAT: compressed rows   IEND
//! ```

use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::Size;
use super::theme::Colour;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Eight bits a channel, red, green and blue, and the usual methods: deflate, a filter for each row,
/// no interlacing.
const FORM: [u8; 5] = [8, 2, 0, 0, 0];

/// Before a row: it is not filtered. Areas of one colour are smallest so.
const NO_FILTER: [u8; 1] = [0];

/// Returns a file of all pixels, row by row.
pub(super) fn png((width, height): Size, pixels: &[Colour]) -> io::Result<Vec<u8>> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in pixels.chunks(width as usize) {
        rows.write_all(&NO_FILTER)?;
        rows.write_all(row.as_flattened())?;
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &FORM].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &rows.finish()?), chunk(b"IEND", &[])];
    Ok([SIGNATURE, &chunks.concat()].concat())
}

/// Returns a chunk: its length, its name, the data, and the checksum of these two.
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = Crc::new();
    checksum.update(name);
    checksum.update(data);
    [&(data.len() as u32).to_be_bytes()[..], name, data, &checksum.sum().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_decoder_reads_the_pixels_that_were_written() {
        for (width, height) in [(1, 1), (3, 5), (700, 400)] {
            let mut random = 1_u32;
            let mut byte = || {
                random = random.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
                (random >> 24) as u8
            };
            let pixels: Vec<_> = (0..width * height).map(|_| [byte(), byte(), byte()]).collect();
            let file = png((width, height), &pixels).unwrap();
            let mut reader = ::png::Decoder::new(Cursor::new(file)).read_info().unwrap();
            let mut read = vec![[0; 3]; pixels.len()];
            let info = reader.next_frame(read.as_flattened_mut()).unwrap();
            assert_eq!((info.width, info.height), (width, height));
            assert_eq!(
                (info.color_type, info.bit_depth),
                (::png::ColorType::Rgb, ::png::BitDepth::Eight)
            );
            assert!(read == pixels);
            reader.finish().unwrap();
        }
    }
}
