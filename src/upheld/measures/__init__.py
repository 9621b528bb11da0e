"""Measures: one kernel a kind of promise. Facts and a plan in; exact figures, with what they were made of, out."""
