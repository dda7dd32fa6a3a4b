"""Parts with one fault each, as people write them; the kit must find it, and only it."""
