"""Callweave: call tracking and voice routing that keeps the thread."""
