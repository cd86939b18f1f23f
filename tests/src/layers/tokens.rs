//! Splits Rust source into tokens, and removes code that is for tests only.

/// A module that is declared for tests only.
pub(super) enum Only<'a> {
    Module(&'a str),
    Path(&'a str),
}

/// Removes items with `#[cfg(test)]`; returns the modules whose files are then for tests only.
pub(super) fn drop_tests<'a>(tokens: &mut Vec<&'a str>) -> Vec<Only<'a>> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].starts_with(&TEST) {
            at += 1;
            continue;
        }
        let mut item = at + TEST.len();
        let mut path = None;
        while tokens[item..].starts_with(&["#", "["]) {
            if let ["#", "[", "path", "=", text, ..] = tokens[item..] {
                path = Some(text.trim_matches('"'));
            }
            item += 1 + group(&tokens[item + 1..]);
        }
        if let Some(["mod", name, ";"]) = tokens[item..].get(..3) {
            modules.push(path.map_or(Only::Module(name), Only::Path));
        }
        let end = item + item_len(&tokens[item..]);
        tokens.drain(at..end);
    }
    modules
}

/// Returns the number of tokens of an item: up to its `;`, or to the end of its braces.
pub(super) fn item_len(tokens: &[&str]) -> usize {
    let is_use = tokens.iter().take_while(|token| **token != ";").any(|token| *token == "use");
    let is_use = is_use && matches!(tokens.first(), Some(&("use" | "pub")));
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        match token {
            ";" => return at + 1,
            // A field, a variant or an arm.
            "," | "}" => return at,
            "{" if !is_use => return at + group(&tokens[at..]),
            "(" | "[" | "{" => at += group(&tokens[at..]),
            _ => at += 1,
        }
    }
    at
}

/// Returns the number of tokens of a group, including its brackets.
pub(super) fn group(tokens: &[&str]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

pub(super) fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Returns a text's names, literals and punctuation, without comments and white space; `::` is one
/// token.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (len, keep) = if first.is_whitespace() {
            (first.len_utf8(), false)
        } else if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if let Some(len) = quoted(rest) {
            (len, true)
        } else if is_name(rest) || first.is_ascii_digit() {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            (end.unwrap_or(rest.len()), true)
        } else if rest.starts_with("::") {
            (2, true)
        } else {
            (first.len_utf8(), true)
        };
        let (token, after) = rest.split_at(len);
        if keep {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

/// Returns the length of a comment, including nested ones.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let (len, change) = match text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += len;
        depth = depth.saturating_add_signed(change);
        if depth == 0 {
            break;
        }
    }
    at
}

/// Returns the length of the string, raw string or character literal that begins here, if one does.
fn quoted(text: &str) -> Option<usize> {
    let bare = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - bare.len();
    if let Some(raw) = bare.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = inside.find(&close)?;
        return (prefix <= 1).then_some(prefix + 1 + hashes + 1 + end + close.len());
    }
    let quote = bare.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    if prefix > 1 {
        return None;
    }
    let mut chars = bare.char_indices().skip(1);
    let mut count = 0;
    while let Some((at, next)) = chars.next() {
        match next {
            '\\' => drop(chars.next()),
            end if end == quote && (quote == '"' || count > 0) => return Some(prefix + at + 1),
            // A lifetime or a label: one name, without a closing quote.
            _ if quote == '\'' && count > 0 => return None,
            _ => {}
        }
        count += 1;
    }
    None
}
