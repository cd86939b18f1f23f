//! What customers are called, so that each text tells whose it is.

use std::fmt;

/// Whose a name or an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Marker {
    pub(super) store: usize,
    pub(super) customer: u32,
    /// In a name; otherwise in an address.
    pub(super) is_name: bool,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = if self.is_name { 'q' } else { 'm' };
        write!(f, "{letter}{}c{}{letter}", self.store, self.customer)
    }
}

/// The name of a customer; each change gives another.
pub(super) fn name(store: usize, customer: u32, revision: u32) -> String {
    format!("Ada {} r{revision}", Marker { store, customer, is_name: true })
}

pub(super) fn email(store: usize, customer: u32, revision: u32) -> String {
    let marker = Marker { store, customer, is_name: false };
    format!("{marker}.r{revision}@mail.example")
}

pub(super) fn phone(store: usize, customer: u32, revision: u32) -> String {
    format!("+316{store}{customer:04}{:04}", revision % 10_000)
}

/// All markers in a text.
pub(super) fn markers(text: &str) -> Vec<Marker> {
    let mut found = Vec::new();
    for (at, letter) in text.char_indices().filter(|(_, letter)| matches!(letter, 'q' | 'm')) {
        found.extend(marker(&text[at + 1..], letter));
    }
    found
}

/// Reads what follows the letter that a marker begins with.
fn marker(text: &str, letter: char) -> Option<Marker> {
    let (store, rest) = text.split_once('c')?;
    let (customer, _) = rest.split_once(letter)?;
    let (store, customer) = (store.parse().ok()?, customer.parse().ok()?);
    Some(Marker { store, customer, is_name: letter == 'q' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_whose_it_is() {
        let text = format!("{} q {} mc", name(1, 12, 3), email(0, 7, 1));
        let one = Marker { store: 1, customer: 12, is_name: true };
        let other = Marker { store: 0, customer: 7, is_name: false };
        assert_eq!(markers(&text), [one, other]);
    }
}
