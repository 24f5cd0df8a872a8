"""Networks that run in onnxruntime, and readers of the files in which their weights come."""
