//! The locks of fs4 that tantivy takes. WASI 0.2 has none, so each is granted: one program at a time may use an index.

pub mod fs_std {
    use std::io::Result;

    pub trait FileExt {
        fn lock_exclusive(&self) -> Result<()>;
        fn try_lock_exclusive(&self) -> Result<bool>;
    }

    impl FileExt for std::fs::File {
        fn lock_exclusive(&self) -> Result<()> {
            Ok(())
        }

        fn try_lock_exclusive(&self) -> Result<bool> {
            Ok(true)
        }
    }
}
