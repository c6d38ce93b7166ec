"""Reads a JUnit report with junitparser, as CI servers' plug-ins do, and prints what it makes of it as JSON."""

import json
import sys

from junitparser import JUnitXml


def main() -> None:
    report = JUnitXml.fromfile(sys.argv[1])
    cases = [
        {
            "suite": suite.name,
            "class": case.classname,
            "name": case.name,
            "results": [
                {"kind": type(result).__name__, "type": result.type, "message": result.message, "text": result.text}
                for result in case.result
            ],
        }
        for suite in report
        for case in suite
    ]
    counts = {"tests": report.tests, "failures": report.failures, "errors": report.errors, "skipped": report.skipped}
    # What the file says of itself, against what its cases come to.
    report.update_statistics()
    counted = {"tests": report.tests, "failures": report.failures, "errors": report.errors, "skipped": report.skipped}
    json.dump({"counts": counts, "counted": counted, "cases": cases}, sys.stdout)


if __name__ == "__main__":
    main()
