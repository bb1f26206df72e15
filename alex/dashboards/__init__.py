"""Dashboards as people will see them, drawn from the synthesised templates before anything is deployed."""
