//! An account that is given by its settings: what a store would remember of it is looked up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chatwoot_client::application::inboxes::Inbox;
use chatwoot_client::types::ChannelType;
use chatwoot_client::{Client, Secret};
use store_context::Currency;
use store_context::doctor::{Check, Report};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Store, StoreId};
use store_context::ports::{Address, AddressToken, BoundToken, PortFailure, StoreRecord};
use url::Url;

use crate::args::{Account, Args};

/// What only a host's storage can tell.
const OF_A_HOST: [Check; 6] = [
    Check::Attributes,
    Check::RoundTrip,
    Check::LedgerLag,
    Check::ParkedRows,
    Check::LastDelivery,
    Check::Credentials,
];

/// How long a look-up may take; the report says why the server does not answer.
const LOOK_UP: Duration = Duration::from_secs(5);

pub(crate) async fn check(args: &Args, given: Account) -> anyhow::Result<Report> {
    let client =
        Client::builder(given.chatwoot.as_str()).build().context("--chatwoot cannot be used")?;
    let mut left_out = OF_A_HOST.to_vec();
    let mut leave = |check, setting: Option<&str>| {
        left_out.push(check);
        if let Some(setting) = setting.filter(|_| !args.leave_out.contains(&check)) {
            eprintln!("verify: {check} is left out: {setting} is not given");
        }
    };
    if args.public_url.is_none() {
        leave(Check::Webhook, Some("--public-url"));
        leave(Check::Panel, Some("--public-url"));
    } else if given.webhook_secret.is_none() {
        leave(Check::Webhook, Some("CHATWOOT_WEBHOOK_SECRET"));
    }
    if args.website.is_none() {
        leave(Check::WidgetCsp, Some("--website"));
    }
    if args.platform_token()?.is_none() {
        leave(Check::PlatformToken, None);
    }
    let record = remembered(args, &given, &client).await?;
    let shop = Arc::new(MemoryShop::new());
    let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
    let id = record.store.id.clone();
    ports.stores.put(&record.store).await.map_err(PortFailure::from)?;
    let keep = |kept: &mut StoreRecord| {
        kept.account = record.account.clone();
        kept.credentials = record.credentials.clone();
    };
    let kept = ports.stores.update(&id, keep).await.map_err(PortFailure::from)?;
    kept.context("the store is not kept")?;
    Ok(crate::doctor(args, ports, args.config(&left_out))?.check(&id).await)
}

/// Returns what a store with this account would remember. What cannot be looked up is left open: the
/// checks say why.
async fn remembered(args: &Args, given: &Account, client: &Client) -> anyhow::Result<StoreRecord> {
    let website = args.website.clone().unwrap_or_else(|| given.chatwoot.clone());
    let id = StoreId::new(format!("account-{}", given.id))?;
    let store = Store::new(id, "Verify", website, "verify@example.invalid", Currency::EUR);
    let account = client.account(given.id, given.token.clone());
    let mut record = StoreRecord::new(store);
    let (kept, keys) = (&mut record.account, &mut record.credentials);
    kept.base_url = Some(given.chatwoot.clone());
    kept.account = Some(given.id.into());
    let token = given.token.clone().into();
    keys.user_token = Some(BoundToken { base_url: given.chatwoot.clone(), token });
    // No identifier and no proof is made with them.
    keys.identifier_key = Some(Secret::new("not used"));
    keys.proof_key = Some(Secret::new("not used"));

    if let Ok(inboxes) = account.inboxes().list().deadline(LOOK_UP).await
        && let Some(inbox) = website_inbox(args, &inboxes)?
    {
        kept.website_inbox = Some(inbox.id);
        kept.website_token.clone_from(&inbox.website_token);
        keys.website_hmac.clone_from(&inbox.hmac_token);
    }
    let Some(public_url) = &args.public_url else { return Ok(record) };
    if given.webhook_secret.is_some() {
        keys.webhook_secret.clone_from(&given.webhook_secret);
        let known = account.webhooks().list().deadline(LOOK_UP).await.unwrap_or_default();
        let of = |url: &str| token_of(public_url, Address::Webhook, url);
        let found = known.iter().find_map(|it| Some((it.id, of(it.url.expose())?)));
        kept.webhook = found.as_ref().map(|(id, _)| *id);
        keys.webhook_address = Some(or_random(found.map(|(_, token)| token))?);
    }
    let known = account.dashboard_apps().list().deadline(LOOK_UP).await.unwrap_or_default();
    let of = |url: &str| token_of(public_url, Address::Panel, url);
    let found = known
        .iter()
        .find_map(|app| Some((app.id, app.content.iter().find_map(|it| of(it.url.expose()))?)));
    kept.dashboard_app = found.as_ref().map(|(id, _)| *id);
    keys.panel_address = Some(or_random(found.map(|(_, token)| token))?);
    Ok(record)
}

/// Returns the website inbox: the given one, or the only one.
fn website_inbox<'a>(args: &Args, inboxes: &'a [Inbox]) -> anyhow::Result<Option<&'a Inbox>> {
    if let Some(id) = args.inbox {
        let found = inboxes.iter().find(|inbox| inbox.id.0 == id);
        return found.map(Some).with_context(|| format!("the account has no inbox {id}"));
    }
    let websites: Vec<&Inbox> =
        inboxes.iter().filter(|it| it.channel_type == ChannelType::WebWidget).collect();
    if let [_, _, ..] = websites[..] {
        let ids: Vec<String> = websites.iter().map(|inbox| inbox.id.to_string()).collect();
        bail!("the account has the website inboxes {}: choose one with --inbox", ids.join(", "));
    }
    Ok(websites.first().copied())
}

/// Returns the unguessable part of an address below the public URL.
fn token_of(public_url: &Url, of: Address, url: &str) -> Option<AddressToken> {
    let base = format!("{}{}/", public_url.as_str().trim_end_matches('/'), of.path());
    Some(AddressToken::new(url.strip_prefix(&base)?))
}

/// Returns a token of which nobody knows an address if there is none, so that the check looks for it.
fn or_random(token: Option<AddressToken>) -> anyhow::Result<AddressToken> {
    token.map_or_else(|| Ok(AddressToken::random()?), Ok)
}
