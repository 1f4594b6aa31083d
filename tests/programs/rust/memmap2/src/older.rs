//! The tests of older lines of memmap2, as published for Linux, with the crates that stand in for them.

macro_rules! tests_of {
    ($module:ident, $line:ident, $path:literal, $($more:ident)*) => {
        mod $module {
            use $line::{Mmap, MmapMut, MmapOptions, $($more),*};

            mod advice {
                pub use $line::Advice;
            }

            #[allow(dead_code)]
            mod test {
                include!(concat!("../../../../../build/crates/", $path));
            }
        }
    };
}

tests_of!(v0_5, memmap2_05, "tests-0.5.10.rs",);
tests_of!(v0_6, memmap2_06, "tests-0.6.2.rs",);
tests_of!(v0_7, memmap2_07, "tests-0.7.1.rs", RemapOptions);
tests_of!(v0_8, memmap2_08, "tests-0.8.0.rs", RemapOptions);
