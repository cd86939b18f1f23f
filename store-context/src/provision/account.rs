//! Provisions the store's account.

use chatwoot_client::platform::{NewPlatformAccount, PlatformAccount, PlatformAccountPatch};
use chatwoot_client::{AccountId, Attributes, Patch};

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run};

/// The key of the store's id in an account's custom attributes.
const STORE_KEY: &str = "store_id";

impl Run<'_> {
    pub(super) async fn account(&mut self) -> Result<AccountId, ProvisionError> {
        if let Some(id) = self.kept.account.account {
            return self.update_account(id).await;
        }
        // An account that was created before its id could be saved.
        if let Some(found) = self.find_account().await? {
            self.keep(|kept| kept.account.account = Some(found.id)).await?;
            return self.update_account(found.id).await;
        }
        let store = self.store;
        let account = NewPlatformAccount {
            locale: Some(store.locale.clone()),
            domain: store.website.host_str().map(str::to_owned),
            support_email: Some(store.support_email.clone()),
            custom_attributes: Some(Attributes::from_iter([(
                STORE_KEY.to_owned(),
                store.id.as_str().into(),
            )])),
            ..NewPlatformAccount::new(&store.name)
        };
        let made = self.provisioner.platform.accounts().create(&account).await.at("account")?;
        self.keep(|kept| kept.account.account = Some(made.id)).await?;
        self.done(format!("account {}", made.id), StepOutcome::Created);
        Ok(made.id)
    }

    /// Finds the store's account by its custom attribute. A server with a deleted account cannot
    /// list accounts (500, measured on 4.15.1): then none is found. After any other failure it is
    /// unknown whether one exists, and a second account must not be created.
    async fn find_account(&self) -> Result<Option<PlatformAccount>, ProvisionError> {
        let accounts = match self.provisioner.platform.accounts().list().await {
            Err(error) if error.status() == Some(500) => {
                tracing::debug!(%error, "the accounts cannot be listed");
                return Ok(None);
            }
            answer => answer.at("account")?,
        };
        Ok(accounts.into_iter().find(|account| {
            let attributes = account.custom_attributes.as_ref();
            let named = attributes.and_then(|attributes| attributes.get(STORE_KEY));
            named.and_then(|name| name.as_str()) == Some(self.store.id.as_str())
        }))
    }

    async fn update_account(&mut self, id: AccountId) -> Result<AccountId, ProvisionError> {
        let accounts = self.provisioner.platform.accounts();
        let is = match accounts.get(id).await {
            Err(error) if error.is_not_found() || error.is_unauthorized() => {
                return Err(ProvisionError::AccountGone(id));
            }
            answer => answer.at("account")?,
        };
        let store = self.store;
        let domain = store.website.host_str().map(str::to_owned);
        let same = is.name == store.name
            && is.locale.as_deref() == Some(&store.locale)
            && is.domain == domain
            && is.support_email.as_deref() == Some(&store.support_email);
        if !same {
            let to = PlatformAccountPatch {
                name: Patch::Set(store.name.clone()),
                locale: Patch::Set(store.locale.clone()),
                domain: Patch::from_wanted(domain),
                support_email: Patch::Set(store.support_email.clone()),
                ..PlatformAccountPatch::default()
            };
            accounts.update(id, &to).await.at("account")?;
        }
        self.done(format!("account {id}"), StepOutcome::changed_if(!same));
        Ok(id)
    }
}
