"""The change calendar: what is announced, whether its windows will count as excluded, what they do to the promises."""
