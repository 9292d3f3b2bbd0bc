"""Runs focus-validator over one FOCUS file and prints how many rules passed and which failed.

    validate_focus.py VERSION RULES FILE

RULES is a folder with model-<version>.json, or - for what the validator brings. A rule that fails only because rules below it
failed is not printed.
"""

import contextlib
import io
import logging
import os
import re
import sys

import focus_validator
from focus_validator.validator import DEFAULT_VERSION_SETS_PATH, Validator

# What the validator has to know of a data generator so that it asks for the columns that depend on it.
CRITERIA = (
    "ACCOUNT_NAMING_SUPPORTED,NEGOTIATED_PRICING_SUPPORTED,PUBLIC_PRICE_LIST_SUPPORTED,USAGE_MEASUREMENT_SUPPORTED,"
    "UNIT_PRICING_SUPPORTED,SUB_ACCOUNT_SUPPORTED,MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED,"
    "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED,MULTIPLE_PRICING_CATEGORIES_SUPPORTED,TAGGING_SUPPORTED"
)


def validate(version, rules, file):
    validator = Validator(
        data_filename=os.path.abspath(file),
        output_destination=None,
        output_type="console",
        rule_set_path=DEFAULT_VERSION_SETS_PATH if rules == "-" else os.path.abspath(rules),
        rules_version=version,
        rules_block_remote_download=True,
        focus_dataset="CostAndUsage",
        applicability_criteria=CRITERIA,
    )
    # It opens a file of its own relative to the folder it is installed in.
    os.chdir(os.path.dirname(os.path.dirname(focus_validator.__file__)))
    with contextlib.redirect_stdout(io.StringIO()):
        return validator.validate().by_rule_id


def main():
    logging.disable(logging.CRITICAL)
    results = validate(*sys.argv[1:])
    details = {rule: result.get("details") or {} for rule, result in results.items()}
    failed = [rule for rule, result in results.items() if not result["ok"] and not details[rule].get("skipped")]
    passed = [rule for rule, result in results.items() if result["ok"] and not details[rule].get("skipped")]
    print("passed", len(passed))
    for rule in sorted(failed):
        message = details[rule].get("message") or ""
        below = re.search(r"failed child rules: \[(.*)\]", message)
        if not below or not set(below[1].split(", ")) <= set(failed):
            print("failed", rule, message)


main()
