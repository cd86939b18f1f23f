//! Finds the operation of a recorded exchange, however the recording names it.

use chatwoot_client::Op;

use crate::recordings::Exchange;
use crate::replay::operation;

/// Returns the operation of an exchange: by verb and path template, whatever its parameters are
/// called, or else by verb and the path that was sent, unless the template belongs to another
/// operation.
pub fn operation_of(exchange: &Exchange) -> Option<&'static Op> {
    let asked = &exchange.request;
    let verb = asked.method.to_ascii_uppercase();
    let all = || chatwoot_client::operations().filter(|op| op.verb.as_str() == verb);
    let template = sent_path(&asked.path);
    let sent = if asked.url.is_empty() { template } else { sent_path(&asked.url) };
    // A trailing slash can distinguish two operations; otherwise it is ignored.
    let named = |template| {
        let template = nameless(template);
        all().find(|op| nameless(op.path) == template)
    };
    let by_url = || {
        let op = operation(&verb, sent).or_else(|| operation(&verb, sent.trim_end_matches('/')))?;
        let agrees = |(row, given): (&str, &str)| row == given || is_parameter(given);
        let said = template.split('/').any(is_parameter);
        let mut others = op.path.split('/').zip(template.split('/'));
        (!said || others.all(agrees)).then_some(op)
    };
    let slashed = || named(template.trim_end_matches('/'));
    let found = named(template).or_else(slashed).or_else(by_url)?;
    // One path with two kinds of responses: the query and the response distinguish them.
    let agents = asked.query.as_ref().is_some_and(|query| query["type"] == "agent");
    let listed = || exchange.answer().is_array();
    if found.name == "reports.conversations" && (agents || listed()) {
        return all().find(|op| op.name == "reports.agents");
    }
    Some(found)
}

/// Returns whether a segment of a path is a parameter, in any notation.
fn is_parameter(part: &str) -> bool {
    part.starts_with(['{', ':', '<'])
}

/// Returns the path of a URL, without the format suffix that the server accepts.
fn sent_path(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default(),
        None => url,
    };
    path.strip_suffix(".json").or_else(|| path.strip_suffix(".csv")).unwrap_or(path)
}

/// Returns a path template without the names of its parameters.
fn nameless(path: &str) -> String {
    let parts = path.split('/').map(|part| if is_parameter(part) { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, url: &str) -> Option<&'static str> {
        let request = json!({"method": "GET", "path": path, "url": url});
        let exchange = json!({"request": request, "response": {"status": 200}});
        operation_of(&serde_json::from_value(exchange).unwrap()).map(|op| op.name)
    }

    #[test]
    fn an_operation_is_found_whatever_its_parameters_are_called() {
        let url = "/api/v1/accounts/2/labels/3";
        for path in ["/api/v1/accounts/{account_id}/labels/{label_id}", "", url] {
            assert_eq!(found(path, url), Some("labels.get"), "{path}");
        }
        let list = "/api/v1/accounts/2/labels";
        for url in [
            list.to_owned(),
            format!("http://chatwoot.test{list}?page=1"),
            format!("{list}/"),
            format!("{list}.json?page=1"),
        ] {
            for path in
                ["", "/api/v1/accounts/:account/labels.json", "/api/v1/accounts/{a}/labels/"]
            {
                assert_eq!(found(path, &url), Some("labels.list"), "{path} {url}");
            }
            assert_eq!(found(&url, ""), Some("labels.list"), "{url}");
        }
        assert_eq!(found("", "/api/v2/accounts/2/reports/agents.csv"), Some("csv_reports.agents"));
        let meta = "/api/v1/accounts/2/conversations/meta.json";
        assert_eq!(found("", meta), Some("conversations.meta"));
    }

    #[test]
    fn a_word_of_the_template_is_no_id() {
        let path = "/api/v1/accounts/{account_id}/labels/no_such_thing";
        assert_eq!(found(path, "/api/v1/accounts/2/labels/no_such_thing"), None);
    }
}
