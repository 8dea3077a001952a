"""What the screens of work show in the tests: investigations with evidence, playbooks that run and wait, listeners, feeds, saved searches."""
import socket
import time

from carrel_program import kept_port
from page_data import HOSTILE

KEPT = []
BIDI = "invoice\u202efdp.exe"  # a browser shows it as invoiceexe.pdf
LONG = "long-" + "x" * 190
NOTE = {"id": "note", "name": "Write it down", "type": "add_note", "parameters": {"note": "Seen {{alert.title}}"}}
MARK = {"id": "mark", "type": "update_alert", "parameters": {"add_tags": ["played"], "note": "by a playbook"}, "on_failure": "continue",
        "conditions": [{"field": "severity", "operator": "greater_or_equal", "value": "high"}], "timeout_s": 30}
ASK = {"id": "ask", "name": "Ask before it is closed", "type": "add_note", "parameters": {"note": HOSTILE}, "requires_approval": True,
       "approval": {"mode": "any", "min_approvers": 1, "allow_self_approval": True, "approvers": ["ann", "tess"]}}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082".replace(" ", ""))


def eventually(look, patience=60):
    """What `look` gives once that is true."""
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        if found := look():
            return found
    raise AssertionError("it did not happen")


def free_port():
    """One that stays this test's."""
    KEPT.append(kept_port())
    return KEPT[-1].getsockname()[1]


def fill_investigations(filler):
    alerts = [each["id"] for each in filler.get("/alerts?sort=created_at&limit=5")["items"]]
    one = filler.post(f"/alerts/{alerts[0]}/investigation", {"title": f"Case {HOSTILE}", "priority": "critical", "description": HOSTILE, "assignee_id": "tess"})
    path = f"/investigations/{one['id']}"
    filler.put(f"{path}/alerts/{alerts[1]}")
    for text in ("First look", HOSTILE, "word " * 200):
        filler.post(f"{path}/notes", {"content": text})
    filler.post(f"{path}/status", {"status": "in_progress", "note": "taken over"})
    for name, kind, body in (("sys.log", "text/plain", b"Log path changed\n" * 40), ("screen.png", "image/png", PNG), (LONG + ".txt", "text/plain", b"long name")):
        filler.post(f"{path}/evidence?file_name={name}&description=from+ws5", body, kind)
    closed = filler.post("/investigations", {"title": "A closed case", "tags": ["old"], "priority": "low"})
    for status in ("in_progress", "resolved"):
        filler.post(f"/investigations/{closed['id']}/status", {"status": status})
    filler.post(f"/investigations/{closed['id']}/close", {"verdict": "true_positive", "resolution_category": "contained", "summary": "Nothing is left of it."})
    for at in range(6):
        filler.post("/investigations", {"title": f"Case {at}", "priority": ("high", "medium", "low")[at % 3]})
    return {"investigation": one["id"], "closed": closed["id"], "alerts": alerts}


def fill_playbooks(filler, alerts):
    made = filler.post("/playbooks", {"name": "Contain", "description": "What is done about a log path that was changed.", "priority": 5, "enabled": True,
                                      "steps": [NOTE, MARK, ASK], "tags": ["windows"],
                                      "triggers": [{"name": "critical ones", "conditions": [{"field": "title", "operator": "starts_with", "value": "Never"}]}]})
    quick = filler.post("/playbooks", {"name": f"Quick {HOSTILE}", "enabled": True, "steps": [NOTE, MARK | {"parameters": {"status": "closed"}}]})
    filler.post("/playbooks", {"name": LONG, "enabled": False, "steps": [NOTE]})
    waiting = filler.post(f"/playbooks/{made['id']}/execute", {"alert_id": alerts[0]}, expected=(202,))
    done = filler.post(f"/playbooks/{quick['id']}/execute", {"alert_id": alerts[2]}, expected=(202,))
    eventually(lambda: filler.get("/approvals/pending")["items"])
    eventually(lambda: filler.get(f"/playbook-executions/{done['id']}")["completed_at"])
    return {"playbook": made["id"], "quick": quick["id"], "waiting": waiting["id"], "done": done["id"]}


def fill_listeners(filler):
    port = free_port()
    one = filler.post("/listeners", {"name": "Lines of JSON", "type": "json", "protocol": "tcp", "host": "127.0.0.1", "port": port, "source": "lab", "tags": ["lab"]})
    filler.post(f"/listeners/{one['id']}/start", {})
    bad = [HOSTILE, "not json", "{\"cut\": ", *(f"bad line {at}" for at in range(5))]
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall("".join(line + "\n" for line in ['{"message":"good"}', *bad]).encode())
    eventually(lambda: filler.get("/dlq/count")["count"] == len(bad))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        broken = filler.post("/listeners", {"name": f"Broken {HOSTILE}", "type": "syslog", "protocol": "tcp", "host": "127.0.0.1", "port": taken.getsockname()[1]})
        filler.post(f"/listeners/{broken['id']}/start", {})
    return {"listener": one["id"], "broken": broken["id"], "port": port}


def fill_feeds(filler, rule):
    good = filler.post("/feeds", {"name": "House rules", "type": "filesystem", "path": "rules", "update_strategy": "scheduled", "update_schedule": "6h", "tags": ["own"]})
    bad = filler.post("/feeds", {"name": f"Gone {HOSTILE}", "type": "filesystem", "path": "not-there", "priority": 200})
    iocs = filler.post("/ioc-feeds", {"name": "Bad addresses", "type": "filesystem", "path": "iocs.txt", "format": "list"})
    for path, one in (("/feeds", good), ("/feeds", bad), ("/ioc-feeds", iocs)):
        filler.post(f"{path}/{one['id']}/sync", {}, expected=(202,))
        eventually(lambda: filler.get(f"{path}/{one['id']}/history")["items"][0]["state"] in ("succeeded", "failed"))
    return {"feed": good["id"], "bad_feed": bad["id"], "ioc_feed": iocs["id"]}


def fill_searches(filler):
    filler.post("/saved-searches", {"name": f"Mine {HOSTILE}", "query": "wevtutil OR powershell", "filters": {"host": ["ws1", "ws2"], "field.Channel": "Security"}, "tags": ["hunt"]})
    filler.post("/saved-searches", {"name": "Shared", "query": "wevtutil", "is_public": True, "description": HOSTILE, "from": "2026-03-01T00:00:00Z"})


def fill_work(filler, feeds, rule):
    """All of it; `feeds` is the folder of feeds of type filesystem."""
    (feeds / "rules").mkdir()
    (feeds / "rules" / "one.yml").write_text(rule % 77, encoding="utf-8")
    (feeds / "rules" / "two.yml").write_text("title: Broken\n", encoding="utf-8")
    (feeds / "iocs.txt").write_text("203.0.113.9\nworse.example\n", encoding="utf-8")
    found = fill_investigations(filler)
    fill_searches(filler)
    return found | fill_playbooks(filler, found["alerts"]) | fill_listeners(filler) | fill_feeds(filler, rule)
