"""The microscope: what one position sees, what made it, and what speaks for a class."""
