"""What servers and agents offer, kept on disk and searched; it asks none of them."""
