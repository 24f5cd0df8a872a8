"""Cut: encode the clips that survived the filters, and no others."""
