//! Mutation: turns a seed into an input that may break its parser. The same number results in the
//! same inputs.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Creates inputs from seeds.
#[derive(Clone, Debug)]
pub struct Mutator {
    rng: Rng,
    seeds: Vec<Vec<u8>>,
    /// The number of first bytes that are no JSON but select the case.
    head: usize,
}

impl Mutator {
    /// Creates a mutator of these seeds, whose first `head` bytes are no JSON.
    pub fn new(number: u64, seeds: Vec<Vec<u8>>, head: usize) -> Self {
        Self { rng: Rng::with_seed(number), seeds, head }
    }

    /// Returns the next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..self.rng.usize(1..=4) {
            let head = self.head.min(input.len());
            let body = input.split_off(head);
            for byte in &mut input {
                if self.rng.u8(..) < 40 {
                    *byte = self.rng.u8(..);
                }
            }
            let changed = if self.rng.u8(..) < 170 { self.shaped(&body) } else { None };
            input.extend(changed.unwrap_or_else(|| self.raw(body)));
        }
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        self.rng.choice(&self.seeds).cloned().unwrap_or_default()
    }

    /// Changes bytes, whatever their meaning.
    fn raw(&mut self, mut body: Vec<u8>) -> Vec<u8> {
        let at = self.rng.usize(..=body.len());
        match self.rng.u8(..6) {
            0 => body.truncate(at),
            1 => body.insert(at, self.rng.u8(..)),
            2 => {
                let other = self.seed();
                let from = self.rng.usize(..=other.len());
                body.truncate(at);
                body.extend_from_slice(&other[from..]);
            }
            3 => {
                let part = body[at..].to_vec();
                body.extend(part);
            }
            _ => {
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << self.rng.u8(..8);
                }
            }
        }
        body
    }

    /// Changes one place of the JSON; returns `None` if there is none.
    fn shaped(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let mut root: Value = serde_json::from_slice(body).ok()?;
        let target = self.rng.usize(..count(&root).max(1));
        let place = nth(&mut root, &mut target.clone())?;
        match place {
            Value::Object(map) if self.rng.bool() => self.member(map),
            Value::Array(list) if self.rng.bool() => match list.last().cloned() {
                Some(row) if self.rng.bool() => list.push(row),
                _ => drop(list.pop()),
            },
            place => *place = self.value(),
        }
        let mut text = root.to_string();
        if self.rng.u8(..) < 20 {
            // A duplicate key, which no `Value` can hold.
            text = text.replacen('{', r#"{"id":7,"id":8,"#, 1);
        }
        Some(text.into())
    }

    fn member(&mut self, map: &mut Map<String, Value>) {
        let keys: Vec<String> = map.keys().cloned().collect();
        let Some(key) = self.rng.choice(keys) else {
            map.insert("id".into(), self.value());
            return;
        };
        match self.rng.u8(..3) {
            0 => drop(map.remove(&key)),
            1 => {
                let value = map.remove(&key).unwrap_or_default();
                map.insert(format!("{key}\u{0}x"), value);
            }
            _ => drop(map.insert(key, self.value())),
        }
    }

    fn value(&mut self) -> Value {
        match self.rng.u8(..16) {
            0 => Value::Null,
            1 => json!(self.rng.bool()),
            2 => json!(self.rng.u64(..)),
            3 => json!(self.rng.i64(..)),
            4 => json!(f64::from_bits(self.rng.u64(..))),
            5 => json!(self.rng.f64() * 2e9),
            6 => json!(0),
            7 => json!(""),
            8 => json!({}),
            9 => json!([]),
            10 => json!([{"id": 1}]),
            11 => json!("2026-11-21T00:34:41.557Z"),
            12 => json!("9999-12-31T23:59:59.999999999-25:59"),
            13 => json!("\u{0}\u{1f}\u{2028}\u{1f600}\\\""),
            14 => (0..self.rng.usize(1..130)).fold(json!(1), |inner, _| json!([inner])),
            _ => json!({"id": self.rng.u64(..9), "name": "x", "event": "message_created"}),
        }
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Returns the value that is `left` steps further, counted as [`count`] does.
fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| nth(value, left)),
        Value::Object(map) => map.values_mut().find_map(|value| nth(value, left)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_inputs_and_they_differ() {
        let seeds = vec![br#"  {"id":1,"rows":[{"name":"x"}]}"#.to_vec()];
        let inputs = |number| {
            let mut mutator = Mutator::new(number, seeds.clone(), 2);
            std::iter::repeat_with(move || mutator.next_input()).take(200).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        let distinct: std::collections::HashSet<_> = inputs(1).into_iter().collect();
        assert!(distinct.len() > 100, "{}", distinct.len());
    }
}
