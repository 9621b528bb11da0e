"""Values that everything else is made of: findings, quantities, instants, zones, spans, exact arithmetic."""
