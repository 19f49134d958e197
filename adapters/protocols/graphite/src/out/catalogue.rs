//! `/functions`: what targets may call.

use std::collections::BTreeMap;

use crate::out::fields::Fields;
use crate::out::functions::{Function, Param, all};
use crate::out::json::{field, list, quote, text_field};

/// Answers `/functions`: all, those of a group, or all by their groups.
pub(crate) fn catalogue(fields: &Fields) -> String {
    let group = fields.text("group");
    let chosen = all().filter(|function| group.is_none_or(|group| function.group == group));
    if !fields.is_true("grouped") {
        return object(chosen);
    }
    let mut groups: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in chosen {
        groups.entry(function.group).or_default().push(function);
    }
    let mut json = String::from("{");
    for (name, functions) in groups {
        field(&mut json, name, object(functions.into_iter()));
    }
    json.push('}');
    json
}

/// Answers `/functions/NAME`.
pub(crate) fn entry(name: &str) -> Option<String> {
    all().find(|function| function.name == name).map(description)
}

fn object<'a>(functions: impl Iterator<Item = &'a Function>) -> String {
    let mut json = String::from("{");
    for function in functions {
        field(&mut json, function.name, description(function));
    }
    json.push('}');
    json
}

fn description(function: &Function) -> String {
    let names: Vec<_> = function.params.iter().map(parameter_in_text).collect();
    let mut json = String::from("{");
    text_field(&mut json, "name", function.name);
    text_field(&mut json, "function", &format!("{}({})", function.name, names.join(", ")));
    text_field(&mut json, "description", function.description);
    text_field(&mut json, "module", "graphite.render.functions");
    text_field(&mut json, "group", function.group);
    field(&mut json, "params", list(function.params, parameter));
    json.push('}');
    json
}

fn parameter_in_text(param: &Param) -> String {
    match param.default {
        _ if param.multiple => format!("*{}", param.name),
        Some(default) => format!("{}={default}", param.name),
        None if !param.required => format!("{}=None", param.name),
        None => param.name.to_owned(),
    }
}

fn parameter(json: &mut String, param: &Param) {
    json.push('{');
    text_field(json, "name", param.name);
    text_field(json, "type", param.kind.name());
    if param.required {
        field(json, "required", true);
    }
    if param.multiple {
        field(json, "multiple", true);
    }
    if let Some(default) = param.default {
        field(json, "default", default);
    }
    let options = param.kind.options();
    if !options.is_empty() {
        field(json, "options", list(options, quote));
    }
    json.push('}');
}
