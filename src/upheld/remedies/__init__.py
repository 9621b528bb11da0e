"""What is owed for what was measured: credits, caps, claims, earn-back, rights, duties; exact, rounded once."""
