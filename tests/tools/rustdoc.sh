#!/bin/sh
# rustdoc of a stable compiler, with what is unstable: its JSON.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
