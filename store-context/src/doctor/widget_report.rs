//! The report of a website inbox's check.

use std::fmt;

use chatwoot_client::ContactId;

/// A way in which a visitor may access a contact without a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Way {
    /// Another contact's identifier in `PATCH widget/contact`.
    Identifier,
    /// Another contact's email address in `PATCH widget/contact`.
    Email,
    /// Another contact's phone number in `PATCH widget/contact`.
    Phone,
    /// Another contact's email address in `PATCH widget/contact`, from a visitor who proved to be
    /// another person.
    SignedIn,
    /// Another contact's email address in the pre-chat form, `POST widget/conversations`.
    PreChat,
    /// Another contact's identifier in `PATCH widget/contact/set_user`, without a hash.
    SetUser,
    /// Another contact's email address in `PATCH widget/contact/set_user`, with custom attributes
    /// and no identifier: no hash is required.
    SetUnnamed,
    /// Custom attributes of the visitor's own contact, in `PATCH widget/contact`.
    Attributes,
}

impl Way {
    /// All ways, in the order in which they are tried.
    pub const ALL: [Self; 8] = [
        Self::Identifier,
        Self::Email,
        Self::Phone,
        Self::SignedIn,
        Self::PreChat,
        Self::SetUser,
        Self::SetUnnamed,
        Self::Attributes,
    ];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identifier => "another's identifier by PATCH widget/contact",
            Self::Email => "another's e-mail by PATCH widget/contact",
            Self::Phone => "another's phone number by PATCH widget/contact",
            Self::SignedIn => "another's e-mail by PATCH widget/contact, signed in",
            Self::PreChat => "another's e-mail in the pre-chat form",
            Self::SetUser => "another's identifier by set_user without a hash",
            Self::SetUnnamed => "another's e-mail by set_user without an identifier",
            Self::Attributes => "own custom attributes by PATCH widget/contact",
        })
    }
}

/// Whether a way is open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The way works: the visitor became the other contact, or set the attribute.
    Open,
    /// The way was refused, or had no effect.
    Closed,
    /// The check of the way failed, for this reason.
    Unknown(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Closed => f.write_str("closed"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

/// The result for one way. `Display` writes one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The way.
    pub way: Way,
    /// Whether it is open.
    pub verdict: Verdict,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.way, self.verdict)
    }
}

/// A contact that the check created and could not remove. `Display` writes one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leftover {
    /// The contact.
    pub contact: ContactId,
    /// The reason why it could not be removed.
    pub why: String,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contact {} is left, delete it: {}", self.contact, self.why)
    }
}

/// The report of a website inbox's check. `Display` writes one line per way, then one per remaining
/// contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidgetReport {
    pub(super) findings: Vec<Finding>,
    pub(super) left: Vec<Leftover>,
}

impl WidgetReport {
    /// Returns the results, one per way.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the contacts that the check created and could not remove.
    pub fn left(&self) -> &[Leftover] {
        &self.left
    }

    /// Returns the verdict on a way; `None` if it was not tried.
    pub fn verdict(&self, way: Way) -> Option<&Verdict> {
        self.findings.iter().find(|it| it.way == way).map(|it| &it.verdict)
    }

    /// Returns whether at least one way is open.
    pub fn is_open(&self) -> bool {
        self.findings.iter().any(|it| it.verdict == Verdict::Open)
    }

    /// Returns whether every way is known to be closed.
    pub fn is_closed(&self) -> bool {
        self.findings.iter().all(|it| it.verdict == Verdict::Closed)
    }
}

impl fmt::Display for WidgetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = self.findings.iter().map(|it| it as &dyn fmt::Display);
        let left = self.left.iter().map(|it| it as &dyn fmt::Display);
        for (number, line) in findings.chain(left).enumerate() {
            let before = if number == 0 { "" } else { "\n" };
            write!(f, "{before}{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line_a_finding() {
        let verdicts = [Verdict::Open, Verdict::Closed, Verdict::Unknown("HTTP 502".to_owned())];
        let findings = Way::ALL.into_iter().zip(verdicts);
        let findings = findings.map(|(way, verdict)| Finding { way, verdict }).collect();
        let left = vec![Leftover { contact: 7.into(), why: "online".to_owned() }];
        let report = WidgetReport { findings, left };
        assert_eq!(
            report.to_string(),
            "another's identifier by PATCH widget/contact: open\n\
             another's e-mail by PATCH widget/contact: closed\n\
             another's phone number by PATCH widget/contact: unknown: HTTP 502\n\
             contact 7 is left, delete it: online"
        );
        assert!(report.is_open() && !report.is_closed());
        assert_eq!(report.verdict(Way::Email), Some(&Verdict::Closed));
        assert_eq!(report.verdict(Way::Attributes), None);
    }
}
