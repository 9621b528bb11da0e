"""Closing a period: record what is known, state what follows, sign it, book it, hand it over."""
