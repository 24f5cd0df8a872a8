"""What people need to judge captions and to teach the selector: sheets, picks, training."""
