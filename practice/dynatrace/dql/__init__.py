"""A part of DQL, executed over the rows of the double: enough to ask what people ask."""
