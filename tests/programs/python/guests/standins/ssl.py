"""Stands in where Python has no `ssl`, as in WASI: prometheus_client names it for a server that a guest cannot be."""


class SSLContext:
    pass


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (OSError,), {}) if name.endswith("Error") else 0
