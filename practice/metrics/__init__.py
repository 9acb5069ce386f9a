"""The metrics of the pretend enterprise: seven hours and an incident, and exporters that go on."""
