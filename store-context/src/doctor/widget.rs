//! Whether a visitor of a website inbox becomes another contact without a proof.

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
/// How many phone numbers are tried until one is found that no contact has.
const DRAWS: usize = 3;

/// Tries whether an anonymous visitor of the website inbox can become another contact, and what
/// else a visitor may do without a proof: Chatwoot 4.15.1 lets them, `hmac_mandatory` or not.
///
/// `account` is the inbox's own, as an administrator; `website` has to go the way that visitors go,
/// past the proxy that is to be checked; `hmac_token` is the website inbox's, and without it
/// [`Way::SignedIn`] is `Unknown`. The e-mail box that Chatwoot shows in a conversation is not
/// tried.
///
/// The check makes contacts of its own, with an unguessable identifier, an address at
/// `example.invalid` and a number from a range that is reserved for fiction, and one or two
/// conversations, which agents see and webhooks tell of for a moment. It removes the contacts at
/// the end, and their conversations go with them. A future that is dropped before the end removes
/// nothing: the contacts that it leaves are named `Widget check`, and visitors as Chatwoot names
/// them. Of the conversations a server allows 6 in 12 hours from one address.
///
/// # Errors
/// The contact to become could not be made; nothing else was done then.
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

/// A text that nobody guesses, for identifiers and addresses.
fn mark() -> String {
    let mut random = [0; 16];
    if getrandom::fill(&mut random).is_err() {
        // The contact lives for seconds; unique is enough where the system has no better.
        fastrand::fill(&mut random);
    }
    format!("widget-check-{}", hex::encode(random))
}

/// The contact to become.
async fn make_other(account: &Account, mark: &str) -> Result<Contact, Error> {
    let contacts = account.contacts();
    let mut wanted = NewContact {
        name: Some("Widget check".to_owned()),
        identifier: Some(mark.to_owned()),
        email: Some(format!("{mark}@example.invalid")),
        ..NewContact::default()
    };
    // Ofcom keeps these for drama; when a few are taken, none.
    let number = || format!("+447700900{:03}", fastrand::u16(0..1000));
    let mut draws = DRAWS;
    loop {
        wanted.phone_number = (draws > 0).then(number);
        match contacts.create(&wanted).await {
            Ok(made) => return Ok(made.contact),
            Err(error) if error.is_conflict() && draws > 0 => draws -= 1,
            Err(error) => {
                // It may have been made all the same.
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

/// Removes the contacts; one that is gone went into the other by a merge.
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

/// Why a way could not be tried.
fn why(what: &str, error: &Error) -> String {
    format!("{what}: {error}")
}

impl Check<'_> {
    /// A new visitor, and the contact that they are.
    async fn visitor(&mut self) -> Result<(WidgetVisitor, ContactId), String> {
        let config = self.website.config().await.map_err(|e| why("no visitor", &e))?;
        let own = config.contact.id;
        self.account.contacts().get(own).await.map_err(|e| why("not the inbox's account", &e))?;
        self.made.push(own);
        Ok((self.website.visitor(config.website_channel_config.auth_token), own))
    }

    /// Tries one way as a visitor of its own, and looks at the visitor's contact afterwards: a
    /// merge removes it. What the answers of the widget say does not matter.
    async fn attempt(&mut self, way: Way) -> Result<Verdict, String> {
        let (visitor, own) = self.visitor().await?;
        let said = self.send(way, &visitor).await?;
        match self.account.contacts().get(own).await {
            Err(error) if error.is_not_found() => return Ok(Verdict::Open),
            Err(error) => return Err(why("the visitor's contact cannot be read", &error)),
            Ok(contact) if contact.custom_attributes.contains_key(ATTRIBUTE) => {
                // Of the ways that set it, only one is about it.
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
        // Refused for the e-mail, or is there no talking at all?
        if way == Way::PreChat
            && let Err(error) = visitor.create_conversation(&conversation(None)).await
        {
            return Err(why("no conversation without an e-mail either", &error));
        }
        Ok(Verdict::Closed)
    }

    /// Sends what the way is about; answers with how that failed, if it did.
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

/// Whether the server or a proxy said no, for good.
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
