"""Says of each clip and each of its texts whether it is fit for the dataset, and why not."""
