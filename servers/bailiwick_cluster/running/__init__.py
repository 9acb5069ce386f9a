"""Changes that are looked at first, agreed to, carried out, and watched to their end."""
