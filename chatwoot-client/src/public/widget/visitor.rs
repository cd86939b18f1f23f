//! Widget visitors: their contact, their identity and their events.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::Call;
use crate::http::Op;
use crate::public::widget::WebWidget;
use crate::public::widget::{WidgetConfig, WidgetContact, WidgetContactPatch, WidgetEvent};
use crate::types::Attributes;
use crate::types::Secret;
use crate::widget::WidgetUser;

const CONFIG: Op = Op::post("widget.config", "/api/v1/widget/config");
const CONTACT: Op = Op::get("widget.contact", "/api/v1/widget/contact");
const UPDATE_CONTACT: Op = Op::patch("widget.update_contact", "/api/v1/widget/contact");
const SET_USER: Op = Op::patch("widget.set_user", "/api/v1/widget/contact/set_user");
const EVENT: Op = Op::post("widget.event", "/api/v1/widget/events");

pub(crate) const OPERATIONS: &[Op] = &[CONTACT, UPDATE_CONTACT, SET_USER, EVENT];

/// A handle for one visitor of a website inbox; from [`WebWidget::visitor`].
///
/// A token that the server does not know is [not found](crate::error::Error::is_not_found).
#[derive(Clone, Debug)]
pub struct WidgetVisitor {
    website: WebWidget,
    token: Secret,
}

impl WidgetVisitor {
    pub(super) fn new(website: WebWidget, token: Secret) -> Self {
        Self { website, token }
    }

    /// Returns the visitor's token: anyone who has it can act as the visitor.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// Returns the configuration of the widget for a known visitor; if the token is no longer
    /// valid, the server creates a new visitor with a new token.
    ///
    /// `POST /api/v1/widget/config`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token; `Unauthorized` if its account is
    /// suspended.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// let config = visitor.config().await?;
    /// println!("{:?} asks", config.website_channel_config.website_name);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn config(&self) -> Call<'_, WidgetConfig> {
        self.call(CONFIG)
    }

    /// Returns the visitor's contact.
    ///
    /// `GET /api/v1/widget/contact`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// let contact = visitor.contact().await?;
    /// println!("e-mail known: {:?}", contact.has_email);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn contact(&self) -> Call<'_, WidgetContact> {
        self.call(CONTACT)
    }

    /// Updates the visitor's contact.
    ///
    /// `PATCH /api/v1/widget/contact`. Not in Chatwoot's published API.
    ///
    /// Custom attributes are *merged*. **The server does not verify identity here**, not even in an
    /// inbox that requires it: with the identifier, e-mail address or phone number of another
    /// contact the visitor becomes that contact (4.15.1). Pass nothing that a visitor typed.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended. A malformed e-mail address
    /// or phone number is ignored without an error.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::public::widget::WidgetContactPatch;
    ///
    /// let name = Some("Vera".to_owned());
    /// visitor.update_contact(&WidgetContactPatch { name, ..Default::default() }).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update_contact(&self, to: &WidgetContactPatch) -> Call<'_, WidgetContact> {
        self.call(UPDATE_CONTACT).json(to)
    }

    /// Updates the visitor's contact without identifying the visitor.
    ///
    /// `PATCH /api/v1/widget/contact/set_user`. The visitor may call it, without a token of the
    /// account. It has the same effect as [`WidgetVisitor::update_contact`] through another path;
    /// Chatwoot requires no proof of identity if the request sets a custom attribute and no
    /// identifier. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// Those of [`WidgetVisitor::update_contact`]; `Unauthorized` also for an identifier, or
    /// without custom attributes, in an inbox that requires a proof of identity.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Attributes;
    /// use chatwoot_client::public::widget::WidgetContactPatch;
    ///
    /// let plan = Attributes::from_iter([("plan".to_owned(), "trial".into())]);
    /// let change = WidgetContactPatch { merge_custom_attributes: plan, ..Default::default() };
    /// visitor.set_unnamed(&change).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_unnamed(&self, to: &WidgetContactPatch) -> Call<'_, WidgetContact> {
        self.call(SET_USER).json(to)
    }

    /// Identifies the visitor as a customer.
    ///
    /// `PATCH /api/v1/widget/contact/set_user`. Not in Chatwoot's published API.
    ///
    /// Custom attributes are *merged*. If the visitor was another contact before, the response has
    /// a new token in [`WidgetContact::widget_auth_token`]: the old one remains that contact's. In
    /// an inbox that does not require a proof of identity the visitor becomes the contact with this
    /// e-mail address: pass only a verified one.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended, for a wrong proof, and for a
    /// missing one in an inbox that requires it. A malformed e-mail address or phone number is
    /// ignored without an error.
    ///
    /// ```
    /// # async fn example(website: chatwoot_client::public::widget::WebWidget) -> Result<(), Box<dyn std::error::Error>> {
    /// use chatwoot_client::Secret;
    /// use chatwoot_client::widget::WidgetUser;
    ///
    /// let mut visitor = website.visitor("visitor-token");
    /// let hmac_token = Secret::new("the inbox's hmac_token");
    /// let mut user = WidgetUser::proven("customer-17", &hmac_token)?;
    /// user.name = Some("Ada Lovelace".into());
    /// if let Some(token) = visitor.set_user(&user).await?.widget_auth_token {
    ///     visitor = website.visitor(token);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_user(&self, user: &WidgetUser) -> Call<'_, WidgetContact> {
        self.call(SET_USER).json(&Body {
            identifier: user.identifier(),
            identifier_hash: user.identifier_hash.as_ref(),
            name: user.name.as_deref(),
            email: user.email.as_deref(),
            avatar_url: user.avatar_url.as_deref(),
            phone_number: user.phone_number.as_deref(),
            custom_attributes: &user.custom_attributes,
            additional_attributes: &user.extra,
        })
    }

    /// Reports an event of the visitor; [`WidgetEvent::triggered`] is sent to webhooks as
    /// `webwidget_triggered`.
    ///
    /// `POST /api/v1/widget/events`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if there is no inbox with this website token, or if the visitor's token is
    /// unknown or expired; `Unauthorized` if the account is suspended.
    ///
    /// ```
    /// # async fn example(visitor: chatwoot_client::public::widget::WidgetVisitor) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::public::widget::WidgetEvent;
    ///
    /// visitor.event(&WidgetEvent::triggered("https://shop.example.com/cart")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn event(&self, event: &WidgetEvent) -> Call<'_, ()> {
        self.done(EVENT).json(event)
    }

    pub(super) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        self.website.call(op).visitor(&self.token)
    }

    pub(super) fn done(&self, op: Op) -> Call<'_, ()> {
        self.website.done(op).visitor(&self.token)
    }
}

/// A user in the server's format: the widget's script accepts Chatwoot's own attributes beside the
/// others, the server expects them in a separate map.
#[derive(Serialize)]
struct Body<'u> {
    identifier: &'u str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier_hash: Option<&'u Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'u str>,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    custom_attributes: &'u Attributes,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    additional_attributes: &'u Attributes,
}
