"""Debian's Chromium by its WebDriver: only the standard library. Scripts of a test run beside the page, whatever its policy forbids."""
import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from carrel_program import has_ipv6, kept_port

PATIENCE = 60  # s
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Space": " ", "ArrowLeft": "\ue012", "ArrowRight": "\ue014",
        "ArrowDown": "\ue015", "Shift": "\ue008", "Home": "\ue011", "End": "\ue010", "Control": "\ue009", "Backspace": "\ue003"}
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--force-device-scale-factor=1",
         "--disable-features=Translate,OptimizationHints,MediaRouter"]


def is_there():
    return shutil.which("chromium") is not None and shutil.which("chromedriver") is not None


def kept_twice():
    """Sockets that keep one port on both loopbacks: the driver listens there, and ends where it finds one for itself that is taken on the other."""
    while True:
        four = kept_port()
        if not has_ipv6():
            return [four]
        six = socket.socket(socket.AF_INET6)
        six.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            six.bind(("::1", four.getsockname()[1]))
            return [four, six]
        except OSError:
            four.close()
            six.close()


class Browser:
    """One window. Ends with `close`."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="carrel-page-")
        self.kept = kept_twice()
        port = self.kept[0].getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._await_driver()
        self.url = f"http://127.0.0.1:{port}"
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                  "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": FLAGS + [f"--user-data-dir={self.profile}"]}}
        self.session = None
        self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def _await_driver(self):
        said = []
        for line in self.driver.stdout:
            said.append(line)
            if "started successfully" in line:
                return
        raise RuntimeError("chromedriver did not start: " + "".join(said))

    def _call(self, method, path, body=None):
        prefix = f"/session/{self.session}" if self.session else ""
        asked = urllib.request.Request(self.url + prefix + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                       headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=120) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as refused:
            raise RuntimeError(json.load(refused)["value"]["message"]) from None

    def close(self):
        try:
            self._call("DELETE", "")
        finally:
            self.driver.kill()
            self.driver.wait()
            self.driver.stdout.close()
            for each in self.kept:
                each.close()
            shutil.rmtree(self.profile, ignore_errors=True)

    def protocol(self, command, **parameters):
        """A command of Chromium's own protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, expression):
        """The value of an expression in the page, once it is there if it is promised."""
        found = self.protocol("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", found["exceptionDetails"]["text"]))
        return found["result"].get("value")

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def wait(self, expression, patience=PATIENCE):
        """Until the expression is true in the page, whose value it gives. A page that goes away meanwhile is evaluated again."""
        looking = f"""(async () => {{
            for (const begun = Date.now(); Date.now() - begun < {patience * 1000}; await new Promise((done) => setTimeout(done, 20))) {{
                const value = await ({expression});
                if (value) return value instanceof Node ? true : value;
            }}
            return null;
        }})()"""
        begun = time.monotonic()
        while time.monotonic() - begun < patience:
            try:
                if value := self.run(looking):
                    return value
            except RuntimeError as gone:
                if not any(sign in str(gone) for sign in ("navigated", "context", "collected", "Cannot read properties of null")):
                    raise
        raise AssertionError(f"not within {patience} s: {expression}; the page says: {self.run('document.body.innerText')[:1500]}")

    def resize(self, width, height=900):
        self.protocol("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def colors(self, scheme):
        """What the system prefers: light or dark."""
        self.protocol("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", "/screenshot")))

    def press(self, *keys):
        """Keys one after the other; `Shift+Tab` holds the first meanwhile."""
        steps = []
        for each in keys:
            held = [KEYS.get(name, name) for name in each.split("+")]
            steps += [{"type": "keyDown", "value": key} for key in held] + [{"type": "keyUp", "value": key} for key in reversed(held)]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": steps}]})

    def type(self, text):
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": way, "value": sign} for sign in text for way in ("keyDown", "keyUp")]}]})

    def choose_file(self, selector, path):
        root = self.protocol("DOM.getDocument")["root"]["nodeId"]
        found = self.protocol("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.protocol("DOM.setFileInputFiles", nodeId=found, files=[str(path)])

    def drag(self, from_point, to_point):
        steps = [{"type": "pointerMove", "duration": 0, "x": int(from_point[0]), "y": int(from_point[1])}, {"type": "pointerDown", "button": 0},
                 {"type": "pointerMove", "duration": 20, "x": int(to_point[0]), "y": int(to_point[1])}, {"type": "pointerUp", "button": 0}]
        self._call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}]})

    def complaints(self):
        """What the console has said since the last look, but for notes."""
        return [each["message"] for each in self._call("POST", "/se/log", {"type": "browser"}) if each["level"] in ("SEVERE", "WARNING")]
