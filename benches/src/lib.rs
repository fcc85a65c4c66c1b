//! Generated accounts and the measurements on them.
