"""Messages made of bytes, for reading them by chance and by coverage."""
