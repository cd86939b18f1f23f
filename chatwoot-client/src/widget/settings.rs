//! Settings: the appearance and behavior of the widget on a page.

use serde::Serialize;

use crate::types::Extra;

/// The settings of the widget: the value of `window.chatwootSettings`. For a field that is `None`
/// the widget uses its own default.
///
/// ```
/// use chatwoot_client::widget::{ColorScheme, Position, WidgetSettings};
///
/// let settings = WidgetSettings {
///     locale: Some("nl".into()),
///     position: Some(Position::Left),
///     dark_mode: Some(ColorScheme::Auto),
///     ..Default::default()
/// };
/// assert_eq!(
///     serde_json::to_string(&settings).unwrap(),
///     r#"{"locale":"nl","position":"left","darkMode":"auto"}"#,
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetSettings {
    /// The language, such as `nl` or `pt_BR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whether the browser's language takes precedence over `locale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_browser_language: Option<bool>,
    /// The side of the page on which the bubble is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Whether the bubble has a text.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub bubble_type: Option<BubbleType>,
    /// The text of an expanded bubble.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher_title: Option<String>,
    /// Whether the bubble is hidden, and the page opens the widget itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_message_bubble: Option<bool>,
    /// Whether the chat can be opened in a separate window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_popout_button: Option<bool>,
    /// Whether new messages are shown beside a closed bubble; the default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_unread_messages_dialog: Option<bool>,
    /// The shape of the widget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget_style: Option<WidgetStyle>,
    /// Light, dark, or the setting of the visitor's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dark_mode: Option<ColorScheme>,
    /// The domain whose subdomains share the visitor's cookies, such as `.shop.example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_domain: Option<String>,
    /// The title, instead of the inbox's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_title: Option<String>,
    /// The text under the title, instead of the inbox's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_description: Option<String>,
    /// The text that is shown while agents are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_message: Option<String>,
    /// The text that is shown while no agent is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unavailable_message: Option<String>,
    /// Whether a visitor may send files; the default is the inbox's setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_file_upload: Option<bool>,
    /// Whether a visitor may pick emoji; the default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_emoji_picker: Option<bool>,
    /// Whether a visitor may end a conversation; the default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_end_conversation: Option<bool>,
    /// Settings of a later version of the widget.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The side of the page on which the bubble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Position {
    /// Left.
    Left,
    /// Right; the widget's default.
    Right,
}

/// The form of the bubble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BubbleType {
    /// A round icon; the widget's default.
    Standard,
    /// An icon with the launcher title.
    ExpandedBubble,
}

/// The shape of the widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WidgetStyle {
    /// Round corners; the widget's default.
    Standard,
    /// Square corners.
    Flat,
}

/// The color scheme of the widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColorScheme {
    /// Light; the widget's default.
    Light,
    /// The setting of the visitor's system.
    Auto,
    /// Dark.
    Dark,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_values_are_those_the_widget_reads() {
        let text = |text: &str| Some(text.to_owned());
        let settings = WidgetSettings {
            locale: text("nl"),
            use_browser_language: Some(false),
            position: Some(Position::Right),
            bubble_type: Some(BubbleType::ExpandedBubble),
            launcher_title: text("Chat"),
            hide_message_bubble: Some(true),
            show_popout_button: Some(true),
            show_unread_messages_dialog: Some(false),
            widget_style: Some(WidgetStyle::Flat),
            dark_mode: Some(ColorScheme::Dark),
            base_domain: text(".shop.example.com"),
            welcome_title: text("Hi"),
            welcome_description: text("Ask"),
            available_message: text("Here"),
            unavailable_message: text("Away"),
            enable_file_upload: Some(false),
            enable_emoji_picker: Some(false),
            enable_end_conversation: Some(false),
            extra: Extra::new(),
        };
        assert_eq!(
            serde_json::to_value(&settings).unwrap(),
            json!({
                "locale": "nl", "useBrowserLanguage": false, "position": "right",
                "type": "expanded_bubble", "launcherTitle": "Chat", "hideMessageBubble": true,
                "showPopoutButton": true, "showUnreadMessagesDialog": false, "widgetStyle": "flat",
                "darkMode": "dark", "baseDomain": ".shop.example.com", "welcomeTitle": "Hi",
                "welcomeDescription": "Ask", "availableMessage": "Here",
                "unavailableMessage": "Away", "enableFileUpload": false,
                "enableEmojiPicker": false, "enableEndConversation": false
            })
        );
        assert_eq!(serde_json::to_value(WidgetSettings::default()).unwrap(), json!({}));
    }
}
