"""The theatre: convolution, animated, on real data and in a laboratory of its own."""
