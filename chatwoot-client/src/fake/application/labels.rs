//! Labels of an account.

use serde_json::{Value, json};

use crate::fake::application::account::touch;
use crate::fake::http::input::{Ctx, flag, id, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};

/// A label of the account.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Label {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) title: String,
    description: Option<String>,
    color: String,
    show_on_sidebar: Option<bool>,
}

impl Label {
    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "color": self.color,
            "show_on_sidebar": self.show_on_sidebar,
        })
    }

    fn set(&mut self, params: &Value) {
        if let Some(title) = text(params, "title") {
            self.title = title.to_lowercase();
        }
        if params.get("description").is_some() {
            self.description = text(params, "description");
        }
        if let Some(color) = text(params, "color") {
            self.color = color;
        }
        if params.get("show_on_sidebar").is_some() {
            self.show_on_sidebar = flag(params, "show_on_sidebar");
        }
    }
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["labels"]) => to(|ctx| {
            let mut labels: Vec<&Label> = ctx.state.labels.of(ctx.account).collect();
            labels.sort_by(|a, b| a.title.cmp(&b.title));
            let all: Value = labels.into_iter().map(Label::view).collect();
            Ok(FakeResponse::json(&json!({ "payload": all })))
        }),
        ("POST", ["labels"]) => to(create),
        ("GET", ["labels", label]) => {
            let label = id(label);
            to(move |ctx| {
                ctx.require_admin()?;
                Ok(FakeResponse::json(&find(ctx, label)?.view()))
            })
        }
        ("PATCH" | "PUT", ["labels", label]) => {
            let label = id(label);
            to(move |ctx| update(ctx, label))
        }
        ("DELETE", ["labels", label]) => {
            let label = id(label);
            to(move |ctx| {
                ctx.require_admin()?;
                ctx.state.labels.remove(ctx.account, label).ok_or_else(ErrorResponse::not_found)?;
                touch(ctx, "label");
                Ok(FakeResponse::empty())
            })
        }
        _ => None,
    }
}

fn find<'a>(ctx: &'a Ctx<'_>, label: i64) -> Result<&'a Label, ErrorResponse> {
    ctx.state.labels.get(ctx.account, label).ok_or_else(ErrorResponse::not_found)
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let mut label = Label {
        id: 0,
        title: String::new(),
        description: None,
        color: "#1f93ff".to_owned(),
        show_on_sidebar: None,
    };
    label.set(&ctx.params("label"));
    check(ctx, &label)?;
    label.id = ctx.state.labels.next_id();
    store(ctx, label)
}

fn update(ctx: &mut Ctx<'_>, label: i64) -> Outcome {
    ctx.require_admin()?;
    let mut changed = find(ctx, label)?.clone();
    changed.set(&ctx.params("label"));
    check(ctx, &changed)?;
    store(ctx, changed)
}

fn store(ctx: &mut Ctx<'_>, label: Label) -> Outcome {
    let shown = label.view();
    ctx.state.labels.put(ctx.account, label.id, label);
    touch(ctx, "label");
    Ok(FakeResponse::json(&shown))
}

fn check(ctx: &Ctx<'_>, label: &Label) -> Result<(), ErrorResponse> {
    let mut faults = Vec::new();
    if label.title.is_empty() {
        faults.push(("title", "Title can't be blank"));
    }
    // At least two characters; the first is a letter or digit.
    let mut chars = label.title.chars();
    let starts = chars.next().is_some_and(char::is_alphanumeric);
    let rest = chars.as_str();
    if !starts || rest.is_empty() || !rest.chars().all(|c| c.is_alphanumeric() || "_-".contains(c))
    {
        faults.push(("title", "Title is invalid"));
    }
    let taken = |other: &Label| other.id != label.id && other.title == label.title;
    if ctx.state.labels.of(ctx.account).any(taken) {
        faults.push(("title", "Title has already been taken"));
    }
    if faults.is_empty() { Ok(()) } else { Err(ErrorResponse::invalid(&faults)) }
}
