"""Opening the window: the frame first, everything heavy after its first paint."""
