"""The family tree of the catalog."""
