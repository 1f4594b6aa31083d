"""Stands in where Python has no `resource`, as in WASI. Tests of packages bound themselves by its limits."""

RLIM_INFINITY = -1
RLIMIT_AS = 9
RLIMIT_DATA = 2
RLIMIT_CPU = 0
RUSAGE_SELF = 0


def getrlimit(resource):
    return RLIM_INFINITY, RLIM_INFINITY


def setrlimit(resource, limits):
    pass


def getpagesize():
    return 65536
