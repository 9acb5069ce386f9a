"""Who is calling. The only maker of principals: `verifier` for tokens, `local` for stdio."""
