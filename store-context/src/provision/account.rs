//! Provisions the store's account.

use chatwoot_client::platform::{NewPlatformAccount, PlatformAccount, PlatformAccountPatch};
use chatwoot_client::{AccountId, Attributes, Patch, Platform};

use super::plan::{FieldChange, PlanAction, ResourceKind};
use super::{AtStep, ProvisionError, Run};

/// The key of the store's id in an account's custom attributes.
const STORE_KEY: &str = "store_id";

const STEP: &str = "account";

impl Run<'_> {
    /// Provisions the account; returns `None` if it is only planned.
    pub(super) async fn account(
        &mut self,
        platform: &Platform,
    ) -> Result<Option<AccountId>, ProvisionError> {
        if self.kept.account.account.is_none() {
            // An account that was created before its id could be saved.
            if let Some(found) = self.find_account(platform).await? {
                self.keep(|kept| kept.account.account = Some(found.id)).await?;
            }
        }
        match self.kept.account.account {
            Some(id) => self.update_account(platform, id).await.map(Some),
            None => self.create_account(platform).await,
        }
    }

    async fn create_account(
        &mut self,
        platform: &Platform,
    ) -> Result<Option<AccountId>, ProvisionError> {
        self.entry(ResourceKind::Account, STEP, PlanAction::Create);
        if self.is_dry {
            return Ok(None);
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
        let made = platform.accounts().create(&account).await.at(STEP)?;
        self.keep(|kept| kept.account.account = Some(made.id)).await?;
        Ok(Some(made.id))
    }

    /// Finds the store's account by its custom attribute. A server with a deleted account cannot
    /// list accounts (500, measured on 4.15.1): then none is found. After any other failure it is
    /// unknown whether one exists, and a second account must not be created.
    async fn find_account(
        &self,
        platform: &Platform,
    ) -> Result<Option<PlatformAccount>, ProvisionError> {
        let accounts = match platform.accounts().list().await {
            Err(error) if error.status() == Some(500) => {
                tracing::debug!(%error, "the accounts cannot be listed");
                return Ok(None);
            }
            answer => answer.at(STEP)?,
        };
        Ok(accounts.into_iter().find(|account| {
            let attributes = account.custom_attributes.as_ref();
            let named = attributes.and_then(|attributes| attributes.get(STORE_KEY));
            named.and_then(|name| name.as_str()) == Some(self.store.id.as_str())
        }))
    }

    async fn update_account(
        &mut self,
        platform: &Platform,
        id: AccountId,
    ) -> Result<AccountId, ProvisionError> {
        let is = match platform.accounts().get(id).await {
            Err(error) if error.is_not_found() || error.is_unauthorized() => {
                return Err(ProvisionError::AccountGone(id));
            }
            answer => answer.at(STEP)?,
        };
        let store = self.store;
        let domain = store.website.host_str().map(str::to_owned);
        let fields = [
            ("name", Some(is.name), Some(store.name.clone())),
            ("locale", is.locale, Some(store.locale.clone())),
            ("domain", is.domain, domain.clone()),
            ("support_email", is.support_email, Some(store.support_email.clone())),
        ];
        let differing = fields.into_iter().filter(|(_, from, to)| from != to);
        let changes: Vec<FieldChange> =
            differing.map(|(field, from, to)| FieldChange::new(field, from, to)).collect();
        let is_changed = !changes.is_empty();
        self.entry(ResourceKind::Account, STEP, PlanAction::of(changes));
        if is_changed && !self.is_dry {
            let to = PlatformAccountPatch {
                name: Patch::Set(store.name.clone()),
                locale: Patch::Set(store.locale.clone()),
                domain: Patch::from_wanted(domain),
                support_email: Patch::Set(store.support_email.clone()),
                ..PlatformAccountPatch::default()
            };
            platform.accounts().update(id, &to).await.at(STEP)?;
        }
        Ok(id)
    }
}
