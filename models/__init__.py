"""The museum: classic architectures as Keras code."""
