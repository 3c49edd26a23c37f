"""What is seen in pixels: text, the kind of a picture, what a photo shows."""
