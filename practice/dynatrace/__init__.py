"""A double of Dynatrace: the Environment API v2 and Grail as their public contract has them.

It speaks the contract over HTTPS and is checked against recordings; it is not the product. What it
tells is the ground's incident: a problem, its entities, metrics, objectives and log records.
"""
