"""Studies of one backbone's features: the learning curve, the depth and the number of components."""
