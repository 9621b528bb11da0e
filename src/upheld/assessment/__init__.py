"""Assessment: from facts and terms to outcomes that can be asked why."""
