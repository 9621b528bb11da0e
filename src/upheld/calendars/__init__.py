"""Calendars: what people write about opening hours, compiled to integer spans that can be counted."""
