//! The methods of the widget's own API.
#![expect(clippy::default_trait_access, reason = "only the answer's type matters here")]

use chatwoot_client::widget::WidgetUser;

use super::{Row, table};

/// Returns a user for the widget.
#[expect(clippy::expect_used, reason = "the identifier is a constant")]
fn user() -> WidgetUser {
    WidgetUser::new("customer").expect("not empty")
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = table! { website(on) {
        "widget.sdk" => on.sdk(),
        "widget.page" => on.page(),
        "widget.config" => on.config(),
    } };
    rows.extend(table! { visitor(on) {
        "widget.contact" => on.contact(),
        "widget.update_contact" => on.update_contact(&Default::default()),
        "widget.set_user" => on.set_user(&user()),
        "widget.event" => on.event(&Default::default()),
        "widget.create_conversation" => on.create_conversation(&Default::default()),
        "widget.replace_custom_attributes" => on.replace_custom_attributes(&Default::default()),
        "widget.messages" => on.messages(None),
        "widget.write" => on.write(&Default::default()),
    } });
    rows
}
