"""Where backbones come from: each source lists its own, reads their weights and builds them."""
