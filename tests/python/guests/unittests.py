"""Runs test modules, in a guest and natively, and prints the outcome of every method as a line of JSON.

unittests.py MODULE...
"""

import json
import signal
import sys
import sysconfig
import unittest


class Tell(unittest.TestResult):
    """Prints the outcome of each method. One with failing subtests has failed."""

    def startTest(self, test):
        super().startTest(test)
        self.outcome = ("ok", "")

    def addSkip(self, test, reason):
        self.outcome = ("skipped", reason)
        if not hasattr(test, "_testMethodName") or not isinstance(test, unittest.TestCase):
            self.tell(test)  # A class or a module.

    def note(self, outcome, test, error):
        self.outcome = (outcome, self._exc_info_to_string(error, test))

    def addError(self, test, error):
        self.note("error", test, error)
        if not isinstance(test, unittest.TestCase):
            self.tell(test)

    def addFailure(self, test, error):
        self.note("failed", test, error)

    def addSubTest(self, test, subtest, error):
        if error:
            self.note("failed", subtest, error)

    def addExpectedFailure(self, test, error):
        self.outcome = ("ok", "an expected failure")

    def addUnexpectedSuccess(self, test):
        self.outcome = ("failed", "an unexpected success")

    def stopTest(self, test):
        super().stopTest(test)
        self.tell(test)

    def tell(self, test):
        outcome, reason = self.outcome
        print("\n" + json.dumps({"test": test.id(), "outcome": outcome, "reason": reason}), flush=True)


def allow_guards():
    """Lets tests set an alarm against hanging, which a guest does not have. The host has a time limit instead."""
    if not hasattr(signal, "alarm"):
        signal.alarm = lambda seconds: 0
        signal.SIGALRM = signal.SIGABRT


def mend_configuration():
    """CPython's test.support reads how Python was configured, where componentize-py's has a lonely quote."""
    if sys.platform == "wasi":
        sysconfig.get_config_vars()["CONFIG_ARGS"] = ""


if __name__ == "__main__":
    allow_guards()
    mend_configuration()
    unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]).run(Tell())
