//! The story of two tenants with a Chatwoot each, told from outside the host.

use anyhow::{Context, Result, ensure};
use chatwoot_client::Client;
use serde_json::json;
use store_context::Url;

use super::{BackOffice, Tenant};

/// Plays the story against a host that is reached at two URLs, and prints each line that was found
/// to be true.
///
/// # Errors
/// Returns an error that names the first line that is not true, or what failed.
pub async fn play(office: &BackOffice, old: &Url, new: &Url) -> Result<()> {
    let (tea, bikes) = (&Tenant::start("tea", "Ada").await?, &Tenant::start("bikes", "Bo").await?);

    let refused = office.sign_up(tea, &bikes.token).await;
    let said = refused.err().context("a token of another Chatwoot is taken")?.to_string();
    tell(&format!("tea is told: {said}"), said.contains("the token is refused"))?;
    for own in [tea, bikes] {
        let (id, base_url) = (&own.store.id, &own.base_url);
        office.sign_up(own, &own.token).await?;
        // Once more: every resource in the account is as it should be.
        let again = office.sign_up(own, &own.token).await?;
        tell(&format!("{id} is provisioned at {base_url}"), again.contains("nothing to do"))?;
        let framed = panel_policy(own).await?;
        let only = format!("frame-ancestors {};", base_url.origin().ascii_serialization());
        tell(&format!("only that Chatwoot may frame the panel of {id}"), framed.contains(&only))?;
    }
    let written = [tea.visitors().await?, bikes.visitors().await?];
    let [to_tea, to_bikes] = &written;

    for own in [tea, bikes] {
        office.put_customer(own).await?;
    }
    to_tea.write("Is there green tea?").await?;
    to_bikes.write("Is there a red bike?").await?;
    let notes = ["tea has read: Is there green tea?", "bikes has read: Is there a red bike?"];
    tell("a message to tea reaches tea's handler", tea.gets(notes[0]).await)?;
    tell("a message to bikes reaches bikes' handler", bikes.gets(notes[1]).await)?;
    let customers = tea.gets("ada@mail.example").await && bikes.gets("bo@mail.example").await;
    tell("each customer is a contact in the own Chatwoot", customers)?;
    let foreign = ["red bike", "bo@mail"].iter().any(|text| tea.holds(text))
        || ["green tea", "ada@mail"].iter().any(|text| bikes.holds(text));
    tell("neither Chatwoot holds anything of the other", !foreign)?;

    let plan = office.run(&json!({ "plan_move": { "to": new } })).await?;
    tell(&format!("planned:\n{plan}"), plan.matches(&format!("from {old} to {new}")).count() == 4)?;
    let moved = office.run(&json!({ "move_all": { "to": new } })).await?;
    tell(&format!("moved and verified: {moved}"), moved.starts_with("2 moved"))?;
    let there = at(tea, new).await? && at(bikes, new).await?;
    tell("both webhooks are at the new URL", there)?;
    let back = office.run(&json!({ "move_all": { "to": null } })).await?;
    tell(&format!("the way back, verified: {back}"), back.starts_with("2 moved"))?;
    tell("both webhooks are at the old URL", at(tea, old).await? && at(bikes, old).await?)?;

    let before = webhook(tea).await?;
    let late = tea.hear_late(to_tea, "Is it late?").await?;
    office.of(tea, "rotate_webhook").await?;
    let after = webhook(tea).await?;
    tell("tea's webhook has another URL and secret", before.0 != after.0 && before.1 != after.1)?;
    let statuses = late.arrive().await?;
    let taken = !statuses.is_empty() && statuses.iter().all(|status| *status == 200);
    tell("what was signed with the old secret is still taken", taken)?;
    tell("and handled", tea.gets("tea has read: Is it late?").await)?;
    to_tea.write("Is it new?").await?;
    tell("so is what the new one signs", tea.gets("tea has read: Is it new?").await)?;

    office.of(tea, "rotate_token").await?;
    let client = Client::builder(tea.base_url.as_str()).build()?;
    let old_token = client.profile(tea.token.clone()).get().await;
    let ended = old_token.is_err_and(|error| error.is_unauthorized());
    tell("tea's old token is refused by its Chatwoot", ended)?;
    to_tea.write("And the new token?").await?;
    tell("the new one is used", tea.gets("tea has read: And the new token?").await)?;

    office.of(tea, "suspend").await?;
    to_tea.write("Anybody there?").await?;
    to_bikes.write("And here?").await?;
    tell("bikes works while tea is suspended", bikes.gets("bikes has read: And here?").await)?;
    tell("no handler runs for tea", !tea.holds("tea has read: Anybody there?"))?;
    office.of(tea, "resume").await?;
    let read = tea.gets("tea has read: Anybody there?").await;
    tell("after it is resumed, what came meanwhile is handled", read)?;

    let (of_tea, of_bikes) = (office.of(tea, "audit").await?, office.of(bikes, "audit").await?);
    let done = ["provision store", "repoint store", "rotate secret webhook_secret"];
    let done = [&done[..], &["rotate secret user_token", "suspend store", "resume store"]].concat();
    // The second sign-up replaced the token too.
    let rotated = of_tea.matches("rotate secret user_token").count() == 2;
    let all = done.iter().all(|it| of_tea.contains(it));
    let is_entered = all && rotated && !of_tea.contains("bikes");
    tell(&format!("tea's audit trail:\n{of_tea}"), is_entered)?;
    let is_entered = of_bikes.contains(done[0]) && !of_bikes.contains("suspend");
    tell(&format!("bikes' audit trail:\n{of_bikes}"), is_entered && !of_bikes.contains(" tea "))
}

/// Returns URL and secret of the tenant's webhook.
async fn webhook(of: &Tenant) -> Result<(String, Option<String>)> {
    let webhooks = of.admin()?.webhooks().list().await?;
    let webhook = webhooks.first().context("there is no webhook")?;
    let secret = webhook.secret.as_ref().map(|secret| secret.expose().to_owned());
    Ok((webhook.url.expose().to_owned(), secret))
}

/// Returns the content security policy of the tenant's panel.
async fn panel_policy(of: &Tenant) -> Result<String> {
    let apps = of.admin()?.dashboard_apps().list().await?;
    let frame = apps.first().and_then(|app| app.content.first()).context("there is no panel")?;
    let page = reqwest::get(frame.url.expose()).await.map_err(reqwest::Error::without_url)?;
    let policy = page.headers().get(http::header::CONTENT_SECURITY_POLICY);
    Ok(policy.context("the panel has no policy")?.to_str()?.to_owned())
}

async fn at(of: &Tenant, url: &Url) -> Result<bool> {
    Ok(webhook(of).await?.0.starts_with(url.as_str()))
}

fn tell(line: &str, is_true: bool) -> Result<()> {
    ensure!(is_true, "this is not true: {line}");
    println!("{line}");
    Ok(())
}
