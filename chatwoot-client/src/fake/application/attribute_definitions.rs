//! Custom attribute definitions of contacts, conversations and companies.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::clock::iso;
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};

/// A custom attribute definition.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Definition {
    id: i64,
    pub(in crate::fake) key: String,
    /// `contact_attribute`, `conversation_attribute` or `company_attribute`.
    pub(in crate::fake) model: &'static str,
    /// `text`, `number` and other display types.
    pub(in crate::fake) kind: &'static str,
    name: String,
    description: Option<String>,
    values: Value,
    regex_pattern: Option<String>,
    regex_cue: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

const MODELS: [&str; 3] = ["conversation_attribute", "contact_attribute", "company_attribute"];
const KINDS: [&str; 8] =
    ["text", "number", "currency", "percent", "link", "date", "list", "checkbox"];

const OF_CONVERSATION: &str = "status priority assignee_id inbox_id team_id display_id campaign_id \
    labels browser_language country_code referer created_at last_activity_at";
const OF_CONTACT: &str = "name email phone_number identifier country_code city company_name \
    created_at last_activity_at referer blocked";
const OF_COMPANY: &str =
    "name domain description contacts_count created_at updated_at last_activity_at";

impl Definition {
    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "attribute_display_name": self.name,
            "attribute_display_type": self.kind,
            "attribute_description": self.description,
            "attribute_key": self.key,
            "regex_pattern": self.regex_pattern,
            "regex_cue": self.regex_cue,
            "attribute_values": self.values,
            "attribute_model": self.model,
            "default_value": null,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
        })
    }

    fn set(&mut self, params: &Value) -> Result<(), ErrorResponse> {
        if let Some(name) = text(params, "attribute_display_name") {
            name.trim().clone_into(&mut self.name);
        }
        if let Some(key) = text(params, "attribute_key") {
            key.trim().clone_into(&mut self.key);
        }
        if let Some(model) = params.get("attribute_model") {
            self.model = word(&MODELS, model)?;
        }
        if let Some(kind) = params.get("attribute_display_type") {
            self.kind = word(&KINDS, kind)?;
        }
        for (name, into) in [
            ("attribute_description", &mut self.description),
            ("regex_pattern", &mut self.regex_pattern),
            ("regex_cue", &mut self.regex_cue),
        ] {
            if params.get(name).is_some() {
                *into = text(params, name);
            }
        }
        if let Some(values @ Value::Array(_)) = params.get("attribute_values") {
            self.values = values.clone();
        }
        Ok(())
    }

    fn standard(&self) -> &'static str {
        match self.model {
            "contact_attribute" => OF_CONTACT,
            "company_attribute" => OF_COMPANY,
            _ => OF_CONVERSATION,
        }
    }
}

/// Returns an enum's value by its number or its name; the server responds 500 to any other.
fn word(words: &'static [&'static str], value: &Value) -> Result<&'static str, ErrorResponse> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    number
        .and_then(|number: usize| words.get(number))
        .or_else(|| words.iter().find(|word| Some(**word) == value.as_str()))
        .copied()
        .ok_or_else(ErrorResponse::internal_server_error)
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["custom_attribute_definitions"]) => to(list),
        ("POST", ["custom_attribute_definitions"]) => to(create),
        (_, ["custom_attribute_definitions", definition]) => {
            let definition = id(definition);
            match verb {
                "GET" => to(move |ctx| Ok(FakeResponse::json(&find(ctx, definition)?.view()))),
                "PATCH" | "PUT" => to(move |ctx| update(ctx, definition)),
                "DELETE" => to(move |ctx| {
                    ctx.require_admin()?;
                    let removed = ctx.state.definitions.remove(ctx.account, definition);
                    removed.map(|_| FakeResponse::no_content()).ok_or_else(ErrorResponse::not_found)
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn list(ctx: &mut Ctx<'_>) -> Outcome {
    let wanted = ctx.query("attribute_model").filter(|text| !text.is_empty());
    let model = match wanted {
        Some(text) => Some(word(&MODELS, &Value::from(text))?),
        None => None,
    };
    let all: Value = ctx
        .state
        .definitions
        .of(ctx.account)
        .filter(|definition| model.is_none_or(|model| definition.model == model))
        .map(Definition::view)
        .collect();
    Ok(FakeResponse::json(&all))
}

fn find<'a>(ctx: &'a Ctx<'_>, definition: i64) -> Result<&'a Definition, ErrorResponse> {
    ctx.state.definitions.get(ctx.account, definition).ok_or_else(ErrorResponse::not_found)
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let now = ctx.state.now();
    let mut definition = Definition {
        id: 0,
        key: String::new(),
        model: "conversation_attribute",
        kind: "text",
        name: String::new(),
        description: None,
        values: json!([]),
        regex_pattern: None,
        regex_cue: None,
        created_at: now,
        updated_at: now,
    };
    definition.set(&ctx.params("custom_attribute_definition"))?;
    check(ctx, &definition)?;
    definition.id = ctx.state.definitions.next_id();
    store(ctx, definition)
}

fn update(ctx: &mut Ctx<'_>, definition: i64) -> Outcome {
    ctx.require_admin()?;
    let mut changed = find(ctx, definition)?.clone();
    changed.set(&ctx.params("custom_attribute_definition"))?;
    check(ctx, &changed)?;
    changed.updated_at = ctx.state.now();
    store(ctx, changed)
}

fn store(ctx: &mut Ctx<'_>, definition: Definition) -> Outcome {
    let shown = definition.view();
    ctx.state.definitions.put(ctx.account, definition.id, definition);
    Ok(FakeResponse::json(&shown))
}

fn check(ctx: &Ctx<'_>, definition: &Definition) -> Result<(), ErrorResponse> {
    let mut faults = Vec::new();
    let key = definition.key.as_str();
    if definition.name.is_empty() {
        faults.push(("attribute_display_name", "Attribute display name can't be blank"));
    }
    if key.is_empty() {
        faults.push(("attribute_key", "Attribute key can't be blank"));
    }
    let taken = |other: &Definition| {
        other.id != definition.id && other.key == key && other.model == definition.model
    };
    if ctx.state.definitions.of(ctx.account).any(taken) {
        faults.push(("attribute_key", "Attribute key has already been taken"));
    }
    if definition.id == 0 && definition.standard().split_whitespace().any(|name| name == key) {
        faults.push((
            "attribute_key",
            "Attribute key The provided key is not allowed as it might conflict with default attributes.",
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(ErrorResponse::invalid(&faults)) }
}
