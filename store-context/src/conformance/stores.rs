//! The conformance tests of [`Stores`].

mod samples;

use std::time::Duration;

use chatwoot_client::{AccountId, InboxId};

use self::samples::{PAST, all, begun, more, renewed, texts, webhook_only};
use super::{good, north, ok, sample_store, sample_stores, south};
use crate::model::{OrganizationId, Store, StoreId};
use crate::ports::{
    Address, AddressMove, Expiring, OffboardPolicy, Offboarding, ProvisionLock, StoreAccount,
    StoreCredentials, StoreLifecycle, StoreRecord, Stores, Suspension,
};

/// Generates one test per requirement of [`Stores`](crate::ports::Stores); see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! stores_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            stores_conformance of stores,
            [
                it_starts_empty,
                a_store_comes_back_whole,
                ids_come_in_rising_order_and_pages,
                the_stores_of_an_organization_are_listed,
                a_store_is_replaced,
                a_new_store_has_nothing,
                an_account_is_replaced,
                every_secret_comes_back,
                stores_have_records_of_their_own,
                records_are_replaced_as_a_whole,
                putting_a_store_leaves_its_record,
                saving_a_record_leaves_its_store,
                an_outdated_record_is_not_kept,
                of_many_changes_at_once_none_is_lost,
                a_version_is_never_that_of_another_record,
                an_unknown_store_keeps_nothing,
                a_removed_store_is_gone,
                an_address_leads_to_its_store,
                an_unknown_address_is_nobodys,
                the_addresses_of_webhook_and_panel_are_apart,
                an_address_that_is_no_longer_kept_is_nobodys,
                a_replaced_address_is_taken_until_its_time_is_over,
                a_lifecycle_comes_back_whole,
                a_lock_is_one_holders,
                a_lock_ends_with_its_lease,
                an_extended_lock_holds_longer,
                a_lost_lock_changes_nothing,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// An unknown store is `None`, and there are no ids.
pub async fn it_starts_empty(port: &dyn Stores) {
    assert!(ok(port.open(&north()).await).is_none(), "an unknown store");
    assert_eq!(ok(port.ids(None, 10).await), [], "the ids");
}

/// A store is read back as it was saved.
pub async fn a_store_comes_back_whole(port: &dyn Stores) {
    let [first, second] = sample_stores();
    ok(port.put(&first).await);
    assert_eq!(open(port, &north()).await.store, first, "the store that was put");
    assert!(ok(port.open(&south()).await).is_none(), "the store that was not put");
    ok(port.put(&second).await);
    assert_eq!(open(port, &south()).await.store, second, "the second store");
}

/// Ids are listed in ascending order, whatever the order of insertion, and in pages.
pub async fn ids_come_in_rising_order_and_pages(port: &dyn Stores) {
    let [first, second] = sample_stores();
    ok(port.put(&second).await);
    assert_eq!(ok(port.ids(None, 10).await), [south()], "one store");
    ok(port.put(&first).await);
    assert_eq!(ok(port.ids(None, 10).await), [north(), south()], "two stores");
    assert_eq!(ok(port.ids(None, 1).await), [north()], "the first page");
    assert_eq!(ok(port.ids(Some(&north()), 1).await), [south()], "the second page");
    assert_eq!(ok(port.ids(Some(&south()), 1).await), [], "after the last");
    let between = good(StoreId::new("conformance-o"));
    assert_eq!(ok(port.ids(Some(&between), 10).await), [south()], "after an id that is no store's");
}

/// The stores of an organization are listed in ascending order and in pages, as they belong to it
/// now.
pub async fn the_stores_of_an_organization_are_listed(port: &dyn Stores) {
    let of = |id: &str, organization: Option<&str>| Store {
        id: good(StoreId::new(id)),
        organization: organization.map(|id| good(OrganizationId::new(id))),
        ..sample_store("conformance-north")
    };
    let ids =
        |ids: &[&str]| -> Vec<StoreId> { ids.iter().map(|id| good(StoreId::new(*id))).collect() };
    let (acme, bit) = (good(OrganizationId::new("acme")), good(OrganizationId::new("Bit & Co")));
    for (id, organization) in
        [("d", "acme"), ("a", "acme"), ("c", "Bit & Co"), ("b", "acme"), ("e", "acme-2")]
    {
        ok(port.put(&of(id, Some(organization))).await);
    }
    ok(port.put(&of("f", None)).await);
    let (all, b) = (ok(port.ids_of(&acme, None, 10).await), good(StoreId::new("b")));
    assert_eq!(all, ids(&["a", "b", "d"]), "all of them");
    assert_eq!(ok(port.ids_of(&acme, None, 2).await), ids(&["a", "b"]), "the first page");
    assert_eq!(ok(port.ids_of(&acme, Some(&b), 2).await), ids(&["d"]), "the second page");
    assert_eq!(ok(port.ids_of(&acme, None, 0).await), [], "a page of none");
    assert_eq!(ok(port.ids_of(&bit, None, 10).await), ids(&["c"]), "the other organization");
    ok(port.put(&of("a", Some("Bit & Co"))).await);
    ok(port.put(&of("b", None)).await);
    ok(port.remove(&good(StoreId::new("d"))).await);
    assert_eq!(ok(port.ids_of(&acme, None, 10).await), [], "after they left");
    assert_eq!(ok(port.ids_of(&bit, None, 10).await), ids(&["a", "c"]), "after one moved");
}

/// Saving a store again replaces it, and no other.
pub async fn a_store_is_replaced(port: &dyn Stores) {
    let [mut first, second] = put_both(port).await;
    "Renamed".clone_into(&mut first.name);
    ok(port.put(&first).await);
    assert_eq!(open(port, &north()).await.store, first, "the later store");
    assert_eq!(ok(port.ids(None, 10).await).len(), 2, "a store that was put twice is one");
    assert_eq!(open(port, &south()).await.store, second, "the other store");
}

/// A new store has no account and no secret.
pub async fn a_new_store_has_nothing(port: &dyn Stores) {
    put_both(port).await;
    let record = open(port, &north()).await;
    assert_eq!(record.account, StoreAccount::default(), "its account");
    has(port, &north(), &StoreCredentials::default(), "its credentials").await;
    assert!(record.account_key().is_none(), "the key of no account");
}

/// A store's account is read back completely, and replaced when it is saved again.
pub async fn an_account_is_replaced(port: &dyn Stores) {
    put_both(port).await;
    let begun = begun(7);
    save_account(port, &north(), &begun).await;
    assert_eq!(open(port, &north()).await.account, begun, "what was saved first");
    let more = more(&begun);
    save_account(port, &north(), &more).await;
    assert_eq!(open(port, &north()).await.account, more, "what was saved later");
    let less = StoreAccount { website_token: None, ..more };
    save_account(port, &north(), &less).await;
    assert_eq!(open(port, &north()).await.account, less, "a part that is no longer there");
}

/// Every secret is read back, with the expiry of a replaced one.
pub async fn every_secret_comes_back(port: &dyn Stores) {
    put_both(port).await;
    let all = all();
    save(port, &north(), &all).await;
    has(port, &north(), &all, "every secret").await;
}

/// Stores have separate accounts and secrets.
pub async fn stores_have_records_of_their_own(port: &dyn Stores) {
    put_both(port).await;
    let (first, second) = (all(), webhook_only());
    save(port, &north(), &first).await;
    save_account(port, &north(), &begun(7)).await;
    has(port, &south(), &StoreCredentials::default(), "the other store's were saved").await;
    assert_eq!(open(port, &south()).await.account, StoreAccount::default(), "the other's account");
    save(port, &south(), &second).await;
    save_account(port, &south(), &begun(8)).await;
    has(port, &south(), &second, "the store's own").await;
    has(port, &north(), &first, "the other store's were saved later").await;
    assert_eq!(open(port, &north()).await.account, begun(7), "the other's account came later");
}

/// Saving credentials replaces all previous ones: those that the new record lacks are removed.
pub async fn records_are_replaced_as_a_whole(port: &dyn Stores) {
    put_both(port).await;
    let first = all();
    save(port, &north(), &first).await;
    let renewed = renewed(&first);
    save(port, &north(), &renewed).await;
    has(port, &north(), &renewed, "the later credentials").await;
}

/// Saving a store again preserves its account, its secrets and their version.
pub async fn putting_a_store_leaves_its_record(port: &dyn Stores) {
    let [first, _] = put_both(port).await;
    let (account, credentials) = (more(&begun(7)), all());
    save(port, &north(), &credentials).await;
    save_account(port, &north(), &account).await;
    let before = open(port, &north()).await;
    ok(port.put(&first).await);
    let after = open(port, &north()).await;
    assert_eq!(after.account, account, "what was saved before");
    assert_eq!(after.version, before.version, "the version");
    has(port, &north(), &credentials, "what was saved before").await;
}

/// Saving a record does not change the store, which the host may have saved again meanwhile.
pub async fn saving_a_record_leaves_its_store(port: &dyn Stores) {
    let [mut first, _] = put_both(port).await;
    let mut read = open(port, &north()).await;
    "Renamed".clone_into(&mut first.name);
    ok(port.put(&first).await);
    read.account = begun(7);
    assert!(ok(port.save(&read).await).is_some(), "the version is still the same");
    assert_eq!(open(port, &north()).await.store, first, "the store that was put later");
}

/// Of two changes to the same version of a record, the second is not saved.
pub async fn an_outdated_record_is_not_kept(port: &dyn Stores) {
    put_both(port).await;
    let (mut first, mut second) = (open(port, &north()).await, open(port, &north()).await);
    first.credentials = all();
    let version = ok(port.save(&first).await);
    assert!(version.is_some_and(|version| version > first.version), "the version grows");
    second.account = begun(8);
    second.credentials = webhook_only();
    assert_eq!(ok(port.save(&second).await), None, "the second change");
    let kept = open(port, &north()).await;
    assert_eq!(Some(kept.version), version, "the version of the first change");
    assert_eq!(kept.account, StoreAccount::default(), "nothing of the second change");
    has(port, &north(), &first.credentials, "the first change").await;
    is_at(port, Address::Webhook, &second.credentials, None).await;
    assert_eq!(ok(port.save(&first).await), None, "a record that was saved is outdated too");
}

/// Changes that are retried after a conflict are all saved.
pub async fn of_many_changes_at_once_none_is_lost(port: &dyn Stores) {
    put_both(port).await;
    let id = north();
    let changes = (0..8).map(|n| {
        let id = &id;
        async move {
            let change = |record: &mut StoreRecord| match n {
                0 => record.account.account = Some(AccountId(7)),
                1 => record.account.website_inbox = Some(InboxId(1)),
                2 => record.account.website_token = Some("token".to_owned()),
                3 => record.account.api_inbox = Some(InboxId(2)),
                4 => record.credentials.webhook_secret = Some("webhook".into()),
                5 => record.credentials.website_hmac = Some("website".into()),
                6 => record.credentials.identifier_key = Some("identifiers".into()),
                _ => record.credentials.proof_key = Some("proofs".into()),
            };
            loop {
                let mut record = open(port, id).await;
                tokio::time::sleep(Duration::ZERO).await;
                change(&mut record);
                if ok(port.save(&record).await).is_some() {
                    break;
                }
            }
        }
    });
    futures_util::future::join_all(changes).await;
    let StoreRecord { account, credentials, .. } = open(port, &id).await;
    let expected = StoreAccount {
        account: Some(AccountId(7)),
        website_inbox: Some(InboxId(1)),
        website_token: Some("token".to_owned()),
        api_inbox: Some(InboxId(2)),
        ..StoreAccount::default()
    };
    assert_eq!(account, expected, "every change of the account");
    let expected = StoreCredentials {
        webhook_secret: Some("webhook".into()),
        website_hmac: Some("website".into()),
        identifier_key: Some("identifiers".into()),
        proof_key: Some("proofs".into()),
        ..StoreCredentials::default()
    };
    assert!(texts(&credentials) == texts(&expected), "every change of the credentials");
}

/// A record of a store that was removed and added again is not accepted for the new store.
pub async fn a_version_is_never_that_of_another_record(port: &dyn Stores) {
    let [first, _] = put_both(port).await;
    let mut old = open(port, &north()).await;
    ok(port.remove(&north()).await);
    ok(port.put(&first).await);
    old.account = begun(7);
    assert_eq!(ok(port.save(&old).await), None, "a record of the removed store");
    assert_eq!(open(port, &north()).await.account, StoreAccount::default(), "the new store");
}

/// An unknown store has no record and cannot be locked.
pub async fn an_unknown_store_keeps_nothing(port: &dyn Stores) {
    let [_, second] = sample_stores();
    ok(port.put(&second).await);
    let [unknown, _] = sample_stores();
    let record = StoreRecord { store: unknown, ..open(port, &south()).await };
    assert_eq!(ok(port.save(&record).await), None, "a record of an unknown store");
    assert!(ok(port.open(&north()).await).is_none(), "the store is still unknown");
    assert_eq!(ok(port.lock(&north(), LEASE).await), None, "a lock of an unknown store");
    ok(port.remove(&north()).await);
    assert!(ok(port.update(&north(), |_| ()).await).is_none(), "a change of an unknown store");
}

/// Removing a store removes its account, its secrets and its URLs; others stay.
pub async fn a_removed_store_is_gone(port: &dyn Stores) {
    let [first, _] = put_both(port).await;
    let (kept, other) = (all(), webhook_only());
    save(port, &north(), &kept).await;
    save(port, &south(), &other).await;
    let lock = locked(port, "of the store that is removed").await;
    ok(port.remove(&north()).await);
    assert!(ok(port.open(&north()).await).is_none(), "the removed store");
    assert_eq!(ok(port.ids(None, 10).await), [south()], "the ids");
    is_at(port, Address::Webhook, &kept, None).await;
    is_at(port, Address::Panel, &kept, None).await;
    is_at(port, Address::Webhook, &other, Some(south())).await;
    assert!(!ok(port.extend(&lock, LEASE).await), "the lock of the removed store");
    ok(port.put(&first).await);
    has(port, &north(), &StoreCredentials::default(), "a store that is put again").await;
    assert!(!ok(port.extend(&lock, LEASE).await), "the lock is not the new store's");
}

/// The URL of a webhook or a panel leads to its store.
pub async fn an_address_leads_to_its_store(port: &dyn Stores) {
    put_both(port).await;
    let (first, second) = (all(), webhook_only());
    save(port, &north(), &first).await;
    save(port, &south(), &second).await;
    is_at(port, Address::Webhook, &first, Some(north())).await;
    is_at(port, Address::Panel, &first, Some(north())).await;
    is_at(port, Address::Webhook, &second, Some(south())).await;
}

/// An unknown URL leads to no store.
pub async fn an_unknown_address_is_nobodys(port: &dyn Stores) {
    put_both(port).await;
    is_at(port, Address::Webhook, &all(), None).await;
    save(port, &north(), &all()).await;
    is_at(port, Address::Webhook, &all(), None).await;
    is_at(port, Address::Panel, &all(), None).await;
}

/// A token belongs to the URL of a webhook or of a panel, never to both.
pub async fn the_addresses_of_webhook_and_panel_are_apart(port: &dyn Stores) {
    put_both(port).await;
    let kept = all();
    save(port, &north(), &kept).await;
    let crossed = StoreCredentials {
        webhook_address: kept.panel_address.clone(),
        panel_address: kept.webhook_address.clone(),
        ..StoreCredentials::default()
    };
    is_at(port, Address::Webhook, &crossed, None).await;
    is_at(port, Address::Panel, &crossed, None).await;
}

/// A URL that the store's later credentials lack leads to no store.
pub async fn an_address_that_is_no_longer_kept_is_nobodys(port: &dyn Stores) {
    put_both(port).await;
    let (first, other) = (all(), webhook_only());
    save(port, &north(), &first).await;
    save(port, &south(), &other).await;
    let renewed = renewed(&first);
    save(port, &north(), &renewed).await;
    is_at(port, Address::Webhook, &renewed, Some(north())).await;
    is_at(port, Address::Webhook, &first, None).await;
    is_at(port, Address::Panel, &first, None).await;
    let replaced = good(first.previous_panel_address.clone().ok_or("no replaced address"));
    let found = ok(port.store_at(Address::Panel, &replaced.value).await);
    assert_eq!(found, None, "a replaced address that is no longer kept");
    is_at(port, Address::Webhook, &other, Some(south())).await;
}

/// A replaced URL leads to its store until it expires, by the port's own clock: a time long ago is
/// expired, and one far ahead is not.
pub async fn a_replaced_address_is_taken_until_its_time_is_over(port: &dyn Stores) {
    put_both(port).await;
    let kept = all();
    save(port, &north(), &kept).await;
    let replaced = |address: Address| {
        let replaced = match address {
            Address::Webhook => &kept.previous_webhook_address,
            Address::Panel => &kept.previous_panel_address,
        };
        good(replaced.clone().ok_or("no replaced address"))
    };
    for (address, other) in [(Address::Webhook, Address::Panel), (Address::Panel, Address::Webhook)]
    {
        let found = ok(port.store_at(address, &replaced(address).value).await);
        assert_eq!(found, Some(north()), "{address:?}, before its time is over");
        let found = ok(port.store_at(other, &replaced(address).value).await);
        assert_eq!(found, None, "it is not the address of another kind");
    }
    let over = |address| Some(Expiring { until: PAST, ..replaced(address) });
    let kept = StoreCredentials {
        previous_webhook_address: over(Address::Webhook),
        previous_panel_address: over(Address::Panel),
        ..kept.clone()
    };
    save(port, &north(), &kept).await;
    for address in [Address::Webhook, Address::Panel] {
        let found = ok(port.store_at(address, &replaced(address).value).await);
        assert_eq!(found, None, "{address:?}, when its time is over");
    }
}

/// A store's lifecycle is read back completely, is saved with the record and no other way.
pub async fn a_lifecycle_comes_back_whole(port: &dyn Stores) {
    let [store, _] = put_both(port).await;
    assert_eq!(open(port, &north()).await.lifecycle, StoreLifecycle::default(), "a new store");
    let url = |text: &str| Some(good(text.parse()));
    let lifecycle = StoreLifecycle {
        suspended: Some(Suspension { since: super::at(7), reason: "unpaid ☕".to_owned() }),
        offboarding: Some(Offboarding {
            policy: OffboardPolicy::Anonymize,
            since: super::at(8),
            contacts: 9,
            account_deleted: true,
        }),
        moved: Some(Box::new(AddressMove {
            to: good("https://new.example.com/support".parse()),
            webhook_from: url("https://old.example.com/"),
            panel_from: None,
            verified: true,
        })),
    };
    let record = StoreRecord { lifecycle: lifecycle.clone(), ..open(port, &north()).await };
    assert!(ok(port.save(&record).await).is_some(), "it was read just now");
    assert_eq!(open(port, &north()).await.lifecycle, lifecycle, "what was saved");
    assert_eq!(ok(port.save(&record).await), None, "an outdated record");
    ok(port.put(&store).await);
    save(port, &north(), &all()).await;
    assert_eq!(open(port, &north()).await.lifecycle, lifecycle, "it stays");
    assert_eq!(open(port, &south()).await.lifecycle, StoreLifecycle::default(), "another store's");
    ok(port.remove(&north()).await);
    ok(port.put(&store).await);
    let again = open(port, &north()).await.lifecycle;
    assert_eq!(again, StoreLifecycle::default(), "of a store that was removed");
}

/// A store's lock has at most one holder; locks of stores are independent.
pub async fn a_lock_is_one_holders(port: &dyn Stores) {
    put_both(port).await;
    let lock = locked(port, "of a store that nobody holds").await;
    assert_eq!(lock.store, north(), "whose lock it is");
    assert_eq!(ok(port.lock(&north(), LEASE).await), None, "while it is held");
    let other = ok(port.lock(&south(), LEASE).await);
    assert!(other.is_some(), "the other store's lock");
    ok(port.unlock(&lock).await);
    let next = locked(port, "after it was given back").await;
    assert!(next.fence > lock.fence, "the fence grows");
    assert_eq!(ok(port.lock(&south(), LEASE).await), None, "the other store's is still held");
}

/// The lock of a killed holder is free when its lease has expired.
pub async fn a_lock_ends_with_its_lease(port: &dyn Stores) {
    put_both(port).await;
    ok(port.lock(&north(), SHORT).await);
    tokio::time::sleep(AFTER).await;
    locked(port, "after the lease").await;
}

/// A lock is valid for as long as it was last extended.
pub async fn an_extended_lock_holds_longer(port: &dyn Stores) {
    put_both(port).await;
    let lock = good(ok(port.lock(&north(), SHORT).await).ok_or("no lock"));
    assert!(ok(port.extend(&lock, LEASE).await), "a lock that is held");
    tokio::time::sleep(AFTER).await;
    assert_eq!(ok(port.lock(&north(), LEASE).await), None, "longer than the first lease");
    assert!(ok(port.extend(&lock, SHORT).await), "a lock that is still held");
    tokio::time::sleep(AFTER).await;
    locked(port, "after the last lease").await;
}

/// A lock that was taken over or released can be neither extended nor released again.
pub async fn a_lost_lock_changes_nothing(port: &dyn Stores) {
    put_both(port).await;
    let lost = good(ok(port.lock(&north(), SHORT).await).ok_or("no lock"));
    tokio::time::sleep(AFTER).await;
    let held = locked(port, "after the lease").await;
    assert!(!ok(port.extend(&lost, LEASE).await), "a lock that another has");
    ok(port.unlock(&lost).await);
    assert_eq!(ok(port.lock(&north(), LEASE).await), None, "the other's lock still stands");
    ok(port.unlock(&held).await);
    assert!(!ok(port.extend(&held, LEASE).await), "a lock that was given back");
}

async fn put_both(port: &dyn Stores) -> [Store; 2] {
    let stores = sample_stores();
    for store in &stores {
        ok(port.put(store).await);
    }
    stores
}

async fn open(port: &dyn Stores, id: &StoreId) -> StoreRecord {
    good(ok(port.open(id).await).ok_or("the store is not known"))
}

async fn locked(port: &dyn Stores, what: &str) -> ProvisionLock {
    let lock = ok(port.lock(&north(), LEASE).await);
    assert!(lock.is_some(), "the lock {what}");
    good(lock.ok_or("no lock"))
}

async fn save(port: &dyn Stores, id: &StoreId, credentials: &StoreCredentials) {
    let record = StoreRecord { credentials: credentials.clone(), ..open(port, id).await };
    assert!(ok(port.save(&record).await).is_some(), "a record that was just read");
}

async fn save_account(port: &dyn Stores, id: &StoreId, account: &StoreAccount) {
    let record = StoreRecord { account: account.clone(), ..open(port, id).await };
    assert!(ok(port.save(&record).await).is_some(), "a record that was just read");
}

async fn has(port: &dyn Stores, store: &StoreId, expected: &StoreCredentials, what: &str) {
    // Not `assert_eq!`, which would print secrets.
    assert!(texts(&open(port, store).await.credentials) == texts(expected), "{what}");
}

/// Asserts which store a URL of the credentials belongs to.
async fn is_at(port: &dyn Stores, address: Address, of: &StoreCredentials, store: Option<StoreId>) {
    let token = match address {
        Address::Webhook => &of.webhook_address,
        Address::Panel => &of.panel_address,
    };
    if let Some(token) = token {
        assert_eq!(ok(port.store_at(address, token).await), store, "whose {address:?} address");
    }
}

/// A lease that no test waits for.
const LEASE: Duration = Duration::from_mins(5);
/// A lease that expires during a test.
const SHORT: Duration = Duration::from_millis(50);
/// How long a test waits for that.
const AFTER: Duration = Duration::from_millis(250);
