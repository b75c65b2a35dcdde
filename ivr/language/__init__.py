"""PURE: what differs between languages. Libraries first, one data file a language where they lack it."""
