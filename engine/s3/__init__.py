"""Recordings in S3-compatible storage: requests that are signed, a bucket, and the spool that fills it."""
