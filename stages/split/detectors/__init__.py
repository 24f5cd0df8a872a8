"""Shot boundary detectors, one file each, behind the port in `port`."""
