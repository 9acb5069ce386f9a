"""A double of Grafana: it speaks the public contract of the HTTP API, and is not the product.

Dashboards, data sources and annotations of the incident, with a real Prometheus behind its proxy.
"""
