//! The widget's own API, as a visitor of the website inbox.

use anyhow::ensure;
use chatwoot_client::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WidgetContactPatch, WidgetEvent, WidgetIntroduction,
};
use chatwoot_client::widget::WidgetUser;
use chatwoot_client::{Attributes, Secret};
use serde_json::json;

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn widget(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let website =
        session.client.web_widget(stage.website.website_token.clone().unwrap_or_default());
    // Not `?`: the rest needs neither.
    let sdk = session.step(website.sdk(), |text| must!(text.contains("chatwoot"), "no script"));
    drop(sdk.await);
    drop(session.step(website.page(), |text| must!(text.contains("<html"), "no page")).await);

    let config = session.step(website.config(), |is| {
        must!(
            Some(&is.website_channel_config.website_token) == stage.website.website_token.as_ref()
        )
    });
    let config = config.await?;
    let visitor = website.visitor(config.website_channel_config.auth_token);
    let same = session.step(visitor.config(), |is| {
        must!(is.contact.id == config.contact.id, "the same visitor is another contact")
    });
    same.await?;
    let change = WidgetContactPatch { name: Some("Vera".into()), ..Default::default() };
    let changed = session.step(visitor.update_contact(&change), |is| {
        must!(is.id == config.contact.id && is.has_name == Some(true))
    });
    changed.await?;
    session.done(visitor.event(&WidgetEvent::triggered("https://shop.example.com/cart"))).await?;

    let begun = NewWidgetConversation {
        message: NewWidgetMessage::text("Hello from the widget"),
        contact: Some(WidgetIntroduction { name: Some("Vera".into()), ..Default::default() }),
        ..NewWidgetConversation::default()
    };
    let talk = session.done(visitor.create_conversation(&begun)).await?.id;
    let wrote = session.done(visitor.write(&NewWidgetMessage::text("Anybody there?"))).await?.id;
    let listed = session.step(visitor.messages(None), |list| {
        ensure!(list.payload.iter().any(|one| one.id == wrote), "the message is not listed");
        must!(list.payload.len() >= 2, "the first message is not listed")
    });
    listed.await?;
    for key in ["first", "second"] {
        let attributes = Attributes::from_iter([(key.to_owned(), json!("x"))]);
        session.done(visitor.replace_custom_attributes(&attributes)).await?;
    }
    let second = Attributes::from_iter([("second".to_owned(), json!("x"))]);
    let read = session.step(stage.account.conversations().get(talk), |is| {
        must!(is.custom_attributes == second, "merged, not replaced")
    });
    read.await?;

    let key = stage.website.hmac_token.clone().unwrap_or_else(|| Secret::new("none"));
    let Ok(user) = WidgetUser::proven(session.name("vera"), &key) else { return Ok(()) };
    // Signing in as a known contact returns a token of that contact.
    let known = session.done(visitor.set_user(&user)).await?;
    let visitor = match known.widget_auth_token {
        Some(token) => website.visitor(token),
        None => visitor,
    };
    let is =
        session.step(visitor.contact(), |is| must!(is.identifier == Some(session.name("vera"))));
    is.await?;
    Ok(())
}
