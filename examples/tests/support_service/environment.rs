//! A variable that is missing or wrong: one message that names each problem and shows no value.

use crate::world::{random_key, run};

/// A part of every wrong value: a message that shows it shows a secret.
const SHOWN: &str = "s3cr3t";

fn good() -> Vec<(&'static str, String)> {
    let database = |role: &str| format!("postgres://{role}:{SHOWN}@127.0.0.1:1/support");
    vec![
        ("DATABASE_URL", database("support_runtime")),
        ("DATABASE_OWNER_URL", database("support_owner")),
        ("DATABASE_CONNECTIONS", "20".to_owned()),
        ("REDIS_URL", "redis://127.0.0.1:1".to_owned()),
        ("STORE_CONTEXT_KEYS", format!("first:{}", random_key())),
        ("CHATWOOT_URL", "https://chatwoot.example.com".to_owned()),
        ("CHATWOOT_PLATFORM_TOKEN", SHOWN.to_owned()),
        ("ADMINISTRATOR_DOMAIN", "support.example.com".to_owned()),
        ("PUBLIC_URL", "https://support.example.com".to_owned()),
        ("LIVE_LINES", "4".to_owned()),
        ("SERVICE_TOKEN", random_key()),
        ("LISTEN", "127.0.0.1:0".to_owned()),
    ]
}

/// A variable, wrong values of it, and what is said of it.
const WRONG: &[(&str, &[&str], &str)] = &[
    (
        "DATABASE_URL",
        &["s3cr3t", "mysql://a:s3cr3t@host/b", "postgres://a:s3cr3t@host:s3cr3t/b"],
        "a URL such as postgres://role:password@host/database",
    ),
    ("DATABASE_CONNECTIONS", &["s3cr3t", "1", "-3", "100000"], "a number from 2 to 1000"),
    ("REDIS_URL", &["s3cr3t", "http://:s3cr3t@host"], "a URL such as redis://host:6379"),
    ("STORE_CONTEXT_KEYS", &["s3cr3t", "first"], "entry 1 of the keys is not `id:key`"),
    ("STORE_CONTEXT_KEYS", &["first:s3cr3t"], "the key in entry 1"),
    ("CHATWOOT_URL", &["s3cr3t", "ftp://s3cr3t"], "a URL such as https://"),
    ("CHATWOOT_PLATFORM_TOKEN", &["s3cr3t\n", "s3 cr3t"], "a token without spaces"),
    ("ADMINISTRATOR_DOMAIN", &["s3cr3t@example.com", "s3cr3t example"], "a domain such as"),
    ("PUBLIC_URL", &["s3cr3t", "mailto:s3cr3t"], "a URL such as https://"),
    ("LIVE_LINES", &["s3cr3t", "0", "-1"], "a number from 1 to 10000"),
    ("SERVICE_TOKEN", &["s3cr3t"], "at least 32 characters"),
    ("SERVICE_TOKEN", &["s3cr3t s3cr3t s3cr3t s3cr3t s3cr3t s3cr3t"], "a token without spaces"),
    ("LISTEN", &["s3cr3t", "s3cr3t:80"], "an address such as"),
];

const REQUIRED: [&str; 7] = [
    "DATABASE_URL",
    "STORE_CONTEXT_KEYS",
    "CHATWOOT_URL",
    "CHATWOOT_PLATFORM_TOKEN",
    "ADMINISTRATOR_DOMAIN",
    "PUBLIC_URL",
    "SERVICE_TOKEN",
];

/// Asserts that a command says exactly these problems.
async fn refused(args: &[&str], environment: Vec<(&'static str, String)>, problems: &[String]) {
    let done = run(args, environment).await;
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert_eq!(done.out, "");
    assert!(!done.err.contains(SHOWN), "{}", done.err);
    let mut lines = done.err.lines();
    let head = "support_service: the environment is not as it should be; see .env.example";
    assert_eq!(lines.next(), Some(head));
    let told: Vec<&str> = lines.collect();
    assert_eq!(told.len(), problems.len(), "{}", done.err);
    for problem in problems {
        assert!(told.iter().any(|line| line.starts_with(problem)), "{problem}: {}", done.err);
    }
}

fn with(name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let mut environment = good();
    environment.push((name, value.to_owned()));
    environment
}

#[tokio::test]
async fn each_variable_that_is_missing() {
    for name in REQUIRED {
        for gone in [false, true] {
            let mut environment = with(name, "");
            if gone {
                environment.retain(|(it, _)| *it != name);
            }
            refused(&[], environment.clone(), &[format!("  {name} is not set")]).await;
            refused(&["reseal"], environment, &[format!("  {name} is not set")]).await;
        }
    }
    let all = REQUIRED.map(|name| format!("  {name} is not set"));
    refused(&[], Vec::new(), &all).await;
    let both = ["DATABASE_OWNER_URL", "DATABASE_URL"].map(|name| format!("  {name} is not set"));
    refused(&["migrate"], Vec::new(), &both).await;
    refused(&["migrate", "--print"], Vec::new(), &both[1..]).await;
}

#[tokio::test]
async fn each_variable_that_is_wrong() {
    for (name, values, expected) in WRONG {
        for value in *values {
            let problem = format!("  {name} is not valid: ");
            refused(&[], with(name, value), std::slice::from_ref(&problem)).await;
            let done = run(&[], with(name, value)).await;
            assert!(done.err.contains(expected), "{}", done.err);
        }
    }
    // All at once, which a single message names.
    let environment: Vec<_> =
        WRONG.iter().map(|(name, values, _)| (*name, values[0].to_owned())).collect();
    let names: std::collections::BTreeSet<_> = WRONG.iter().map(|(name, ..)| *name).collect();
    let problems: Vec<_> = names.iter().map(|name| format!("  {name} is not valid: ")).collect();
    refused(&[], environment, &problems).await;
    let wrong = "  DATABASE_OWNER_URL is not valid: ".to_owned();
    refused(&["migrate"], with("DATABASE_OWNER_URL", SHOWN), &[wrong]).await;
}

#[tokio::test]
async fn servers_that_are_not_there() {
    for (args, named) in
        [(&[][..], "connect with DATABASE_URL"), (&["migrate"], "connect with DATABASE_OWNER_URL")]
    {
        let done = run(args, good()).await;
        assert_eq!(done.code, Some(1), "{}", done.err);
        assert!(done.err.contains(&format!("support_service: {named}: ")), "{}", done.err);
        assert!(!done.err.contains(SHOWN), "{}", done.err);
    }
}
