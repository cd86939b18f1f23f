//! Tests of the checker, on invented trees.

use super::*;

fn tree<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Uses {
    uses(&files.into_iter().map(|(file, text)| (file.to_owned(), text.to_owned())).collect())
}

/// Returns the parts that one file, `a.rs`, uses; there are also the folder `b` and the files `c`,
/// `d`.
fn used_by_a(text: &str) -> Vec<String> {
    let all = tree([
        (
            "lib.rs",
            "mod a; mod b; mod c; mod d; pub use other::{Three, deep::{Four, Five}};
                 pub use self::{d::*, c::{own, more as most}};
             pub use self::b::{One, deep::Two as Deux};",
        ),
        ("a.rs", text),
        ("b/mod.rs", "mod deep; pub struct One;"),
        ("b/deep.rs", "pub struct Two;"),
        ("c.rs", "macro_rules! words { () => {} }"),
        ("d.rs", "ids! { /// One.\n FirstId; SecondId; } pub fn of_d() {}"),
    ]);
    all.get("a").into_iter().flat_map(|of| of.keys().cloned()).collect()
}

#[test]
fn a_path_from_the_root_is_a_use() {
    for (text, parts) in [
        ("use crate::b::One;", vec!["b"]),
        ("use crate::{b::{One, deep}, c};", vec!["b", "c"]),
        ("pub(crate) use crate::c::words as w;", vec!["c"]),
        ("use super::d;", vec!["d"]),
        ("mod inner { use super::super::d; }", vec!["d"]),
        ("mod inner { use super::own; }", vec![]),
        ("macro_rules! m { ($n:ident) => { mod $n { use super::*; } } }", vec![]),
        ("fn f() -> crate::b::One { crate::c::f::<crate::d::T>() }", vec!["b", "c", "d"]),
        ("macro_rules! m { () => { $crate::c::f() } }", vec!["c"]),
        ("use crate::a::own; use self::own;", vec![]),
        ("pub(crate) fn f() {} pub(super) fn g() {} pub(in crate::c) fn h() {}", vec!["c"]),
        ("use other::b; use b::c;", vec![]),
    ] {
        assert_eq!(used_by_a(text), parts, "{text}");
    }
}

#[test]
fn what_the_root_re_exports_is_of_the_part_that_has_it() {
    assert_eq!(used_by_a("use crate::One;"), ["b"]);
    assert_eq!(used_by_a("use crate::Deux;"), ["b"]);
    assert_eq!(used_by_a("use crate::{One, words};"), ["b", "c"]);
    assert_eq!(used_by_a("use crate::of_d;"), ["d"]);
    assert_eq!(used_by_a("use crate::SecondId;"), ["d"]);
    assert_eq!(used_by_a("use crate::most;"), ["c"]);
    assert_eq!(used_by_a("use crate::{Three, Five};"), [""; 0], "another crate's");
    assert_eq!(used_by_a("use crate::of_the_root;"), [ROOT]);
}

#[test]
fn comments_texts_and_tests_are_no_code() {
    for text in [
        "// use crate::b;\n/// [`crate::c`]\n//! crate::d",
        "/* crate::b /* crate::c */ crate::d */",
        r#"const A: &str = "crate::b \" crate::c";"#,
        "const A: &str = r#\"crate::b \" crate::c\"#; const B: &[u8] = b\"crate::d\";",
        "#[cfg(test)]\nmod tests { use crate::b; fn f() { crate::c() } }",
        "#[cfg(test)]\n#[allow(dead_code)]\nuse crate::{b, c};",
        "#[cfg(test)] fn f(a: [u8; 2]) -> u8 { crate::b }",
        "struct S { #[cfg(test)] a: crate::b::One, }",
    ] {
        assert_eq!(used_by_a(text), [""; 0], "{text}");
    }
    let after = "#[cfg(test)] use crate::{b, d}; fn f<'a>(c: &'a char) { c == &'\"'; crate::c }";
    assert_eq!(used_by_a(after), ["c"], "what comes after is code");
    assert_eq!(used_by_a("#[cfg(feature = \"test\")] use crate::b;"), ["b"], "a feature");
}

#[test]
fn files_that_are_only_for_tests_are_left_out() {
    let all = tree([
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod checks;"),
        ("a.rs", "#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;"),
        ("a_tests.rs", "use crate::b;"),
        ("b/mod.rs", "#[cfg(test)] mod tests;"),
        ("b/tests.rs", "use crate::a;"),
        ("checks/mod.rs", "use crate::a;"),
        ("checks/more.rs", "use crate::b;"),
    ]);
    assert_eq!(all, Uses::new());
}

#[test]
fn a_path_up_to_the_root_is_a_use_and_one_within_a_folder_is_none() {
    let all = tree([
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod one; mod two;"),
        ("a/one.rs", "use super::two; use super::super::a::two;"),
        ("a/two.rs", "use super::super::b;"),
        ("b.rs", ""),
    ]);
    let uses: Vec<_> =
        all.iter().flat_map(|(from, to)| to.keys().map(move |to| (from, to))).collect();
    assert_eq!(uses, [(&"a".to_owned(), &"b".to_owned())]);
}

#[test]
fn a_circle_is_told_with_its_files() {
    let straight = tree([
        ("a.rs", "use crate::b; use crate::c;"),
        ("b/mod.rs", "use crate::c;"),
        ("c.rs", "use crate::c::own;"),
    ]);
    assert_eq!(circles(&straight), [""; 0]);

    let two = tree([
        ("a.rs", "use crate::b;"),
        ("b/mod.rs", ""),
        ("b/deep.rs", "use crate::a::f;"),
        ("c.rs", "use crate::a;"),
    ]);
    assert_eq!(circles(&two), ["a -> b (a.rs), b -> a (b/deep.rs)"]);

    let long = tree([
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::c;"),
        ("c.rs", "use crate::d;"),
        ("d.rs", "use crate::b;"),
        ("x.rs", "use crate::y;"),
        ("y.rs", "use crate::x; use crate::a;"),
    ]);
    assert_eq!(
        circles(&long),
        ["b -> c (b.rs), c -> d (c.rs), d -> b (d.rs)", "x -> y (x.rs), y -> x (y.rs)"]
    );
}

#[test]
fn a_circle_through_the_root_is_one() {
    let through = tree([
        ("lib.rs", "mod a; mod b; pub use a::f; pub fn g() { Vec::<u8>::new(); b::h() }"),
        ("a.rs", "use crate::b::h;"),
        ("b.rs", "use crate::f;"),
    ]);
    assert_eq!(circles(&through), ["a -> b (a.rs), b -> a (b.rs)"], "what it re-exports");

    let through = tree([
        ("lib.rs", "mod a; mod b; pub use self::{a::f, b}; pub fn g() { self::b::h() }"),
        ("a.rs", ""),
        ("b.rs", "use crate::g;"),
    ]);
    assert_eq!(circles(&through), ["b -> lib (b.rs), lib -> b (lib.rs)"], "what it defines");
}
