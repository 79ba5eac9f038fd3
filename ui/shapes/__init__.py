"""The page on which settings of layers are tried out."""
