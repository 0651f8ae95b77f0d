"""Dashboards and SLO rules as code: `python -m scripts.monitoring` writes deploy/grafana and deploy/prometheus."""
