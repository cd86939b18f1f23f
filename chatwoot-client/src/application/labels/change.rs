//! Label changes: adding and removing labels, on a server that only replaces all of them.

use crate::error::Error;
use crate::http::Call;

/// Adds `labels` to those that `list` returns, and returns all; writes nothing if they are all there.
pub(crate) async fn add<'a, L: AsRef<str>>(
    labels: &[L],
    list: Call<'a, Vec<String>>,
    replace: impl FnOnce(&[String]) -> Call<'a, Vec<String>>,
) -> Result<Vec<String>, Error> {
    let there = list.await?;
    match with(&there, labels) {
        Some(wanted) => replace(&wanted).await,
        None => Ok(there),
    }
}

/// Removes `labels` from those that `list` returns, and returns the rest; writes nothing where none
/// of them is there.
pub(crate) async fn remove<'a, L: AsRef<str>>(
    labels: &[L],
    list: Call<'a, Vec<String>>,
    replace: impl FnOnce(&[String]) -> Call<'a, Vec<String>>,
) -> Result<Vec<String>, Error> {
    let there = list.await?;
    match without(&there, labels) {
        Some(wanted) => replace(&wanted).await,
        None => Ok(there),
    }
}

/// Returns `there` and `labels`; `None` if that equals `there`.
fn with<L: AsRef<str>>(there: &[String], labels: &[L]) -> Option<Vec<String>> {
    let mut wanted = there.to_vec();
    for label in labels.iter().map(AsRef::as_ref) {
        if !wanted.iter().any(|there| there == label) {
            wanted.push(label.to_owned());
        }
    }
    (wanted.len() != there.len()).then_some(wanted)
}

/// Returns `there` without `labels`; `None` if that equals `there`.
fn without<L: AsRef<str>>(there: &[String], labels: &[L]) -> Option<Vec<String>> {
    let gone = |there: &String| labels.iter().any(|label| label.as_ref() == there);
    let wanted: Vec<String> = there.iter().filter(|it| !gone(it)).cloned().collect();
    (wanted.len() != there.len()).then_some(wanted)
}
