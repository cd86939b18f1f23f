//! The checks of the tokens and of the account.

use chatwoot_client::ErrorKind;
use chatwoot_client::types::{AccountStatus, Role};

use super::finding::{Checked, Found};
use super::run::Patient;

/// The features that a store's account needs, and what agents miss without them.
const FEATURES: [(&str, &str); 4] = [
    ("channel_website", "the website inbox"),
    ("custom_attributes", "the customers' attributes"),
    ("integrations", "webhooks and the panel"),
    ("crm", "the customers' contacts"),
];

impl Patient<'_> {
    pub(super) async fn user_token(&self) -> Checked {
        let record = self.record().await?;
        let account = record.account.account;
        let account = account.ok_or_else(|| Found::skipped("the store has no account"))?;
        let user = self.user().await.map_err(|found| Found {
            advice: Some(
                "read the token in the user's profile in Chatwoot, or provision the store again"
                    .to_owned(),
            ),
            text: format!("the user's profile cannot be read: {}", found.text),
            ..found
        })?;
        let Some(member) = user.accounts.iter().find(|member| member.id == account) else {
            let text = format!("user {} is no member of account {account}", user.id);
            return Err(Found::failed(text, "add the user to the account as an administrator"));
        };
        match &member.role {
            Some(Role::Administrator) => {}
            role => {
                let role = role.as_ref().map_or("no role", Role::as_str);
                let text = format!(
                    "user {} is {role} of account {account}, and may change neither inboxes nor \
                     webhooks",
                    user.id
                );
                return Err(Found::failed(text, "make the user an administrator"));
            }
        }
        if record.account.administrator.is_some_and(|known| known != user.id) {
            let text = format!("the token is that of user {}, not the remembered one", user.id);
            return Err(Found::warned(text, "provision the store again"));
        }
        Ok(Found::passed(format!("user {} is administrator of account {account}", user.id)))
    }

    pub(super) async fn platform_token(&self) -> Checked {
        let Some((base_url, token)) = &self.doctor.platform else {
            return Err(Found::skipped("no platform token was given"));
        };
        let server = self.server().await?;
        let text = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
        if text(server) != text(base_url) {
            return Err(Found::skipped("the platform token is for another Chatwoot server"));
        }
        let account = self.record().await?.account.account;
        let account = account.ok_or_else(|| Found::skipped("the store has no account"))?;
        let platform = self.client().await?.platform(token.clone());
        match platform.accounts().get(account).deadline(self.deadline()).await {
            Ok(_) => Ok(Found::passed(format!("the app may use account {account}"))),
            Err(error) if error.kind() == ErrorKind::Unauthorized => Err(Found::failed(
                format!(
                    "the server does not know the platform token, or the app did not create \
                     account {account}"
                ),
                "read the token in the super administrator's pages; a store's own account is \
                 provisioned with a user's token instead",
            )),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn active(&self) -> Checked {
        let account = self.account().await?;
        let details = account.details().get().deadline(self.deadline()).await;
        let details = details.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Found::failed(
                "the account does not exist",
                "provision the store again after StoreRecord::forget_account, or correct its id",
            ),
            ErrorKind::Unauthorized if is_suspended(&error) => suspended(),
            _ => error.into(),
        })?;
        if details.status == Some(AccountStatus::Suspended) {
            return Err(suspended());
        }
        let known = &details.features;
        let missing = FEATURES.iter().filter(|(name, _)| {
            // A server that lists no features is not one that has none.
            !known.is_empty() && known.get(*name) != Some(&true)
        });
        let missing: Vec<String> = missing.map(|(name, what)| format!("{name} ({what})")).collect();
        if !missing.is_empty() {
            let text = format!("the account lacks {}", missing.join(", "));
            return Err(Found::warned(text, "enable them in the super administrator's pages"));
        }
        Ok(Found::passed(format!("account {} is active", details.id)))
    }
}

fn is_suspended(error: &chatwoot_client::Error) -> bool {
    error.server_message().is_some_and(|text| text.to_ascii_lowercase().contains("suspended"))
}

fn suspended() -> Found {
    Found::failed(
        "the account is suspended",
        "activate it in the super administrator's pages or with the Platform API",
    )
}
