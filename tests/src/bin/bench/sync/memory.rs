//! What a store and a customer take in memory: the resident memory of the process before and after.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use chatwoot_client::{ContactId, Secret};
use store_context::Timestamp;
use store_context::memory::{self, MemoryShop};
use store_context::model::{AccountKey, CustomerId, StoreId};
use store_context::ports::{
    AddressToken, BoundToken, ClaimRequest, Fingerprint, Link, Ports, Priority, RoundOutcome,
    Settlement, StoreRecord, SyncLedger,
};

use super::host::{BASE_URL, store};
use super::{Bound, Row, ok};

const STORES: u32 = 20_000;
const CUSTOMERS: u32 = 100_000;
const LEASE: Duration = Duration::from_mins(5);

pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let shop = Arc::new(MemoryShop::new());
        let ports = memory::ports(shop.clone(), shop, None);
        let ids: Vec<StoreId> = (0..STORES)
            .map(|number| StoreId::new(format!("store-{number:05}")))
            .collect::<Result<_, _>>()?;
        let before = resident()?;
        for (id, number) in ids.iter().zip(1..) {
            idle(&ports, id, number).await?;
        }
        let ledgers = resident()?;
        for (id, number) in ids.iter().zip(1..) {
            keep(&ports, id, number).await?;
        }
        let records = resident()?;
        fill(&*ports.sync, &ids[0]).await?;
        let customers = resident()?;
        let row = |key, what: &str, bytes: Option<u64>, each: u32, bound| {
            let bytes = bytes.context("the process gave memory back meanwhile")?;
            let value = f64::from(u32::try_from(bytes / u64::from(each))?);
            anyhow::Ok(Row { key, what: what.to_owned(), value, unit: "B", bound })
        };
        Ok(vec![
            row(
                "idle_store",
                "memory of an idle store in the ledgers",
                ledgers.checked_sub(before),
                STORES,
                Bound::AtMost(4_096.0),
            )?,
            row(
                "idle_store_and_record",
                "the same with its record and secrets",
                records.checked_sub(before),
                STORES,
                Bound::AtMost(4_096.0),
            )?,
            row(
                "customer",
                "memory of a synced customer",
                customers.checked_sub(records),
                CUSTOMERS,
                Bound::None,
            )?,
        ])
    })
}

/// What the process has in memory, in bytes.
pub(crate) fn resident() -> anyhow::Result<u64> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("memory is measured on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).context("no VmRSS")?;
    Ok(kib.trim().parse::<u64>()? * 1_024)
}

fn account(number: u64) -> anyhow::Result<AccountKey> {
    Ok(AccountKey::new(&BASE_URL.parse()?, number.into()))
}

/// A store that was synced, swept and reconciled, where nothing waits.
async fn idle(ports: &Ports, id: &StoreId, number: u64) -> anyhow::Result<()> {
    let one = std::slice::from_ref(id);
    ok(ports.sync.resume(id)).await?;
    ok(ports.sweeps.schedule(one)).await?;
    let sweep = ok(ports.sweeps.claim(LEASE)).await?.context("a sweep")?;
    ok(ports.sweeps.settle(&sweep, Duration::from_hours(24))).await?;
    ok(ports.webhooks.schedule(one)).await?;
    let round = ok(ports.webhooks.claim_round(id, LEASE)).await?.context("a round")?;
    let finished = RoundOutcome::Finished {
        account: account(number)?,
        began_ago: Duration::from_secs(1),
        unread: Vec::new(),
        next: Duration::from_mins(25),
        after_webhook: Duration::from_mins(1),
    };
    ensure!(ok(ports.webhooks.settle_round(&round, finished)).await?, "the round was lost");
    Ok(())
}

/// Keeps the store with everything that provisioning makes.
async fn keep(ports: &Ports, id: &StoreId, number: u64) -> anyhow::Result<()> {
    ok(ports.stores.put(&store(id)?)).await?;
    let token = format!("token-{number:018}").into();
    let token = BoundToken { base_url: BASE_URL.parse()?, token };
    let secret = |name: &str| Some(Secret::new(format!("{name:-<18}-{number:013}")));
    let address = |name: &str| Some(AddressToken::new(format!("{name:-<18}-{number:013}")));
    let provisioned = |record: &mut StoreRecord| {
        let (account, held) = (&mut record.account, &mut record.credentials);
        account.base_url = Some(token.base_url.clone());
        account.account = Some(number.into());
        account.administrator = Some(number.into());
        account.team = Some(number.into());
        account.website_inbox = Some(number.into());
        account.website_token = Some(format!("website-{number:016}"));
        account.api_inbox = Some(number.into());
        account.api_inbox_identifier = Some(format!("api-{number:020}"));
        account.webhook = Some(number.into());
        account.dashboard_app = Some(number.into());
        held.user_token = Some(token.clone());
        held.webhook_secret = secret("webhook");
        held.website_hmac = secret("website");
        held.api_hmac = secret("api");
        held.webhook_address = address("webhook");
        held.panel_address = address("panel");
        held.panel_address_since = Some(Timestamp::now());
        held.identifier_key = secret("identifier");
        held.proof_key = secret("proof");
    };
    let updated = ok(ports.stores.update(id, provisioned)).await?;
    ensure!(updated.is_some(), "the store is not kept");
    Ok(())
}

/// Confirms customers of a store, with links as the sync writes them.
async fn fill(ledger: &dyn SyncLedger, store: &StoreId) -> anyhow::Result<()> {
    let key = account(1)?;
    for first in (0..CUSTOMERS).step_by(100) {
        let ids: Vec<CustomerId> = (first..first + 100)
            .map(|n| CustomerId::new(format!("{n:08}")))
            .collect::<Result<_, _>>()?;
        ok(ledger.want(store, &ids, Priority::Bulk)).await?;
        let request = ClaimRequest { limit: 100, share: 100, bulk: 100, lease: LEASE, except: &[] };
        let claims = ok(ledger.claim(request)).await?;
        ensure!(claims.len() == 100, "{} were claimed", claims.len());
        let settled = claims.into_iter().map(|claim| {
            let digest = format!("{:0>64}", claim.customer);
            let contact = ContactId(claim.fence);
            let mut link = Link::new(key.clone(), contact, Fingerprint(format!("1/{digest}")));
            link.holds = vec![format!("email/{digest}"), format!("identifier/{digest}")];
            let quiet = Duration::ZERO;
            (claim, Settlement::Confirmed { link, quiet, retry_left_out: None })
        });
        ok(ledger.settle(&settled.collect::<Vec<_>>())).await?;
    }
    Ok(())
}
