-- Sent after the commit and from another connection: see the worker.
NOTIFY {channel}
