//! The stores' Chatwoot, in one process, and the conversations that agents have open there.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::collections::BTreeMap;
use std::time::Duration;

use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::widget::identifier_hash;
use chatwoot_client::{
    Account, Attributes, Client, ContactId, ConversationId, PublicInbox, Secret,
};
use serde::Serialize;
use serde_json::{Value, json};
use store_context::Timestamp;
use store_context::Url;
use store_context::accounts::{Accounts, Clients};
use store_context::identity::{PROOF_ATTRIBUTE, StoreIdentity};
use store_context::model::{CustomerId, StoreId};
use store_context::ports::{BoundToken, Fingerprint, Hold, Link, Ports, Settlement, StoreRecord};

/// A conversation as an agent's page knows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Talk {
    pub(crate) conversation: ConversationId,
    pub(crate) contact: ContactId,
    pub(crate) uuid: String,
    pub(crate) source_id: String,
}

impl Talk {
    /// What a page sends to open its panel.
    pub(crate) fn opening(&self) -> Value {
        self.with(&json!({ "uuid": self.uuid }))
    }

    /// The same with another key.
    pub(crate) fn with(&self, key: &Value) -> Value {
        json!({ "conversation": self.conversation, "contact": self.contact, "key": key })
    }
}

/// A Chatwoot with an account for each of the two stores. In each, the customers 1, 2 and 3 have a
/// conversation that is proven (`nl/1`), customer 1 one more that is not (`nl/1?`), and a guest has
/// one (`nl/99`).
#[derive(Clone)]
pub(crate) struct Chatwoot {
    pub(crate) fake: FakeChatwoot,
    pub(crate) client: Client,
    pub(crate) talks: BTreeMap<String, Talk>,
}

impl Chatwoot {
    pub(crate) async fn open(ports: &Ports) -> Self {
        let fake = FakeChatwoot::new();
        let client = Client::builder("https://chatwoot.test").transport(fake.clone());
        let client = client.build().unwrap();
        let mut chatwoot = Self { fake, client, talks: BTreeMap::new() };
        for store in ["nl", "us"] {
            chatwoot.begin(ports, &StoreId::new(store).unwrap()).await;
        }
        chatwoot
    }

    pub(crate) fn talk(&self, name: &str) -> &Talk {
        &self.talks[name]
    }

    pub(crate) fn accounts(&self, ports: &Ports) -> Accounts {
        Accounts::new(ports, Clients::single(self.client.clone()))
    }

    async fn begin(&mut self, ports: &Ports, store: &StoreId) {
        let (account, token) = self.fake.add_account(store.as_str());
        let open = |record: &mut StoreRecord| {
            let base_url: Url = self.client.base_url().parse().unwrap();
            record.account.base_url = Some(base_url.clone());
            record.account.account = Some(account.into());
            let held = &mut record.credentials;
            held.user_token = Some(BoundToken { base_url, token: token.clone().into() });
            held.identifier_key = Some(format!("identifiers of {store}").into());
            held.proof_key = Some(format!("proofs of {store}").into());
        };
        let (record, ()) = ports.stores.update(store, open).await.unwrap().unwrap();
        let key = record.account_key().unwrap();
        let identity = StoreIdentity::new(&record.store, &record.credentials).unwrap();

        let account = self.client.account(account, token);
        let api = NewInbox::new("App", NewApiChannel::default());
        let inbox = account.inboxes().create(&api).await.unwrap();
        let hmac = inbox.hmac_token.clone().unwrap();
        let public = self.client.public_inbox(inbox.inbox_identifier.clone().unwrap());
        for number in 1..=3 {
            let customer = CustomerId::new(number.to_string()).unwrap();
            let identifier = Some(identity.identifier(&customer));
            let hash = identifier_hash(&hmac, identifier.as_deref().unwrap());
            let identifier_hash = Some(Secret::new(hash));
            let new = NewPublicContact {
                identifier: identifier.clone(),
                identifier_hash: identifier_hash.clone(),
                ..NewPublicContact::default()
            };
            let made = public.contacts().create(&new).await.unwrap();
            let proves = PublicContactPatch { identifier, identifier_hash, ..Default::default() };
            public.contacts().update(&made.source_id, &proves).await.unwrap();
            let fingerprint = Fingerprint(String::new());
            let link = Link::new(key.clone(), made.id, fingerprint);
            let row = ports.sync.hold(store, &customer, Duration::from_mins(1)).await.unwrap();
            let Hold::Held(held) = row else { unreachable!("nobody has {customer}") };
            let quiet = Duration::ZERO;
            let confirmed = Settlement::Confirmed { link, quiet, retry_left_out: None };
            ports.sync.settle(&[(*held, confirmed)]).await.unwrap();

            let proof = identity.prove(&customer, Timestamp::now());
            let proof = Attributes::from_iter([(PROOF_ATTRIBUTE.to_owned(), proof.into())]);
            let talk =
                begin(&account, &public, made.id, made.source_id.expose(), Some(&proof)).await;
            self.talks.insert(format!("{store}/{number}"), talk);
            if number == 1 {
                let talk = begin(&account, &public, made.id, made.source_id.expose(), None).await;
                self.talks.insert(format!("{store}/1?"), talk);
            }
        }
        let guest_hash = Some(Secret::new(identifier_hash(&hmac, "")));
        let guest = NewPublicContact { identifier_hash: guest_hash, ..Default::default() };
        let made = public.contacts().create(&guest).await.unwrap();
        let talk = begin(&account, &public, made.id, made.source_id.expose(), None).await;
        self.talks.insert(format!("{store}/99"), talk);
    }
}

async fn begin(
    account: &Account,
    public: &PublicInbox,
    contact: ContactId,
    source_id: &str,
    attributes: Option<&Attributes>,
) -> Talk {
    let talks = public.conversations(source_id);
    let talk = talks.create(attributes).await.unwrap().id;
    talks.conversation(talk).messages().create("Where is my parcel?", None).await.unwrap();
    let uuid = account.conversations().get(talk).await.unwrap().uuid.unwrap();
    Talk { conversation: talk, contact, uuid, source_id: source_id.to_owned() }
}
