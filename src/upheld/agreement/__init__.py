"""The agreement as people write it: text to nodes with places, to models, to a plan; findings on the way."""
