"""The front door: no arguments opens the window; subcommands work headless."""
