"""Where the index is: in one file of this machine, or in OpenSearch. Both answer alike."""
