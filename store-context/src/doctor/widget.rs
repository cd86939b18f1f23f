//! Checks whether a visitor of a website inbox can become another contact without a proof.

use chatwoot_client::application::contacts::{Contact, ContactKey, NewContact};
use chatwoot_client::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WebWidget, WidgetContactPatch, WidgetIntroduction,
    WidgetVisitor,
};
use chatwoot_client::widget::WidgetUser;
use chatwoot_client::{Account, Attributes, ContactId, Error, ErrorKind, Secret};

use super::widget_report::{Finding, Leftover, Verdict, Way, WidgetReport};

/// The custom attribute that a visitor tries to set.
const ATTRIBUTE: &str = "widget_check";
/// The number of phone numbers that are tried until one is unused.
const DRAWS: usize = 3;

/// Checks whether an anonymous visitor of the website inbox can become another contact, and what
/// else a visitor may do without a proof: Chatwoot 4.15.1 allows it, `hmac_mandatory` or not.
///
/// `account` is the inbox's account, with an administrator's token; `website` must use the same
/// route as visitors, through the proxy that is to be checked; `hmac_token` is the website inbox's,
/// and without it [`Way::SignedIn`] is `Unknown`. The email box that Chatwoot shows in a
/// conversation is not tried.
///
/// The check creates contacts of its own, with an unguessable identifier, an address at
/// `example.invalid` and a number from a range that is reserved for fiction, and one or two
/// conversations, which agents see and webhooks report for a moment. It removes the contacts at the
/// end, and Chatwoot deletes their conversations with them. If the future is dropped before the
/// end, nothing is removed: the remaining contacts are named `Widget check`, and visitors as
/// Chatwoot names them. A server allows 6 conversations in 12 hours from one address.
///
/// # Errors
/// Returns an error if the contact to become could not be created; nothing else was done then.
///
/// ```
/// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
/// use chatwoot_client::Secret;
/// use store_context::doctor::check_widget;
///
/// let account = client.account(7, "user-token");
/// let hmac_token = Secret::new("the inbox's hmac_token");
/// let report = check_widget(&account, &client.web_widget("website-token"), Some(&hmac_token)).await?;
/// println!("{report}");
/// if report.is_open() {
///     println!("close it at the proxy: see docs/threat-model.md");
/// }
/// # Ok(())
/// # }
/// ```
pub async fn check_widget(
    account: &Account,
    website: &WebWidget,
    hmac_token: Option<&Secret>,
) -> Result<WidgetReport, Error> {
    let mark = mark();
    let other = make_other(account, &mark).await?;
    let mut check = Check { account, website, hmac_token, mark, made: vec![other.id], other };
    let mut findings = Vec::with_capacity(Way::ALL.len());
    for way in Way::ALL {
        let verdict = check.attempt(way).await.unwrap_or_else(Verdict::Unknown);
        findings.push(Finding { way, verdict });
    }
    Ok(WidgetReport { findings, left: remove(account, &check.made).await })
}

/// Returns an unguessable text for identifiers and addresses.
fn mark() -> String {
    let mut random = [0; 16];
    if getrandom::fill(&mut random).is_err() {
        // The contact exists for seconds; a unique text is sufficient if the system has no random
        // bytes.
        fastrand::fill(&mut random);
    }
    format!("widget-check-{}", hex::encode(random))
}

/// Creates the contact that visitors try to become.
async fn make_other(account: &Account, mark: &str) -> Result<Contact, Error> {
    let contacts = account.contacts();
    let mut wanted = NewContact {
        name: Some("Widget check".to_owned()),
        identifier: Some(mark.to_owned()),
        email: Some(format!("{mark}@example.invalid")),
        ..NewContact::default()
    };
    // Ofcom reserves these numbers for drama; if a few are taken, use none.
    let number = || format!("+447700900{:03}", fastrand::u16(0..1000));
    let mut draws = DRAWS;
    loop {
        wanted.phone_number = (draws > 0).then(number);
        match contacts.create(&wanted).await {
            Ok(made) => return Ok(made.contact),
            Err(error) if error.is_conflict() && draws > 0 => draws -= 1,
            Err(error) => {
                // It may have been created despite the error.
                let key = ContactKey::Identifier(mark.to_owned());
                if error.is_unknown_outcome()
                    && let Ok(Some(made)) = contacts.find_exact(key).await
                {
                    remove(account, &[made.id]).await;
                }
                return Err(error);
            }
        }
    }
}

/// Removes the contacts; a missing one was merged into the other.
async fn remove(account: &Account, made: &[ContactId]) -> Vec<Leftover> {
    let mut left = Vec::new();
    for &contact in made {
        match account.contacts().delete(contact).await {
            Err(error) if !error.is_not_found() => {
                left.push(Leftover { contact, why: error.to_string() });
            }
            _ => {}
        }
    }
    left
}

struct Check<'a> {
    account: &'a Account,
    website: &'a WebWidget,
    hmac_token: Option<&'a Secret>,
    mark: String,
    other: Contact,
    made: Vec<ContactId>,
}

/// Formats the reason why a way could not be tried.
fn why(what: &str, error: &Error) -> String {
    format!("{what}: {error}")
}

impl Check<'_> {
    /// Creates a new visitor, and returns it with its contact.
    async fn visitor(&mut self) -> Result<(WidgetVisitor, ContactId), String> {
        let config = self.website.config().await.map_err(|e| why("no visitor", &e))?;
        let own = config.contact.id;
        self.account.contacts().get(own).await.map_err(|e| why("not the inbox's account", &e))?;
        self.made.push(own);
        Ok((self.website.visitor(config.website_channel_config.auth_token), own))
    }

    /// Tries one way as a separate visitor, and checks the visitor's contact afterwards: a merge
    /// removes it. The widget's responses are not considered.
    async fn attempt(&mut self, way: Way) -> Result<Verdict, String> {
        let (visitor, own) = self.visitor().await?;
        let said = self.send(way, &visitor).await?;
        match self.account.contacts().get(own).await {
            Err(error) if error.is_not_found() => return Ok(Verdict::Open),
            Err(error) => return Err(why("the visitor's contact cannot be read", &error)),
            Ok(contact) if contact.custom_attributes.contains_key(ATTRIBUTE) => {
                // Several ways set the attribute, but only one of them is about it.
                if way == Way::Attributes {
                    return Ok(Verdict::Open);
                }
            }
            Ok(_) => {}
        }
        let Some(error) = said else { return Ok(Verdict::Closed) };
        if !is_refusal(&error) {
            return Err(error.to_string());
        }
        // Distinguishes a refusal of the email address from a refusal of all conversations.
        if way == Way::PreChat
            && let Err(error) = visitor.create_conversation(&conversation(None)).await
        {
            return Err(why("no conversation without an e-mail either", &error));
        }
        Ok(Verdict::Closed)
    }

    /// Sends the requests of a way; returns the error if one failed.
    async fn send(&self, way: Way, visitor: &WidgetVisitor) -> Result<Option<Error>, String> {
        let email = || self.other.email.clone();
        let by_email = WidgetContactPatch { email: email(), ..WidgetContactPatch::default() };
        let attribute = Attributes::from_iter([(ATTRIBUTE.to_owned(), true.into())]);
        let said = match way {
            Way::Identifier => {
                let identifier = Some(self.mark.clone());
                let change = WidgetContactPatch { identifier, ..WidgetContactPatch::default() };
                visitor.update_contact(&change).await.err()
            }
            Way::Email => visitor.update_contact(&by_email).await.err(),
            Way::Phone => {
                let phone_number = self.other.phone_number.clone();
                if phone_number.as_ref().is_none_or(String::is_empty) {
                    return Err("no number was free to try it with".to_owned());
                }
                let change = WidgetContactPatch { phone_number, ..WidgetContactPatch::default() };
                visitor.update_contact(&change).await.err()
            }
            Way::SignedIn => {
                let key = self.hmac_token.ok_or("no hmac_token was given")?;
                let user = WidgetUser::proven(format!("{}-visitor", self.mark), key);
                let user = user.map_err(|error| error.to_string())?;
                visitor.set_user(&user).await.map_err(|e| why("a right hash is refused", &e))?;
                visitor.update_contact(&by_email).await.err()
            }
            Way::PreChat => visitor.create_conversation(&conversation(email())).await.err(),
            Way::SetUser => {
                let user = WidgetUser::new(&self.mark).map_err(|error| error.to_string())?;
                visitor.set_user(&user).await.err()
            }
            Way::SetUnnamed => {
                let change = WidgetContactPatch { merge_custom_attributes: attribute, ..by_email };
                visitor.set_unnamed(&change).await.err()
            }
            Way::Attributes => {
                let change = WidgetContactPatch {
                    merge_custom_attributes: attribute,
                    ..WidgetContactPatch::default()
                };
                visitor.update_contact(&change).await.err()
            }
        };
        Ok(said)
    }
}

/// Returns whether the server or a proxy refused the request permanently.
fn is_refusal(error: &Error) -> bool {
    matches!(error.status(), Some(400..=499)) && error.kind() != ErrorKind::RateLimited
}

fn conversation(email: Option<String>) -> NewWidgetConversation {
    let contact = email
        .map(|email| WidgetIntroduction { email: Some(email), ..WidgetIntroduction::default() });
    let message =
        NewWidgetMessage::text("A check of the widget; this conversation goes by itself.");
    NewWidgetConversation { message, contact, ..NewWidgetConversation::default() }
}
