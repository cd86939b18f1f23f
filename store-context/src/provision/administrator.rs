//! Provisions the administrator whose token the engine uses: a user whose mailbox belongs to the
//! host.

use chatwoot_client::platform::{NewUser, UserPatch};
use chatwoot_client::types::{Role, User};
use chatwoot_client::{AccountId, Patch, Secret, UserId, UserToken};

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run, random_address};
use crate::identity::StoreIdentity;
use crate::ports::{BoundToken, PortResult};

const STEP: &str = "administrator";

impl Run<'_> {
    /// Provisions the user whose token the engine uses. A user with another email address is moved,
    /// with a new password and token, because the owner of the old mailbox could take over the
    /// account.
    pub(super) async fn administrator(
        &mut self,
        account: AccountId,
    ) -> Result<UserId, ProvisionError> {
        let platform = &self.provisioner.platform;
        let address = self.address()?;
        let known = self.kept.account.administrator;
        let mut user = match known {
            Some(id) => platform.users().get(id).await.at(STEP)?,
            None => self.new_user(&address).await?,
        };
        let moves = user.email.as_deref() != Some(&address);
        if moves {
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
        let is = user.accounts.iter().find(|it| it.id == account);
        let joins = is.and_then(|it| it.role.as_ref()) != Some(&Role::Administrator);
        if joins {
            // Adding a user again only sets the role.
            let members = platform.account_users();
            members.create(account, user.id, Role::Administrator).await.at(STEP)?;
        }
        let renews = known.is_none() || self.kept.credentials.user_token.is_none();
        if renews {
            if known.is_some() {
                user = self.renewed(user).await?;
            }
            let token = token_of(&user)?;
            let token = BoundToken { base_url: self.provisioner.base_url.clone(), token };
            self.keep(|kept| {
                kept.account.administrator = Some(user.id);
                kept.credentials.user_token = Some(token.clone());
            })
            .await?;
        }
        self.done(
            STEP,
            match known {
                Some(_) => StepOutcome::changed_if(moves || joins || renews),
                None => StepOutcome::Created,
            },
        );
        Ok(user.id)
    }

    /// Creates the user. Chatwoot returns the existing user if the address exists (4.15.1), so the
    /// call can be repeated; therefore no one else may know the address before.
    async fn new_user(&self, address: &str) -> Result<User, ProvisionError> {
        let name = format!("{} desk", self.store.name);
        let user = NewUser::new(name, address, password()?);
        self.provisioner.platform.users().create(&user).await.at(STEP)
    }

    /// Renews the user's token; the previous one is refused from then on.
    async fn renewed(&self, user: User) -> Result<User, ProvisionError> {
        let profile = self.provisioner.client.profile(token_of(&user)?);
        profile.reset_access_token().await.at(STEP)
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
        let domain = &self.provisioner.config.administrator_domain;
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
