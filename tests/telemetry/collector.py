"""A collector of traces: takes what OTLP's JSON over HTTP says and nothing else, and can be slow, full or away."""
import http.server
import json
import re
import threading
import time
import zlib

HEX32, HEX16 = re.compile(r"^[0-9a-f]{32}$"), re.compile(r"^[0-9a-f]{16}$")
INTEGER = re.compile(r"^-?\d{1,20}$")
SPAN_MEMBERS = {"traceId", "spanId", "parentSpanId", "traceState", "name", "kind", "startTimeUnixNano", "endTimeUnixNano",
                "flags", "attributes", "status", "events", "links", "droppedAttributesCount"}


class Malformed(Exception):
    """What the schema does not allow."""


def need(truth, what):
    if not truth:
        raise Malformed(what)


def check_value(value):
    need(isinstance(value, dict) and len(value) == 1, f"{value!r} is no value")
    (kind, inner), = value.items()
    fits = {"stringValue": lambda: isinstance(inner, str), "boolValue": lambda: isinstance(inner, bool),
            "intValue": lambda: isinstance(inner, str) and INTEGER.match(inner), "doubleValue": lambda: isinstance(inner, float)}
    need(kind in fits and fits[kind](), f"{value!r} is no value")
    return int(inner) if kind == "intValue" else inner


def attributes_of(listed):
    found = {}
    for each in listed:
        need(set(each) == {"key", "value"} and isinstance(each["key"], str) and each["key"], f"{each!r} is no attribute")
        need(each["key"] not in found, f"{each['key']} is there twice")
        found[each["key"]] = check_value(each["value"])
    return found


def check_span(span):
    need(set(span) <= SPAN_MEMBERS, f"{set(span) - SPAN_MEMBERS} are no members of a span")
    need(HEX32.match(span["traceId"]) and int(span["traceId"], 16), "the trace's id")
    need(HEX16.match(span["spanId"]) and int(span["spanId"], 16), "the span's id")
    if "parentSpanId" in span:
        need(HEX16.match(span["parentSpanId"]) and int(span["parentSpanId"], 16), "the parent's id")
    need(isinstance(span["name"], str) and span["name"], "the name")
    need(span["kind"] in range(6) and not isinstance(span["kind"], bool), "the kind")
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        need(isinstance(span[name], str) and INTEGER.match(span[name]), name)
    need(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), "it ends before it begins")
    need(abs(int(span["endTimeUnixNano"]) / 1e9 - time.time()) < 600, "its time is not now")
    need(isinstance(span["flags"], int) and 0 <= span["flags"] < 1 << 32, "the flags")
    span["attributes"] = attributes_of(span.get("attributes", []))
    if "status" in span:
        need(set(span["status"]) <= {"code", "message"} and span["status"].get("code", 0) in (0, 1, 2), "the status")
    return span


def spans_of(body):
    """The spans of a message, with their attributes and those of their resource as dictionaries."""
    message = json.loads(body)
    need(set(message) == {"resourceSpans"}, "a message has resourceSpans")
    spans = []
    for of_resource in message["resourceSpans"]:
        need(set(of_resource) <= {"resource", "scopeSpans", "schemaUrl"}, "resourceSpans")
        resource = attributes_of(of_resource["resource"].get("attributes", []))
        for of_scope in of_resource["scopeSpans"]:
            need(set(of_scope) <= {"scope", "spans", "schemaUrl"}, "scopeSpans")
            for span in of_scope["spans"]:
                spans.append(check_span(span) | {"resource": resource})
    return spans


def unpacked(body, coding):
    """A body without its coding: one member of gzip that ends with the body, or none."""
    if coding is None:
        return body
    need(coding == "gzip", f"the coding {coding!r}")
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body)
    except zlib.error as why:
        raise Malformed(f"no gzip: {why}") from None
    need(stream.eof and not stream.unused_data and not stream.unconsumed_tail, "more or less than one member of gzip")
    need(len(body) < len(plain), "packed to more than it was")
    return plain


def check_tree(spans):
    """Each inner span lies within its parent, which is there and of the same trace; no id is there twice."""
    by_id = {span["spanId"]: span for span in spans}
    need(len(by_id) == len(spans), "an id is there twice")
    for span in spans:
        if span["kind"] != 1:
            continue
        parent = by_id.get(span.get("parentSpanId"))
        need(parent is not None, f"{span['name']} has no parent")
        need(parent["traceId"] == span["traceId"], f"{span['name']} has a parent of another trace")
        need(int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"]), f"{span['name']} begins before its parent")
        need(int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"]), f"{span['name']} ends after its parent")


class Collector:
    """`answers` are what the next requests get, (status, headers) each and maybe a body, headers maybe made then; later ones get 200. `delay` is before each answer."""

    def __init__(self, answers=(), delay=0, port=0):
        self.answers, self.delay = list(answers), delay
        self.spans, self.faults, self.requests = [], [], []
        self.changed = threading.Condition()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.take(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.changed:
            status, headers, *body_of_answer = self.answers.pop(0) if self.answers else (200, {})
            headers = headers() if callable(headers) else headers
            self.requests.append((time.monotonic(), handler.path, dict(handler.headers), body, status))
            if status == 200:
                try:
                    need(handler.headers["Content-Type"] == "application/json", "the media type")
                    spans = spans_of(unpacked(body, handler.headers["Content-Encoding"]))
                    check_tree(spans)
                    self.spans += spans
                except (Malformed, KeyError, ValueError, TypeError) as why:
                    self.faults.append(repr(why))
            self.changed.notify_all()
            if self.delay:
                self.changed.wait(self.delay)  # a slow collector is what is tested
        answer = body_of_answer[0] if body_of_answer else b'{"partialSuccess":{}}'
        try:
            handler.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(answer)), **headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(answer)
        except ConnectionError:
            pass

    def wait(self, condition, seconds=60):
        """Waits until a condition on this collector holds; whether it does."""
        with self.changed:
            return self.changed.wait_for(lambda: condition(self), seconds)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
