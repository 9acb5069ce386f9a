"""Judge a Splunk search before it is run: pure, without input or output."""
