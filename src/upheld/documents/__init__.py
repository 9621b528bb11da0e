"""Documents: the typesetters. They lay out what the document model says, in text, Markdown, HTML and PDF."""
