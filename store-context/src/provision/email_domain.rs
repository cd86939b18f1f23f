//! The domain of the host's own mailboxes.

use std::fmt;
use std::str::FromStr;

/// The maximum length of a domain that leaves room for the local part.
const LONGEST: usize = 190;

/// A domain whose mailboxes belong to the host: `support.example.com`.
///
/// It consists of letters, digits and hyphens with at least one dot, and is stored in lower case;
/// other scripts are in their ASCII form (`xn--…`).
///
/// ```
/// use store_context::provision::EmailDomain;
///
/// let domain: EmailDomain = "Shop.Example.com".parse()?;
/// assert_eq!(domain.as_str(), "shop.example.com");
/// assert!("desk@shop.example.com".parse::<EmailDomain>().is_err());
/// # Ok::<(), store_context::provision::InvalidEmailDomain>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailDomain(String);

/// The error for a text that is no [`EmailDomain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a domain of mailboxes: write the part after the @ alone, as mail.example.com, in ASCII and \
     190 characters at the most; an IP address is none"
)]
pub struct InvalidEmailDomain;

impl EmailDomain {
    /// Returns the domain, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailDomain {
    type Err = InvalidEmailDomain;

    fn from_str(text: &str) -> Result<Self, InvalidEmailDomain> {
        let last = text.rsplit('.').next().unwrap_or_default();
        // A last label of digits is an IPv4 address; an IPv6 address has other characters.
        let named = !last.bytes().all(|byte| byte.is_ascii_digit());
        let whole = text.len() <= LONGEST && text.contains('.') && named;
        if whole && text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidEmailDomain)
        }
    }
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let ends = label.starts_with('-') || label.ends_with('-');
    (1..=63).contains(&label.len()) && label.bytes().all(plain) && !ends
}

impl TryFrom<&str> for EmailDomain {
    type Error = InvalidEmailDomain;

    fn try_from(text: &str) -> Result<Self, InvalidEmailDomain> {
        text.parse()
    }
}

impl fmt::Display for EmailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_the_part_after_the_at() {
        let longest = format!("{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(62));
        assert_eq!(longest.len(), LONGEST);
        for text in ["example.com", "a.b", "xn--mnchen-3ya.example", "1.example", &longest] {
            assert_eq!(text.parse::<EmailDomain>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
        let too_long = format!("{longest}c");
        for text in [
            "",
            "localhost",
            ".",
            "example.com.",
            ".example.com",
            "a..b",
            "support@example.com",
            "@example.com",
            "example .com",
            "example.com\n",
            "exam\u{212A}le.com",
            "münchen.example",
            "-a.example",
            "a-.example",
            "127.0.0.1",
            "[127.0.0.1]",
            "[::1]",
            "a_b.example",
            "example.com>",
            &too_long,
            &format!("{}.example", "a".repeat(64)),
        ] {
            assert_eq!(text.parse::<EmailDomain>(), Err(InvalidEmailDomain), "{text:?}");
        }
    }
}
