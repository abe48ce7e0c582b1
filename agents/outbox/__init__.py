"""Results on their way to other systems: kept on disk until each receiver has taken them."""
