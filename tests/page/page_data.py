"""What the screens show in the tests: public events, rules and ATT&CK where they are, and a few records of each kind."""
import base64
import hmac
import json
import time

PASSWORD = "Correct-horse-1"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
LONG_NUMBER = 9007199254740993  # a double makes it …992
EVENTS = ["schtask_create_2020-12-1907003032.ndjson.gz", "empire_msbuild_dcerpc_wmi_smb_2020-09-20173857.ndjson.gz"]

RULE = """title: Log path changed %d
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    CommandLine|contains: wevtutil
  condition: selection
level: high
tags:
  - attack.t1562.002
"""


class Filler:
    """Writes as a user who is logged in."""

    def __init__(self, client, username="ann", password=PASSWORD):
        self.client = client
        reply = client.post("/api/v1/auth/login", {"username": username, "password": password})
        assert reply.status == 200, reply
        self.headers = {"Cookie": reply.headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": reply.json()["csrf_token"]}

    def post(self, path, body, kind="application/json", expected=(200, 201), **headers):
        reply = self.client.request("POST", "/api/v1" + path, body, self.headers | {"Content-Type": kind} | headers)
        assert reply.status in expected, (path, reply)
        return reply.json()

    def get(self, path):
        reply = self.client.request("GET", "/api/v1" + path, headers=self.headers)
        assert reply.status == 200, (path, reply)
        return reply.json()

    def put(self, path):
        reply = self.client.request("PUT", "/api/v1" + path, headers=self.headers)
        assert reply.status in (200, 204), (path, reply)

    def patch(self, path, body):
        reply = self.client.request("PATCH", "/api/v1" + path, body, self.headers | {"Content-Type": "application/json"})
        assert reply.status == 200, (path, reply)

    def delete(self, path):
        return self.client.request("DELETE", "/api/v1" + path, headers=self.headers).status


def made_events():
    for at in range(300):
        yield {"@timestamp": f"2026-03-01T{at // 60:02}:{at % 60:02}:00Z", "Hostname": f"ws{at % 7}", "Channel": "Security", "EventID": 4600 + at % 5,
               "Message": f"Message {at} of wevtutil", "user": {"name": f"u{at % 3}"}}
    yield {"@timestamp": "2026-03-02T00:00:00Z", "Hostname": "hostile", "Message": HOSTILE, "Keywords": LONG_NUMBER, "nested": {HOSTILE: HOSTILE}}


def fill_made(filler):
    """A few records of each kind."""
    lines = "\n".join(json.dumps(each) for each in made_events())
    filler.post("/events", lines, "application/x-ndjson")
    event = filler.get("/events?q=hostile&limit=1")["items"][0]["id"]
    rules = [filler.post("/rules", {"sigma_yaml": RULE % at})["id"] for at in range(3)]
    for at, severity in enumerate(("critical", "high", "medium", "low", "informational")):
        filler.post("/alerts", {"title": f"Alert {at} {HOSTILE}" if at == 0 else f"Alert {at}", "severity": severity, "event_ids": [event], "rule_id": rules[0],
                                "tags": ["t", HOSTILE[:60]], "risk_score": at * 20, "description": HOSTILE})
    for value in ("198.51.100.7", "evil.example", "hxxps://bad[.]example/x", "d41d8cd98f00b204e9800998ecf8427e"):
        filler.post("/iocs", {"value": value, "tags": ["feed"], "description": HOSTILE})
    for name, role in (("vera", "viewer"), ("tess", "analyst"), ("fresh", "analyst")):
        filler.post("/users", {"username": name, "role": role, "password": PASSWORD, "must_change_password": name == "fresh"})
    return {"event": event, "rule": rules[0]}


def fill_public(filler, folder):
    for name in EVENTS:
        filler.post("/events", (folder / "events" / name).read_bytes(), "application/x-ndjson", **{"Content-Encoding": "gzip"})
    filler.post("/rules/import", (folder / "sigma-rules.tar.gz").read_bytes(), "application/octet-stream")
    filler.post("/mitre/import", (folder / "enterprise-attack.json.gz").read_bytes(), "application/octet-stream")




def code_of(secret):
    """What an authenticator shows now, RFC 6238."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1000000:06}"
