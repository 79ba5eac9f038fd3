"""Where pictures come from besides files: drawn, made, changed, pasted, taken."""
