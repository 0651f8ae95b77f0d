"""Webhooks after the Standard Webhooks specification: endpoints, signatures, delivery with retries, replay.

Messages are outbox rows that triggers on the audit table write in the transaction of the change itself
(gateway/migrations/0006_webhooks.sql); everything here only sends what stands there.
"""
