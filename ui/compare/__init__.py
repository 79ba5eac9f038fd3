"""The page that holds models against each other."""
