//! Compares the answers with those of the crate `maxminddb`, for each network of each database in the folder
//! `GEO_TEST_DATA`; broken databases must end in errors.

use geo::database::Database;
use geo::source::memory;
use serde_json::Value;
use std::path::PathBuf;

fn databases(kind: &str) -> Vec<PathBuf> {
    let folder = std::env::var("GEO_TEST_DATA").expect("GEO_TEST_DATA is the folder with databases");
    let mut pending = vec![PathBuf::from(folder).join(kind)];
    let mut found = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "mmdb") {
            found.push(path);
        }
    }
    assert!(!found.is_empty());
    found
}

/// Numbers of more than 64 bits, and bytes, have no JSON in serde.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, one)| theirs.get(key).is_some_and(|two| same(one, two)))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(one, two)| same(one, two))
        }
        (Value::Number(ours), Value::Number(theirs)) => ours.as_f64() == theirs.as_f64(),
        (Value::String(bytes), Value::Array(numbers)) => bytes.len() == 2 * numbers.len(),
        _ => ours == theirs,
    }
}

#[test]
fn answers_are_those_of_maxminddb() {
    let mut compared = 0;
    for path in databases("test-data") {
        let text = path.to_str().unwrap();
        let Ok(theirs) = maxminddb::Reader::open_readfile(&path) else { continue };
        let Ok(ours) = Database::new(memory(text).unwrap()) else { panic!("{text} cannot be opened") };
        let Ok(networks) = theirs.networks(maxminddb::WithinOptions::default()) else { continue };
        for found in networks.take(2000) {
            let Ok(found) = found else { continue };
            let address = found.network().unwrap().ip();
            let Ok(Some(expected)) = found.decode::<Value>() else { continue };
            let json = match ours.lookup(address) {
                Ok(json) => json,
                // Some databases are made to be too much.
                Err(error) if text.contains("-limit") && error.to_string().contains("too large") => continue,
                Err(error) => panic!("{text} {address}: {error}"),
            };
            let json = json.unwrap_or_else(|| panic!("{text} lacks {address}"));
            let actual: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{text} {json}: {error}"));
            assert!(same(&actual, &expected), "{text} {address}: {actual} is not {expected}");
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn broken_databases_end_in_errors() {
    for path in databases("bad-data") {
        let Ok(database) = Database::new(memory(path.to_str().unwrap()).unwrap()) else { continue };
        for address in ["0.0.0.0", "1.1.1.1", "81.2.69.160", "255.255.255.255", "::", "2001:db8::1", "ffff::"] {
            let _ = database.lookup(address.parse().unwrap()); // It ends, and does not panic.
        }
    }
}

#[test]
fn every_cut_of_a_database_ends_in_an_error() {
    let bytes = std::fs::read(
        databases("test-data").into_iter().find(|path| path.ends_with("MaxMind-DB-test-decoder.mmdb")).unwrap(),
    )
    .unwrap();
    let path = std::env::temp_dir().join(format!("geo-{}.mmdb", std::process::id()));
    for length in (1..bytes.len()).step_by(7) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let Ok(database) = Database::new(memory(path.to_str().unwrap()).unwrap()) else { continue };
        let _ = database.lookup("1.1.1.0".parse().unwrap());
    }
    std::fs::remove_file(&path).unwrap();
}
