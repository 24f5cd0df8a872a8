"""People correct translations: export what should be looked at, import what they wrote."""
