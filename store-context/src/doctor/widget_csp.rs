//! The check of the website's Content-Security-Policy.

use chatwoot_client::widget::WidgetCsp;
use http::header;

use super::finding::{Checked, Found};
use super::pages::values;
use super::run::Patient;

impl Patient<'_> {
    pub(super) async fn widget_csp(&self) -> Checked {
        let server = self.server().await?;
        let website = &self.record().await?.store.website;
        let (page, response) = self.load(website).await?;
        if !response.status().is_success() {
            return Err(Found::failed(
                format!("the website is answered with {}", response.status()),
                "correct the website's URL in the store",
            ));
        }
        let html = String::from_utf8_lossy(response.body());
        let mut policies: Vec<String> = values(response.headers(), header::CONTENT_SECURITY_POLICY)
            .map(str::to_owned)
            .collect();
        policies.extend(in_meta(&html));
        let csp = WidgetCsp::new(server.as_str())
            .map_err(|error| Found::failed(error.to_string(), "correct the store's base URL"))?;
        let mut missing = Vec::new();
        for policy in &policies {
            for source in csp.missing_in(policy, &page) {
                if !missing.contains(&source) {
                    missing.push(source);
                }
            }
        }
        if missing.is_empty() {
            let text = if policies.is_empty() {
                "the website has no Content-Security-Policy, so the widget is allowed"
            } else {
                "the website's Content-Security-Policy allows the widget"
            };
            return Ok(Found::passed(text));
        }
        let essential = missing.iter().any(|source| source.essential);
        let missing: Vec<String> =
            missing.iter().map(|source| format!("{source} ({})", source.loads)).collect();
        let text = format!("the website's policy refuses {}", missing.join(", "));
        let advice = "add them to the website's policy: WidgetCsp::merged_into does";
        Err(if essential { Found::failed(text, advice) } else { Found::warned(text, advice) })
    }
}

/// Returns the policies that a page has in its own `meta` elements.
fn in_meta(html: &str) -> Vec<String> {
    // ASCII letters keep their positions when they are lower-cased.
    let lower = html.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = lower[from..].find("<meta").map(|at| from + at) {
        let end = lower[at..].find('>').map_or(lower.len(), |end| at + end);
        from = end;
        let tag = &lower[at..end];
        if !tag.contains("content-security-policy") || tag.contains("report-only") {
            continue;
        }
        let content = tag.find(" content=").map(|start| at + start + " content=".len());
        let Some(value) = content.and_then(|start| html.get(start..end)) else { continue };
        let Some(quote) = value.chars().next().filter(|it| matches!(it, '"' | '\'')) else {
            continue;
        };
        found.extend(value[1..].split(quote).next().map(|text| text.replace("&#39;", "'")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_in_the_page_counts() {
        let html = r#"<!doctype html><META charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="frame-src 'self'; script-src *">
            <meta content='default-src *' http-equiv='content-security-policy'>
            <meta http-equiv="Content-Security-Policy-Report-Only" content="default-src 'none'">
            <meta name="description" content="default-src 'none'"><meta http-equiv="#;
        assert_eq!(in_meta(html), ["frame-src 'self'; script-src *", "default-src *"]);
        assert!(in_meta("").is_empty());
    }
}
