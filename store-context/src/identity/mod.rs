//! Proves a customer's identity to Chatwoot: to the widget on a page, and to the public API for an
//! app.
//!
//! Only the store knows who is signed in, so pass only the signed-in customer of the host's own
//! session.

mod conversation;
mod probe;
mod store_identity;

use std::fmt;
use std::time::Duration;

use chatwoot_client::public::{NewPublicContact, PublicContact, PublicContactPatch};
use chatwoot_client::widget::{WidgetError, WidgetUser, identifier_hash};
use chatwoot_client::{Attributes, Client, Error, InboxId, Secret};
use jiff::Timestamp;

pub(crate) use self::probe::ProbeMark;
pub use self::store_identity::{Evidence, StoreIdentity};
pub use crate::attributes::PROOF_ATTRIBUTE;
use crate::model::{Customer, CustomerId, StoreId};
use crate::ports::{
    AuditAction, AuditEntry, AuditSubject, Expiring, PortError, PortResult, Ports, StoreRecord,
};

/// The reason why an identity cannot be proved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The store has no inbox of that kind yet.
    #[error("store {0} is not provisioned: run the Provisioner for it first")]
    NotProvisioned(StoreId),
    /// The customer cannot be a user of the widget.
    #[error(transparent)]
    Widget(#[from] WidgetError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The data with which an app of the store acts for a customer in the public API. `Debug` shows no
/// proof.
///
/// ```
/// use chatwoot_client::Client;
/// use store_context::identity::PublicIdentity;
///
/// # async fn example(client: &Client, customer: PublicIdentity) -> Result<(), chatwoot_client::Error> {
/// let source_id = customer.create_contact(client).await?.source_id;
/// let inbox = client.public_inbox(&customer.inbox_identifier);
/// let proof = &customer.conversation_attributes;
/// let conversation = inbox.conversations(&source_id).create(Some(proof)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct PublicIdentity {
    /// The API inbox's public identifier.
    pub inbox_identifier: String,
    /// The API inbox.
    pub inbox: InboxId,
    /// The customer's identifier; `None` for a guest.
    pub identifier: Option<String>,
    /// The HMAC of the identifier.
    pub identifier_hash: Secret,
    /// The attributes that prove a conversation: pass them as the `custom_attributes` of each
    /// conversation that the app creates. Empty for a guest.
    pub conversation_attributes: Attributes,
}

impl PublicIdentity {
    /// Creates the contact in the store's API inbox, or finds the one with the customer's identifier,
    /// and proves to Chatwoot that it is the customer's. `client` is that of the store's Chatwoot
    /// server. The app keeps the `source_id` for the customer's session.
    ///
    /// Creating a contact verifies Chatwoot's own proof but does not store it; updating the contact
    /// does, and only then is a conversation verified (4.15.1). So for a customer it is two calls.
    ///
    /// # Errors
    /// Returns an error if Chatwoot refused a call or did not respond.
    pub async fn create_contact(&self, client: &Client) -> Result<PublicContact, Error> {
        let inbox = client.public_inbox(&self.inbox_identifier);
        let new = NewPublicContact {
            identifier: self.identifier.clone(),
            identifier_hash: Some(self.identifier_hash.clone()),
            ..NewPublicContact::default()
        };
        let contact = inbox.contacts().create(&new).await?;
        if self.identifier.is_some() {
            let proof = PublicContactPatch {
                identifier: self.identifier.clone(),
                identifier_hash: Some(self.identifier_hash.clone()),
                ..PublicContactPatch::default()
            };
            inbox.contacts().update(&contact.source_id, &proof).await?;
        }
        Ok(contact)
    }
}

impl fmt::Debug for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicIdentity")
            .field("inbox_identifier", &self.inbox_identifier)
            .field("inbox", &self.inbox)
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

/// Creates proofs of identity with the stores' HMAC tokens and keys.
#[derive(Clone, Debug)]
pub struct Identity {
    ports: Ports,
}

impl Identity {
    /// Creates a service on the host's ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports }
    }

    /// Returns the store's public website token for the widget, for a page without a signed-in
    /// customer.
    ///
    /// # Errors
    /// Returns an error if the store has no website inbox, or a port failed.
    pub async fn website_token(&self, store: &StoreId) -> Result<String, IdentityError> {
        let token = self.record(store).await?.account.website_token;
        token.ok_or_else(|| IdentityError::NotProvisioned(store.clone()))
    }

    /// Returns the signed-in customer as the widget's user, with both proofs: Chatwoot's HMAC of
    /// the identifier, and the store's own proof, which the snippet sets on the conversation.
    ///
    /// The user has no email address and no phone number: the widget merges the customer's contact
    /// into a guest's with the same one (Chatwoot 4.15.1), and the guest would continue as the
    /// customer. The sync writes both, unless the store's
    /// [`PrivacyPolicy`](crate::model::PrivacyPolicy) withholds them. It has no name either if the
    /// policy withholds that.
    ///
    /// # Errors
    /// Returns an error if the store has no website inbox, or a port failed.
    pub async fn widget_user(
        &self,
        store: &StoreId,
        customer: &Customer,
    ) -> Result<WidgetUser, IdentityError> {
        let record = self.record(store).await?;
        let identity = StoreIdentity::new(&record.store, &record.credentials)?;
        let hmac = record.credentials.website_hmac;
        let hmac = hmac.ok_or_else(|| IdentityError::NotProvisioned(store.clone()))?;
        let mut user = WidgetUser::proven(identity.identifier(&customer.id), &hmac)?;
        let name = record.store.privacy.contact.name_of(customer);
        user.name = Some(name).filter(|name| !name.is_empty());
        user.conversation_attributes = self.proof_attributes(&identity, &customer.id).into();
        Ok(user)
    }

    /// Returns the attributes that prove the signed-in customer to the store itself. They belong on
    /// the conversation, and a page gets new ones each time it is served.
    ///
    /// A page that embeds the widget itself sets them with
    /// `$chatwoot.setConversationCustomAttributes`; an app passes them when it creates a
    /// conversation. They authenticate the customer until they expire
    /// ([`IdentityPolicy::proof_lifetime`](crate::model::IdentityPolicy::proof_lifetime)): create
    /// them only for the customer of the host's own session, and serve them to no one else.
    ///
    /// # Errors
    /// Returns an error if the store has no keys because it is not provisioned, or a port failed.
    ///
    /// ```
    /// use store_context::identity::{Identity, IdentityError};
    /// use store_context::model::{CustomerId, StoreId};
    ///
    /// # async fn example(identity: &Identity, store: &StoreId, signed_in: &CustomerId)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let attributes = identity.conversation_attributes(store, signed_in).await?;
    /// // JSON for a script of the page; escape `<` as for any JSON in HTML.
    /// let json = serde_json::to_string(&attributes)?.replace('<', "\\u003c");
    /// let script = format!(
    ///     "addEventListener('chatwoot:ready', () => \
    ///      $chatwoot.setConversationCustomAttributes({json}));"
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub async fn conversation_attributes(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Attributes, IdentityError> {
        let record = self.record(store).await?;
        let identity = StoreIdentity::new(&record.store, &record.credentials)?;
        Ok(self.proof_attributes(&identity, customer))
    }

    /// Replaces the key of the store's proofs. Proofs of the previous key are accepted for
    /// `overlap`, or for the store's
    /// [`proof_lifetime`](crate::model::IdentityPolicy::proof_lifetime) if it is `None`: a shorter
    /// time invalidates proofs of open pages. Only one previous key is accepted, so do not rotate
    /// again before the overlap has passed, except with [`Duration::ZERO`] after a key leaked.
    ///
    /// # Errors
    /// Returns an error if the store is not known or has no keys yet, or a port failed.
    ///
    /// ```
    /// # async fn example(identity: store_context::identity::Identity, store: store_context::model::StoreId)
    /// # -> Result<(), store_context::identity::IdentityError> {
    /// identity.rotate_proof_key(&store, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate_proof_key(
        &self,
        store: &StoreId,
        overlap: Option<Duration>,
    ) -> Result<(), IdentityError> {
        let (key, now) = (random_key()?, self.ports.clock.now());
        let replace = |record: &mut StoreRecord| {
            let overlap = overlap.unwrap_or(record.store.identity.proof_lifetime);
            let until = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
            let kept = &mut record.credentials;
            let Some(value) = kept.proof_key.take() else { return false };
            kept.proof_key = Some(key.clone());
            kept.previous_proof_key = Some(Expiring { value, until });
            true
        };
        match self.ports.stores.update(store, replace).await? {
            Some((_, true)) => {
                let secret = AuditSubject::Secret("proof_key".to_owned());
                let actor = "store-context/identity";
                let entry = AuditEntry::new(store, actor, AuditAction::Rotate, secret);
                Ok(self.ports.audit.append(&[entry]).await?)
            }
            _ => Err(IdentityError::NotProvisioned(store.clone())),
        }
    }

    /// Returns the signed-in customer for the public API, with proof.
    ///
    /// # Errors
    /// Returns an error if the store has no API inbox, or a port failed.
    pub async fn public(
        &self,
        store: &StoreId,
        customer: &Customer,
    ) -> Result<PublicIdentity, IdentityError> {
        self.public_identity(store, Some(customer)).await
    }

    /// Returns a guest for the public API. Chatwoot requires the HMAC of the empty identifier too
    /// (4.15.1).
    ///
    /// Use it on the host's server only: anyone who has it can open a contact by its email address.
    ///
    /// # Errors
    /// Returns an error if the store has no API inbox, or a port failed.
    pub async fn public_guest(&self, store: &StoreId) -> Result<PublicIdentity, IdentityError> {
        self.public_identity(store, None).await
    }

    async fn public_identity(
        &self,
        store: &StoreId,
        customer: Option<&Customer>,
    ) -> Result<PublicIdentity, IdentityError> {
        let missing = || IdentityError::NotProvisioned(store.clone());
        let StoreRecord { store: found, account: store_account, credentials, .. } =
            self.record(store).await?;
        let (mut identifier, mut conversation_attributes) = (None, Attributes::new());
        if let Some(customer) = customer {
            let identity = StoreIdentity::new(&found, &credentials)?;
            identifier = Some(identity.identifier(&customer.id));
            conversation_attributes = self.proof_attributes(&identity, &customer.id);
        }
        let hmac = credentials.api_hmac.ok_or_else(missing)?;
        let hash = identifier_hash(&hmac, identifier.as_deref().unwrap_or_default());
        Ok(PublicIdentity {
            inbox_identifier: store_account.api_inbox_identifier.ok_or_else(missing)?,
            inbox: store_account.api_inbox.ok_or_else(missing)?,
            identifier,
            identifier_hash: Secret::new(hash),
            conversation_attributes,
        })
    }

    async fn record(&self, store: &StoreId) -> Result<StoreRecord, IdentityError> {
        let record = self.ports.stores.open(store).await?;
        record.ok_or_else(|| IdentityError::NotProvisioned(store.clone()))
    }

    fn proof_attributes(&self, identity: &StoreIdentity, customer: &CustomerId) -> Attributes {
        let proof = identity.prove(customer, self.ports.clock.now());
        Attributes::from_iter([(PROOF_ATTRIBUTE.to_owned(), proof.into())])
    }
}

/// Returns a new key of 256 random bits, as 64 hexadecimal digits.
pub(crate) fn random_key() -> PortResult<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| PortError::new("randomness", error))?;
    Ok(Secret::new(hex::encode(bytes)))
}
