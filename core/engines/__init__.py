"""How a network is run over batches on this machine: an engine is chosen, checked against the plain way, then used."""
