"""The core: everything that is true of a network without a screen."""
