"""What one backbone's features can tell beside a comparison: learning curve, depth, number of components."""
