"""A double of Splunk's management API: it speaks the public contract, checked against recordings.

It is not the product. A subset of SPL is really executed, over rows that tell the incident.
"""
