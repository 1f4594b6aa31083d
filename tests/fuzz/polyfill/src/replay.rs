//! Feeds files to a target, without a fuzzer. Arguments: folders with inputs.

use std::path::PathBuf;

pub fn replay(target: fn(&[u8])) {
    let mut passed = 0;
    for folder in std::env::args().skip(1) {
        let entries = std::fs::read_dir(&folder).expect("a folder with inputs");
        let mut names: Vec<PathBuf> = entries.map(|entry| entry.expect("an input").path()).collect();
        names.sort();
        for name in names {
            println!("{}", name.display()); // The last one is the one that ended the process.
            target(&std::fs::read(name).expect("an input"));
            passed += 1;
        }
    }
    println!("{passed} passed, 0 failed");
    assert!(passed > 0, "there were no inputs");
}
