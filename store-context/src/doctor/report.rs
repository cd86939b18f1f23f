//! The report of a doctor's checks.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Check;
use crate::model::StoreId;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// What the check proves is true.
    Passed,
    /// It works, and something should be done.
    Warned,
    /// It does not work, or the check did not end.
    Failed,
    /// The check was not made.
    Skipped,
}

impl CheckStatus {
    const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warning",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

/// One check of one store. No text of it contains a secret. `Display` writes one line, and a second
/// one with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// The result.
    pub status: CheckStatus,
    /// What was found, or why the check was skipped.
    pub found: String,
    /// What to do, if it warned or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// How long the check took, in milliseconds.
    pub took_ms: u64,
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, status, found, advice, .. } = self;
        write!(f, "{:<8} {check:<15} {found}", status.word())?;
        match advice {
            Some(advice) => write!(f, "\n{:24} -> {advice}", ""),
            None => Ok(()),
        }
    }
}

/// The checks of one store. `Display` writes one line a check, after a line with the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoreReport {
    /// The store.
    pub store: StoreId,
    /// The results, in the order of [`Check::ALL`].
    pub checks: Vec<CheckResult>,
}

impl StoreReport {
    /// Returns the result of a check; `None` if it was left out.
    pub fn result(&self, check: Check) -> Option<&CheckResult> {
        self.checks.iter().find(|result| result.check == check)
    }

    /// Returns the checks with this result.
    pub fn with(&self, status: CheckStatus) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(move |result| result.status == status)
    }
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.store)?;
        for result in &self.checks {
            write!(f, "\n  {}", result.to_string().replace('\n', "\n  "))?;
        }
        Ok(())
    }
}

/// The checks of one store or of all. `Display` writes the stores, and ends with a line such as
/// `12 of 12`: how many of the checks that were made passed.
///
/// ```
/// use store_context::doctor::Report;
///
/// let json = r#"{"checked_at": "2026-11-21T12:00:00Z", "stores": [{"store": "north", "checks": [
///     {"check": "base_url", "status": "passed", "found": "Chatwoot answers", "took_ms": 12},
///     {"check": "clock", "status": "warned", "found": "40 s apart", "advice": "use NTP", "took_ms": 0},
///     {"check": "round_trip", "status": "skipped", "found": "it was left out", "took_ms": 0}
/// ]}]}"#;
/// let report: Report = serde_json::from_str(json)?;
/// assert_eq!(report.summary(), "1 of 2, 1 warning, 1 skipped");
/// assert!(report.is_healthy());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// When the checks began, by the host's clock.
    pub checked_at: Timestamp,
    /// The stores, in ascending order.
    pub stores: Vec<StoreReport>,
}

impl Report {
    pub(super) fn new(checked_at: Timestamp, stores: Vec<StoreReport>) -> Self {
        Self { checked_at, stores }
    }

    /// Returns all checks with this result.
    pub fn with(&self, status: CheckStatus) -> impl Iterator<Item = (&StoreId, &CheckResult)> {
        let of = move |store| move |result| (store, result);
        self.stores.iter().flat_map(move |it| it.with(status).map(of(&it.store)))
    }

    /// Returns whether at least one check was made and none failed.
    pub fn is_healthy(&self) -> bool {
        self.with(CheckStatus::Failed).next().is_none() && self.made() > 0
    }

    /// Returns the number of checks that were made.
    fn made(&self) -> usize {
        let all: usize = self.stores.iter().map(|store| store.checks.len()).sum();
        all - self.with(CheckStatus::Skipped).count()
    }

    /// Returns the last line of the report: `12 of 12`, or with warnings and skipped checks
    /// `11 of 12, 1 warning, 3 skipped`.
    pub fn summary(&self) -> String {
        let count = |status| self.with(status).count();
        let mut text = format!("{} of {}", count(CheckStatus::Passed), self.made());
        let plural = |number: usize| if number == 1 { "" } else { "s" };
        // Writing to a `String` cannot fail.
        for (status, word) in [(CheckStatus::Failed, "failure"), (CheckStatus::Warned, "warning")] {
            let number = count(status);
            if number > 0 {
                let _ = write!(text, ", {number} {word}{}", plural(number));
            }
        }
        let skipped = count(CheckStatus::Skipped);
        if skipped > 0 {
            let _ = write!(text, ", {skipped} skipped");
        }
        text
    }

    /// Returns the report as `JUnit` XML, which CI systems show: a suite a store, a case a check. A
    /// warning is a case that passed, with its text in `system-out`.
    ///
    /// ```
    /// # use store_context::doctor::Report;
    /// # fn example(report: Report) -> std::io::Result<()> {
    /// std::fs::write("verify.xml", report.to_junit())
    /// # }
    /// ```
    pub fn to_junit(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        for store in &self.stores {
            let count = |status| store.with(status).count();
            let name = escaped(store.store.as_str());
            let _ = writeln!(
                xml,
                "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\" \
                 skipped=\"{}\" timestamp=\"{}\">",
                store.checks.len(),
                count(CheckStatus::Failed),
                count(CheckStatus::Skipped),
                self.checked_at.strftime("%Y-%m-%dT%H:%M:%S"),
            );
            for CheckResult { check, status, found, advice, took_ms } in &store.checks {
                let _ = write!(
                    xml,
                    "    <testcase classname=\"{name}\" name=\"{check}\" time=\"{}.{:03}\"",
                    took_ms / 1_000,
                    took_ms % 1_000,
                );
                let (found, advice) = (escaped(found), escaped(advice.as_deref().unwrap_or("")));
                let _ = match status {
                    CheckStatus::Passed => writeln!(xml, "/>"),
                    CheckStatus::Warned => {
                        writeln!(xml, "><system-out>{found} {advice}</system-out></testcase>")
                    }
                    CheckStatus::Failed => {
                        writeln!(xml, "><failure message=\"{found}\">{advice}</failure></testcase>")
                    }
                    CheckStatus::Skipped => {
                        writeln!(xml, "><skipped message=\"{found}\"/></testcase>")
                    }
                };
            }
            xml.push_str("  </testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        xml
    }
}

/// Escapes a text for XML, and leaves out the characters that XML cannot have.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\r' | '\t' => safe.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => safe.push(other),
        }
    }
    safe
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for store in &self.stores {
            writeln!(f, "{store}")?;
        }
        f.write_str(&self.summary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(check: Check, status: CheckStatus) -> CheckResult {
        let advice = matches!(status, CheckStatus::Warned | CheckStatus::Failed);
        CheckResult {
            check,
            status,
            found: "a <b> & \"c\"\u{1}".to_owned(),
            advice: advice.then(|| "do it".to_owned()),
            took_ms: 1_007,
        }
    }

    fn report(checks: Vec<CheckResult>) -> Report {
        let store = StoreId::new("north").unwrap();
        Report::new(Timestamp::UNIX_EPOCH, vec![StoreReport { store, checks }])
    }

    #[test]
    fn a_report_ends_with_its_count() {
        let passed = |check| result(check, CheckStatus::Passed);
        let all = report(vec![passed(Check::Store), passed(Check::Clock)]);
        assert!(all.to_string().ends_with("\n2 of 2"), "{all}");
        assert!(all.is_healthy());
        let mixed = report(vec![
            passed(Check::Store),
            result(Check::Clock, CheckStatus::Failed),
            result(Check::Panel, CheckStatus::Warned),
            result(Check::RoundTrip, CheckStatus::Skipped),
        ]);
        assert_eq!(mixed.summary(), "1 of 3, 1 failure, 1 warning, 1 skipped");
        assert!(!mixed.is_healthy());
        assert_eq!(mixed.to_string().lines().count(), 8);
        let nothing = report(vec![result(Check::Store, CheckStatus::Skipped)]);
        assert!(!nothing.is_healthy(), "nothing was proven");
    }

    #[test]
    fn junit_is_escaped_xml_and_json_is_read_again() {
        let all = [
            (Check::Store, CheckStatus::Passed),
            (Check::Clock, CheckStatus::Failed),
            (Check::Panel, CheckStatus::Warned),
            (Check::RoundTrip, CheckStatus::Skipped),
        ];
        let report = report(all.map(|(check, status)| result(check, status)).to_vec());
        assert_eq!(
            report.to_junit(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites>\n  \
             <testsuite name=\"north\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\" \
             timestamp=\"1970-01-01T00:00:00\">\n    \
             <testcase classname=\"north\" name=\"store\" time=\"1.007\"/>\n    \
             <testcase classname=\"north\" name=\"clock\" time=\"1.007\"><failure \
             message=\"a &lt;b&gt; &amp; &quot;c&quot;\">do it</failure></testcase>\n    \
             <testcase classname=\"north\" name=\"panel\" time=\"1.007\"><system-out>\
             a &lt;b&gt; &amp; &quot;c&quot; do it</system-out></testcase>\n    \
             <testcase classname=\"north\" name=\"round_trip\" time=\"1.007\"><skipped \
             message=\"a &lt;b&gt; &amp; &quot;c&quot;\"/></testcase>\n  \
             </testsuite>\n</testsuites>\n"
        );
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}
