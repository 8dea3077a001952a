"""What pySigma makes of rules: names of files in, a line of JSON out for each. Run by an interpreter that has pySigma."""
import json
import sys

import yaml
from sigma.correlations import SigmaCorrelationRule
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader


def kind_of(document):
    if "correlation" in document:
        return "correlation", SigmaCorrelationRule
    if "filter" in document:
        return "filter", SigmaFilter
    return "detection", SigmaRule


def text_of(value):
    return "" if value is None else str(value)


def reading(text):
    document = yaml.load(text, SigmaYAMLLoader)
    kind, reader = kind_of(document)
    rule = reader.from_dict(document)
    if kind != "correlation":
        for condition in (rule.detection if kind == "detection" else rule.filter).parsed_condition:
            condition.parse()
    source = {} if kind == "correlation" else rule.logsource
    return {
        "kind": kind, "title": rule.title, "id": text_of(rule.id), "level": text_of(rule.level), "status": text_of(rule.status),
        "date": text_of(rule.date)[:10], "author": text_of(rule.author), "description": text_of(rule.description),
        "tags": [str(tag) for tag in rule.tags], "references": [str(each) for each in rule.references],
        "falsepositives": [str(each) for each in rule.falsepositives],
        "logsource": {part: getattr(source, part) for part in ("category", "product", "service")
                      if source and getattr(source, part) is not None},
    }


for line in sys.stdin:
    name = line.rstrip("\n")
    try:
        with open(name, "rb") as file:
            found = reading(file.read())
    except RecursionError:
        raise
    except Exception as error:  # whatever kind it is, the rule is refused
        found = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps({"file": name} | found))
