//! Provisions the administrator whose token the engine uses: a user whose mailbox belongs to the
//! host.

use chatwoot_client::platform::{NewUser, UserPatch};
use chatwoot_client::types::{Role, User};
use chatwoot_client::{AccountId, Client, Patch, Platform, Secret, UserId, UserToken};

use super::plan::{FieldChange, PlanAction, ResourceKind};
use super::{AtStep, ProvisionError, Run, random_address};
use crate::identity::StoreIdentity;
use crate::ports::{BoundToken, PortResult};

const STEP: &str = "administrator";

/// The administrator, as planned or provisioned.
pub(super) struct Administrator {
    /// The user; `None` if their creation is only planned.
    pub(super) user: Option<UserId>,
    /// Whether the account can be read with the saved token.
    pub(super) can_read: bool,
}

/// What differs of a user that exists.
struct Differences {
    /// The user has another email address.
    moves: bool,
    /// The user is not an administrator of the account.
    joins: bool,
    /// The saved token is missing.
    renews: bool,
}

impl Run<'_> {
    /// Provisions the user whose token the engine uses. A user with another email address is moved,
    /// with a new password and token, because the owner of the old mailbox could take over the
    /// account. A user who was deleted is created again.
    pub(super) async fn administrator(
        &mut self,
        (client, platform): (&Client, &Platform),
        account: Option<AccountId>,
    ) -> Result<Administrator, ProvisionError> {
        let address = self.address()?;
        let known = self.known_user(platform).await?;
        let Some(user) = &known else {
            self.entry(ResourceKind::Administrator, STEP, PlanAction::Create);
            let user = match account {
                Some(account) if !self.is_dry => {
                    Some(self.create_user(platform, account, &address).await?)
                }
                _ => None,
            };
            return Ok(Administrator { user, can_read: user.is_some() });
        };
        let id = user.id;
        let is = user.accounts.iter().find(|it| Some(it.id) == account);
        let role = is.and_then(|it| it.role.as_ref());
        let differences = Differences {
            moves: user.email.as_deref() != Some(&address),
            joins: role != Some(&Role::Administrator),
            renews: self.kept.credentials.user_token.is_none(),
        };
        let mut changes = Vec::new();
        if differences.moves {
            // The local part cannot be guessed and is told to no one.
            let domain = |email: &str| email.rsplit_once('@').map(|(_, at)| format!("***@{at}"));
            let from = user.email.as_deref().and_then(domain);
            changes.push(FieldChange::new("email", from, domain(&address)));
        }
        if differences.joins {
            let to = Role::Administrator.as_str();
            changes.push(FieldChange::new("role", role.map(Role::as_str), Some(to)));
        }
        if differences.moves || differences.renews {
            changes.push(FieldChange::secret("access_token"));
        }
        self.entry(ResourceKind::Administrator, STEP, PlanAction::of(changes));
        if self.is_dry {
            let can_read = !differences.joins && !differences.renews;
            return Ok(Administrator { user: Some(id), can_read });
        }
        if let (Some(user), Some(account)) = (known, account) {
            self.update_user((client, platform), account, user, &differences, address).await?;
        }
        Ok(Administrator { user: Some(id), can_read: true })
    }

    /// Returns the saved user. One who was deleted is removed from the record.
    async fn known_user(&mut self, platform: &Platform) -> Result<Option<User>, ProvisionError> {
        let Some(id) = self.kept.account.administrator else { return Ok(None) };
        match platform.users().get(id).await {
            Err(error) if error.is_not_found() => {
                tracing::warn!(store = %self.store.id, user = %id, "the administrator was deleted");
                self.keep(|kept| {
                    kept.account.administrator = None;
                    kept.credentials.user_token = None;
                })
                .await?;
                Ok(None)
            }
            answer => answer.at(STEP).map(Some),
        }
    }

    async fn create_user(
        &mut self,
        platform: &Platform,
        account: AccountId,
        address: &str,
    ) -> Result<UserId, ProvisionError> {
        let user = self.new_user(platform, address).await?;
        // Adding a user again only sets the role.
        let members = platform.account_users();
        members.create(account, user.id, Role::Administrator).await.at(STEP)?;
        self.keep_token(&user).await?;
        Ok(user.id)
    }

    async fn update_user(
        &mut self,
        (client, platform): (&Client, &Platform),
        account: AccountId,
        mut user: User,
        differences: &Differences,
        address: String,
    ) -> Result<(), ProvisionError> {
        if differences.moves {
            // A user without a token is one whose token must be renewed, also after an
            // interruption.
            self.keep(|kept| kept.credentials.user_token = None).await?;
            let to = UserPatch {
                email: Patch::Set(address),
                password: Patch::Set(password()?),
                ..UserPatch::default()
            };
            user = platform.users().update(user.id, &to).await.at(STEP)?;
        }
        if differences.joins {
            let members = platform.account_users();
            members.create(account, user.id, Role::Administrator).await.at(STEP)?;
        }
        if differences.moves || differences.renews {
            // The previous token is refused from then on.
            let profile = client.profile(token_of(&user)?);
            user = profile.reset_access_token().await.at(STEP)?;
            self.keep_token(&user).await?;
        }
        Ok(())
    }

    async fn keep_token(&mut self, user: &User) -> Result<(), ProvisionError> {
        let base_url = self.kept.account.base_url.clone();
        let base_url = base_url.ok_or(ProvisionError::Lacking { step: STEP, what: "base URL" })?;
        let token = BoundToken { base_url, token: token_of(user)? };
        self.keep(|kept| {
            kept.account.administrator = Some(user.id);
            kept.credentials.user_token = Some(token.clone());
        })
        .await
    }

    /// Creates the user. Chatwoot returns the existing user if the address exists (4.15.1), so the
    /// call can be repeated; therefore no one else may know the address before.
    async fn new_user(&self, platform: &Platform, address: &str) -> Result<User, ProvisionError> {
        let name = format!("{} desk", self.store.name);
        let user = NewUser::new(name, address, password()?);
        platform.users().create(&user).await.at(STEP)
    }

    /// Returns the administrator's address, `desk+{the readable part of the store's
    /// id}-{digest}@{domain}`: one user per store, with an address that cannot be guessed and
    /// registered beforehand.
    fn address(&self) -> Result<String, ProvisionError> {
        const LONGEST: usize = 24;
        let lacking = |_| ProvisionError::Lacking { step: STEP, what: "key" };
        let identity = StoreIdentity::new(self.store, &self.kept.credentials).map_err(lacking)?;
        let id = self.store.id.as_str();
        let readable =
            |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let readable: String = id.chars().map(readable).take(LONGEST).collect();
        let domain = self.provisioner.config.administrator_domain.as_ref();
        let domain = domain.ok_or(ProvisionError::NoAdministratorDomain)?;
        Ok(format!("desk+{readable}-{}@{domain}", identity.administrator()))
    }
}

fn token_of(user: &User) -> Result<UserToken, ProvisionError> {
    let token = user.access_token.clone();
    token.map(UserToken::new).ok_or(ProvisionError::Lacking { step: STEP, what: "access_token" })
}

/// Returns a random password that is never used: 32 digits, and one character of each class that
/// the server requires.
fn password() -> PortResult<Secret> {
    Ok(Secret::new(format!("{}aA1!", random_address()?.expose())))
}
