"""What proposed terms would mean: differences in meaning between two versions, and what they would have come to on past facts."""
