"""Plans: an agreement compiled to what the kernels need. No text to parse, no Decimal, no pydantic."""
