"""The pages: HTML made here, small modules that give it life, no build step."""
