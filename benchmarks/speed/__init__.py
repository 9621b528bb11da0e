"""The speed of Upheld, row by row: seeded inputs, slow oracles, timing, and what people use today beside it."""
