"""What is known of each architecture, as plain data: importing it imports no Keras."""
