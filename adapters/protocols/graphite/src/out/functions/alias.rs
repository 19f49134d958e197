//! Functions that name series.

use super::{Function, Kind, Making, Param, Run, SERIES, Tools};
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::grammar::parse_target;
use crate::out::name::LONGEST;
use crate::out::pattern::Pattern;
use crate::out::series::Series;
use crate::out::target::Literal;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "alias",
        group: "Alias",
        description: "Gives all series one name.",
        params: &[SERIES, Param::needed("newName", Kind::Text)],
        run: Run::Name(alias),
    },
    Function {
        name: "aliasByNode",
        group: "Alias",
        description: "Names each series by nodes of its path, counted from 0, or by its tags.",
        params: &[SERIES, Param::needed("nodes", Kind::NodeOrTag).and_more()],
        run: Run::Name(alias_by_node),
    },
    Function {
        name: "aliasByTags",
        group: "Alias",
        description: "Names each series by its tags, or by nodes of its path, counted from 0.",
        params: &[SERIES, Param::needed("tags", Kind::NodeOrTag).and_more()],
        run: Run::Name(alias_by_node),
    },
    Function {
        name: "aliasByMetric",
        group: "Alias",
        description: "Names each series by the last node of its path.",
        params: &[SERIES],
        run: Run::Name(alias_by_metric),
    },
    Function {
        name: "aliasSub",
        group: "Alias",
        description: "Replaces what matches a regular expression in the name of each series.",
        params: &[
            SERIES,
            Param::needed("search", Kind::Text),
            Param::needed("replace", Kind::Text),
        ],
        run: Run::Names(alias_sub),
    },
];

fn alias(series: &mut Series, arguments: &Arguments) {
    series.name = arguments.text("newName").unwrap_or_default().into();
}

fn alias_by_node(series: &mut Series, arguments: &Arguments) {
    let nodes = arguments.literals("nodes").chain(arguments.literals("tags"));
    series.name = key(series, nodes).into();
}

fn alias_by_metric(series: &mut Series, _: &Arguments) {
    let name = &series.name;
    let left = name.rfind('(').map_or(0, |at| at + 1);
    let right = name.find(')').unwrap_or(name.len());
    let path = if name.is_cut() { first_path(name) } else { name.get(left..right) };
    let last = path.unwrap_or_default().rsplit('.').next().unwrap_or_default();
    series.name = last.split(',').next().unwrap_or_default().into();
}

/// Replaces what matches in the names of series.
fn alias_sub<'a>(
    mut list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    Box::pin(async move {
        let search = Pattern::new(arguments.text("search").unwrap_or_default())?;
        let replace = replacement(arguments.text("replace").unwrap_or_default());
        for series in &mut list {
            let before = series.name.len();
            series.name = replaced(&series.name, (&search, &replace), tools).await?.into();
            tools.hold(series.name.len().saturating_sub(before))?;
        }
        Ok(list)
    })
}

/// Replaces what matches, until the name is too long.
async fn replaced(
    name: &str,
    (search, replace): (&Pattern, &str),
    tools: &mut Tools<'_>,
) -> Result<String, Failure> {
    let (mut replaced, mut end) = (String::new(), 0);
    // Each match may look at all characters behind it.
    let steps = search.steps().saturating_mul(name.len());
    tools.compute(steps).await?;
    for captures in search.regex.captures_iter(name) {
        let Some(found) = captures.get(0) else { break };
        replaced.push_str(name.get(end..found.start()).unwrap_or_default());
        captures.expand(replace, &mut replaced);
        end = found.end();
        if replaced.len() > LONGEST {
            return Ok(replaced);
        }
        tools.compute(steps).await?;
    }
    replaced.push_str(name.get(end..).unwrap_or_default());
    Ok(replaced)
}

/// Writes a replacement, which has groups as `\1` or `\g<1>`, with groups as `${1}`.
fn replacement(text: &str) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some(one) = rest.chars().next() {
        rest = rest.get(one.len_utf8()..).unwrap_or_default();
        match one {
            '$' => written.push_str("$$"),
            '\\' => match group(rest) {
                Some((name, after)) => {
                    written.push_str(&format!("${{{name}}}"));
                    rest = after;
                }
                None if rest.starts_with('\\') => {
                    written.push('\\');
                    rest = rest.get(1..).unwrap_or_default();
                }
                None => written.push('\\'),
            },
            _ => written.push(one),
        }
    }
    written
}

/// Reads the group behind a `\`.
fn group(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix("g<") {
        return rest.split_once('>');
    }
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    text.split_at_checked(digits).filter(|(name, _)| !name.is_empty())
}

/// Returns nodes of a path or tags, joined by dots. If functions wrap the series, the path is the first
/// one that they read.
pub(super) fn key<'a>(series: &Series, nodes: impl IntoIterator<Item = &'a Literal>) -> String {
    let wrapped = if series.name.ends_with(')') { parse_target(&series.name).ok() } else { None };
    let cut = if series.name.is_cut() { first_path(&series.name) } else { None };
    let path = wrapped.as_ref().and_then(|target| target.first_path()).or(cut);
    let path = path.unwrap_or(&series.name);
    let parts: Vec<_> = path.split(';').next().unwrap_or_default().split('.').collect();
    let part = |node: &Literal| match node {
        Literal::Integer(number) => {
            let at = if *number < 0 { number + parts.len() as i64 } else { *number };
            let part = usize::try_from(at).ok().and_then(|at| parts.get(at));
            part.map_or_else(|| tag(series, &number.to_string()), |part| (*part).to_owned())
        }
        Literal::Text(name) => tag(series, name),
        _ => String::new(),
    };
    let mut key = String::new();
    for (at, node) in nodes.into_iter().enumerate() {
        if key.len() > LONGEST {
            break;
        }
        key.push_str(if at > 0 { "." } else { "" });
        key.push_str(&part(node));
    }
    key
}

/// Returns the first path of a name that was cut, which is no target any more.
fn first_path(name: &str) -> Option<&str> {
    let mut path = name;
    while let Some((function, arguments)) = path.split_once('(') {
        if !function.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            break;
        }
        path = arguments;
    }
    let mut braces = 0;
    let end = path.find(|one| {
        braces += i32::from(one == '{') - i32::from(one == '}');
        braces == 0 && matches!(one, ',' | ')')
    });
    path.get(..end?)
}

fn tag(series: &Series, name: &str) -> String {
    series.tags.get(name).cloned().unwrap_or_default()
}
