//! Plots as SVG and PNG.

use std::fs::{self, File};
use std::io::BufReader;

use super::{file, office, text};
use crate::NOON;
use crate::served::Served;

#[test]
fn an_svg_has_lines_and_labels() {
    let (served, path) = (office(), file("office.svg"));
    let plot = ["plot", "*", "--out", path.to_str().unwrap(), "--size", "800x500"];
    assert!(text(served.metric(&plot)).is_empty());
    let svg = fs::read_to_string(path).unwrap();
    assert!(svg.starts_with("<svg width=\"800\" height=\"500\""), "{svg}");
    let words: Vec<_> = svg.lines().filter(|line| !line.starts_with('<')).collect();
    let expected = [
        "palm.cpu",
        "palm.mem",
        "ключ.温度&lt;&amp;&gt;",
        "2006-06-20 12:00:00 to 12:59:00, UTC",
        "20",
        "30",
        "40",
        "50",
        "60",
        "70",
        "80",
        "12:00",
        "12:10",
        "12:20",
        "12:30",
        "12:40",
        "12:50",
    ];
    assert_eq!(words, expected);
    let lines = svg.lines().filter(|line| line.contains("stroke-width=\"2\""));
    // The first series before and after its gap, and the second series.
    let points: Vec<_> = lines.map(|line| line.matches(',').count()).collect();
    assert_eq!(points, [25, 25, 60]);
    assert_eq!(svg.matches("<circle").count(), 1);
}

#[test]
fn a_legend_leaves_room_for_the_plot() {
    let (served, path) = (Served::start(), file("legend.svg"));
    let long = "office.".repeat(8);
    for number in 10..24 {
        served.put(&format!("{long}{number}"), [(NOON, 20.0), (NOON + 60, 60.0)]);
    }
    let plot = ["plot", "*", "--out", path.to_str().unwrap(), "--size", "400x400"];
    assert!(text(served.metric(&plot)).is_empty());
    let svg = fs::read_to_string(path).unwrap();
    let words: Vec<_> = svg.lines().filter(|line| !line.starts_with('<')).collect();
    let names = (10..14).map(|number| format!("office.office.office.…ice.office.office.{number}"));
    assert_eq!(words[..4], names.collect::<Vec<_>>());
    assert_eq!(words[4], "and 10 more");
    // Each series is drawn, and spans more than a third of the height.
    let lines = svg.lines().filter(|line| line.contains("stroke-width=\"2\""));
    let points = lines.map(|line| line.split('"').find(|part| part.contains(',')).unwrap());
    let heights = points.map(|points| {
        let ys = points.split_whitespace().map(|point| point.split_once(',').unwrap().1);
        let ys: Vec<i32> = ys.map(|y| y.parse().unwrap()).collect();
        ys[0] - ys[1]
    });
    let heights: Vec<_> = heights.collect();
    assert!(heights.len() == 14 && heights.iter().all(|&height| height > 400 / 3), "{heights:?}");
}

#[test]
fn a_picture_replaces_the_old_file_when_complete() {
    let (served, [path, before]) = (office(), ["old.svg", "before.svg"].map(file));
    let _ = fs::remove_file(&before);
    fs::write(&path, "before").unwrap();
    fs::hard_link(&path, &before).unwrap();
    served.metric(&["plot", "palm.cpu", "--out", path.to_str().unwrap()]);
    assert!(fs::read_to_string(path).unwrap().starts_with("<svg"));
    // The old file itself was not written to.
    assert_eq!(fs::read_to_string(before).unwrap(), "before");
}

#[test]
fn a_png_has_its_size_and_its_colours() {
    let png = png(&office(), "palm.*", "office.png");
    // Each line is longer than its piece in the legend, and there is text.
    let count = |colour: [u8; 3]| png.chunks(3).filter(|pixel| *pixel == colour).count();
    assert!(count(FIRST) > 500 && count([255, 127, 14]) > 500);
    assert!(count([255, 255, 255]) > WIDTH * HEIGHT * 3 / 4);
    assert!(png.chunks(3).any(|pixel| pixel.iter().all(|&part| part < 60)));
}

#[test]
fn a_png_has_no_line_away_from_its_samples() {
    let served = Served::start();
    served.put("zigzag", (0..999).map(|n| (NOON + n, if n % 2 == 0 { 40.0 } else { 60.0 })));
    let png = png(&served, "zigzag", "zigzag.png");
    let rows =
        png.chunks(3 * WIDTH).map(|row| row.chunks(3).filter(|pixel| *pixel == FIRST).count());
    let rows: Vec<_> = rows.collect();
    // From the top: the piece in the legend, nothing, the whole height of the axes, nothing.
    assert!(
        rows[..40].iter().all(|&count| count < 30) && rows[..40].iter().any(|&count| count > 0)
    );
    assert_eq!(rows[40..50], [0; 10]);
    assert!(rows[60..HEIGHT - 70].iter().all(|&count| count > 100), "{rows:?}");
    assert_eq!(rows[HEIGHT - 55..], [0; 55]);
}

const FIRST: [u8; 3] = [31, 119, 180];
const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// Plots to a PNG file. Returns its pixels.
fn png(served: &Served, keys: &str, name: &str) -> Vec<u8> {
    let path = file(name);
    let plot = ["plot", keys, "--out", path.to_str().unwrap(), "--size", "640x480"];
    assert!(text(served.metric(&plot)).is_empty());
    let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (640, 480, png::ColorType::Rgb));
    pixels
}

#[test]
fn the_program_prints_the_licence_of_its_font() {
    let mut served = Served::start();
    served.stop();
    let license = text(served.metric(&["plot", "--font-license"]));
    assert!(license.starts_with("Fonts are (c) Bitstream"), "{license}");
    assert!(license.contains("DejaVu changes are in public domain"), "{license}");
}
