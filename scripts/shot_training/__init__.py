"""Makes videos with known transitions, to train and test the default shot boundary detector."""
