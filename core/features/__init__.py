"""From images to feature vectors through a backbone, and the store that keeps them."""
