"""The events of the data set, and what the contract says the server makes of them, computed independently."""
import datetime
import gzip
import json
import pathlib
import re

TOP = {
    "timestamp": ["timestamp", "@timestamp", "TimeCreated", "EventTime", "time", "ts"],
    "host": ["Hostname", "Computer", "host", "hostname", "host.name"],
    "source": ["source", "SourceName", "ProviderName", "Provider"],
    "channel": ["channel", "Channel"],
    "event_code": ["EventID", "event_code", "event.code", "EventId"],
    "severity": ["severity", "Severity", "level", "Level"],
}
FILES = ["cmd_wevtutil_modify_security_eventlog_path.ndjson.gz",
         "empire_find_localadmin_smb_svcctl_OpenSCManager_2020-09-22021559.ndjson.gz",
         "empire_msbuild_dcerpc_wmi_smb_2020-09-20173857.ndjson.gz",
         "schtask_create_2020-12-1907003032.ndjson.gz"]
LARGEST = FILES[0]
ACCEPTED = 35_378


class Event:
    def __init__(self, raw):
        self.raw = raw
        self.keys = json.loads(raw, parse_int=str, parse_float=str)  # numbers as they stand
        self.at = datetime.datetime.fromisoformat(self.first("timestamp").replace("Z", "+00:00"))
        self.texts = {name: self.first(name) for name in ("host", "source", "channel", "event_code")}
        severity = self.first("severity")
        self.texts["severity"] = severity.lower() if severity is not None else None

    def first(self, field):
        return next((self.keys[key] for key in TOP[field] if isinstance(self.keys.get(key), str)), None)

    def words(self):
        if not hasattr(self, "_words"):
            self._words = set(re.findall(r"[0-9a-z]+", " ".join(_values(self.keys)).lower()))
        return self._words


def _values(of):
    if isinstance(of, dict):
        for value in of.values():
            yield from _values(value)
    elif isinstance(of, list):
        for value in of:
            yield from _values(value)
    elif isinstance(of, str):
        yield of


def unpacked(folder, name):
    return gzip.decompress((pathlib.Path(folder) / name).read_bytes())


def load(folder):
    """All events of all files; one file has a line without text."""
    events = []
    for name in FILES:
        for line in unpacked(folder, name).split(b"\n"):
            if line.strip():
                events.append(Event(line.strip().decode()))
    assert len(events) == ACCEPTED, len(events)
    return events
