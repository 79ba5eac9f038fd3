"""The page of costs: where parameters, multiply-adds, memory and time go."""
