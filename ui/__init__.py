"""The window: Qt draws, asks and tells; what is true is known by the core."""
