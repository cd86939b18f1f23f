//! Odd responses: variants of a recorded one that a server could send as well, such as for another
//! account, or in an older or a newer version.

use serde_json::{Value, json};

/// A variant of a response.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The change.
    pub oddity: Oddity,
    /// The place of the change, with `[]` for any element of a list; for [`Oddity::Novel`] it is
    /// everywhere.
    pub place: String,
    /// The changed response.
    pub answer: Value,
}

/// The kind of change in a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Each object has an additional unknown key.
    Novel,
    /// A value is null.
    Null,
    /// A key is absent.
    Absent,
    /// A word is replaced by one that no enum contains.
    Word,
    /// A number is larger than 32 bits.
    Large,
    /// A list is empty.
    Empty,
}

/// Returns every variant of a response, with one change each.
pub fn variants(answer: &Value) -> Vec<Variant> {
    let mut novel = answer.clone();
    add_keys(&mut novel);
    let mut all = vec![Variant { oddity: Oddity::Novel, place: String::new(), answer: novel }];
    let mut path = Vec::new();
    walk(answer, answer, &mut path, &mut all);
    all
}

fn add_keys(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(add_keys);
            map.insert("novel_key".into(), json!({"deep": [1, 1.5, null, "x"]}));
        }
        Value::Array(values) => values.iter_mut().for_each(add_keys),
        _ => {}
    }
}

/// One step of a path into a response.
#[derive(Clone)]
enum Step {
    Key(String),
    Row(usize),
}

fn walk(whole: &Value, here: &Value, path: &mut Vec<Step>, all: &mut Vec<Variant>) {
    for (oddity, odd) in odd_values(here) {
        if !path.is_empty() {
            all.push(changed(whole, path, oddity, Some(odd)));
        }
    }
    match here {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(Step::Key(key.clone()));
                all.push(changed(whole, path, Oddity::Absent, None));
                walk(whole, value, path, all);
                path.pop();
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                path.push(Step::Row(index));
                walk(whole, value, path, all);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Returns other values that could be at the place of this one.
fn odd_values(value: &Value) -> Vec<(Oddity, Value)> {
    let mut odd = vec![(Oddity::Null, Value::Null)];
    match value {
        Value::String(text) if is_word(text) => odd.push((Oddity::Word, json!("novel_word"))),
        Value::Number(number) if number.is_u64() => {
            odd.push((Oddity::Large, json!(6_000_000_000_u64)));
        }
        Value::Array(values) if !values.is_empty() => odd.push((Oddity::Empty, json!([]))),
        _ => {}
    }
    odd
}

/// Returns whether a text looks like an enum's value.
fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':');
    !text.is_empty() && text.bytes().all(fits)
}

fn changed(whole: &Value, path: &[Step], oddity: Oddity, odd: Option<Value>) -> Variant {
    let mut answer = whole.clone();
    put(&mut answer, path, odd);
    let place = path.iter().map(|step| match step {
        Step::Key(key) => format!(".{key}"),
        Step::Row(_) => "[]".into(),
    });
    Variant { oddity, place: place.collect(), answer }
}

/// Sets a value at a place, or removes it.
fn put(value: &mut Value, path: &[Step], odd: Option<Value>) {
    let Some((step, rest)) = path.split_first() else {
        *value = odd.unwrap_or_default();
        return;
    };
    match (step, value) {
        (Step::Key(key), Value::Object(map)) if rest.is_empty() && odd.is_none() => {
            map.remove(key);
        }
        (Step::Key(key), Value::Object(map)) => {
            if let Some(value) = map.get_mut(key) {
                put(value, rest, odd);
            }
        }
        (Step::Row(index), Value::Array(values)) => {
            if let Some(value) = values.get_mut(*index) {
                put(value, rest, odd);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_made_odd_once() {
        let all = variants(&json!({"payload": [{"id": 1, "status": "open", "name": "A b"}]}));
        let count = |oddity| all.iter().filter(|variant| variant.oddity == oddity).count();
        assert_eq!(count(Oddity::Novel), 1);
        assert_eq!(count(Oddity::Absent), 4);
        assert_eq!(count(Oddity::Null), 5);
        assert_eq!(count(Oddity::Word), 1);
        assert_eq!(count(Oddity::Large), 1);
        assert_eq!(count(Oddity::Empty), 1);
        let absent =
            all.iter().find(|odd| odd.oddity == Oddity::Absent && odd.place.ends_with("id"));
        let absent = absent.expect("the id can be absent");
        assert_eq!(absent.place, ".payload[].id");
        assert_eq!(absent.answer, json!({"payload": [{"status": "open", "name": "A b"}]}));
    }
}
