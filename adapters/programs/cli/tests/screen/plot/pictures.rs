//! Plots as SVG and PNG.

use std::fs::{self, File};
use std::io::BufReader;

use super::{file, office, text};
use crate::NOON;
use crate::served::Served;

/// Returns the SVG of some keys.
fn svg(served: &Served, keys: &[&str], size: &str, name: &str) -> String {
    let path = file(name);
    let plot = [&["plot"], keys, &["--out", path.to_str().unwrap(), "--size", size]].concat();
    assert!(text(served.metric(&plot)).is_empty());
    fs::read_to_string(path).unwrap()
}

/// Returns the content of the elements with some name.
fn elements<'s>(svg: &'s str, name: &str) -> Vec<&'s str> {
    let (start, end) = (format!("<{name}"), format!("</{name}>"));
    let lines = svg.lines().filter(|line| line.starts_with(&start));
    lines.map(|line| line.split_once('>').unwrap().1.strip_suffix(&end).unwrap()).collect()
}

/// Returns the points of each line.
fn lines(svg: &str) -> Vec<Vec<(f32, f32)>> {
    let points = svg
        .lines()
        .filter_map(|line| line.strip_prefix("<polyline points=\"")?.strip_suffix("\"/>"));
    let point = |text: &str| {
        let (x, y) = text.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    points.map(|points| points.split(' ').map(point).collect()).collect()
}

#[test]
fn an_svg_has_lines_and_labels() {
    let svg = svg(&office(), &["*"], "800x500", "office.svg");
    let ticks = ["20", "30", "40", "50", "60", "70", "80"];
    let times = ["12:00", "12:10", "12:20", "12:30", "12:40", "12:50"];
    let span = "2006-06-20 12:00:00 to 12:59:00, UTC";
    let names = ["palm.cpu", "palm.mem", "ключ.温度&lt;&amp;&gt;"];
    assert_eq!(elements(&svg, "text"), [&names[..], &ticks, &times, &[span]].concat());
    let title = format!("{}: {span}", names.join(", "));
    assert_eq!(elements(&svg, "title"), [&[&*title], &names[..]].concat());
    // The first series before and after its gap, and the second series.
    assert_eq!(lines(&svg).iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 60]);
    assert_eq!(svg.matches("<circle").count(), 1);
    assert!(svg.contains("stroke-width=\"1.5\"") && !svg.contains("#181a1f"));
}

#[test]
fn numbers_of_an_svg_have_at_most_one_decimal() {
    let svg = svg(&office(), &["*"], "799x501", "short.svg");
    let numbers = svg.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let decimals = numbers.filter_map(|number| number.split_once('.')).map(|(_, rest)| rest.len());
    assert!(decimals.clone().count() > 100 && decimals.max() == Some(1), "{svg}");
}

#[test]
fn a_dark_picture_has_a_heading() {
    let options = ["palm.cpu", "--dark", "--title", "CPU & <more>", "--label", "%"];
    let svg = svg(&office(), &options, "800x500", "dark.svg");
    assert_eq!(elements(&svg, "text")[..2], ["CPU &amp; &lt;more&gt;, %", "palm.cpu"]);
    assert!(elements(&svg, "title")[0].starts_with("CPU &amp; &lt;more&gt;, %: 2006"));
    assert!(svg.contains("<rect width=\"800\" height=\"500\" fill=\"#181a1f\"/>"), "{svg}");
}

#[test]
fn a_legend_leaves_room_for_the_plot() {
    let served = Served::start();
    let long = "office.".repeat(8);
    for number in 10..24 {
        served.put(&format!("{long}{number}"), [(NOON, 20.0), (NOON + 60, 60.0)]);
    }
    let svg = svg(&served, &["*"], "400x400", "legend.svg");
    let words = elements(&svg, "text");
    let rest = words.iter().position(|word| *word == "and 10 more").unwrap();
    assert_eq!(rest, 4, "{words:?}");
    for (number, name) in (10..14).zip(&words) {
        assert!(name.starts_with("office.office.") && name.ends_with(&format!(".{number}")));
        assert!(name.contains('…'), "{name}");
    }
    // Each series is drawn, and spans more than a third of the height.
    let lines = lines(&svg);
    assert!(lines.len() == 14, "{lines:?}");
    assert!(lines.iter().all(|line| line[0].1 - line[1].1 > 400.0 / 3.0), "{lines:?}");
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
    let png = png(&office(), &["palm.*"], "office.png");
    // Each line is longer than its piece in the legend, and there is text.
    let count = |colour: [u8; 3]| png.iter().filter(|pixel| **pixel == colour).count();
    assert!(count(FIRST) > 300 && count([255, 127, 14]) > 300);
    assert!(count([255, 255, 255]) > WIDTH * HEIGHT * 3 / 4);
    assert!(png.iter().any(|pixel| pixel.iter().all(|&part| part < 60)));
}

#[test]
fn a_line_of_a_png_is_smooth() {
    let served = Served::start();
    served.put("slope", [(NOON, 0.0), (NOON + 600, 100.0)]);
    let png = png(&served, &["slope"], "slope.png");
    // Away from the legend and the axes, each column has a line of a pixel and a half, whose edges
    // are mixed with the background.
    let ink = |pixel: &[u8; 3]| f32::from(255 - pixel[0]) / f32::from(255 - FIRST[0]);
    for x in (WIDTH / 3..WIDTH * 2 / 3).filter(|x| x % 7 == 0) {
        let column = (60..HEIGHT - 80).map(|y| png[y * WIDTH + x]);
        let blue: Vec<_> =
            column.filter(|[red, green, _]| red.saturating_add(6) < *green).collect();
        let sum: f32 = blue.iter().map(ink).sum();
        // The line rises by less than a pixel for each column.
        assert!((1.4..2.3).contains(&sum), "{x}: {blue:?}");
        assert!(blue.iter().any(|pixel| *pixel != FIRST), "{x}: {blue:?}");
    }
}

#[test]
fn a_png_has_no_line_away_from_its_samples() {
    let served = Served::start();
    served.put("zigzag", (0..999).map(|n| (NOON + n, if n % 2 == 0 { 40.0 } else { 60.0 })));
    let png = png(&served, &["zigzag"], "zigzag.png");
    let count = |row: &[[u8; 3]]| row.iter().filter(|pixel| **pixel == FIRST).count();
    let rows: Vec<_> = png.chunks(WIDTH).map(count).collect();
    // From the top: the piece in the legend, nothing, the whole height of the axes, nothing.
    assert!(rows[..35].iter().all(|&count| count < 30) && rows.contains(&22), "{rows:?}");
    assert_eq!(rows[35..44], [0; 9]);
    assert!(rows[50..HEIGHT - 65].iter().all(|&count| count > 100), "{rows:?}");
    assert_eq!(rows[HEIGHT - 55..], [0; 55]);
}

#[test]
fn keys_that_the_font_cannot_show_are_told_apart_in_a_png() {
    let legend = |key: &str, name: &str| {
        let served = Served::start();
        served.put(key, [(NOON, 1.0), (NOON + 60, 2.0)]);
        png(&served, &["*"], name)[..WIDTH * 35].to_vec()
    };
    let temperature = legend("温度", "temperature.png");
    assert_ne!(temperature, legend("湿度", "humidity.png"));
    assert_eq!(temperature, legend("\\u{6e29}\\u{5ea6}", "escaped.png"));
}

const FIRST: [u8; 3] = [31, 119, 180];
const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// Plots to a PNG file. Returns its pixels.
fn png(served: &Served, keys: &[&str], name: &str) -> Vec<[u8; 3]> {
    let path = file(name);
    let plot = [&["plot"], keys, &["--out", path.to_str().unwrap(), "--size", "640x480"]].concat();
    assert!(text(served.metric(&plot)).is_empty());
    let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![[0; 3]; reader.output_buffer_size().unwrap() / 3];
    let info = reader.next_frame(pixels.as_flattened_mut()).unwrap();
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
