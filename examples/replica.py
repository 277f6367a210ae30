"""A replica of a service in Python, tuned by Arqon with its siblings: one POST every half a second, nothing but the standard library.

    replica = Replica("http://localhost:7070", "checkout", {"batch": {"min": 1, "max": 64, "step": 1, "initial": 8}})
    replica.start()
    at, values = replica.configuration()      # read both before the work, so that it counts for what it ran under
    replica.observe(at, seconds_that_it_took)

The protocol is in schemas/replica-report.schema.json and schemas/replica-answer.schema.json.
"""
import json, struct, threading, time, urllib.request, uuid

SCALES = ["linear", "log", "periodic"]
NOTHING = (0, 0)  # the pair of a replica that stands on its own values

def knob_hash(knobs):
    h = 0xCBF29CE484222325  # FNV-1a, 64 bits
    for name in sorted(knobs):
        k = knobs[name]
        numbers = struct.pack("<dddB", k["min"], k["max"], k.get("step", 0), SCALES.index(k.get("scale", "linear")))
        for byte in name.encode() + b"\0" + numbers:
            h = (h ^ byte) * 0x100000001B3 % 2**64
    return f"{h:016x}"


class Replica:
    def __init__(self, url, tuner, knobs, token=None, name=None):
        self.url, self.tuner, self.knobs, self.token = url + "/arqon/report", tuner, knobs, token
        self.boot, self.seq, self.report_s = str(uuid.uuid4()), 0, 0.5
        self.name, self.table = name or self.boot, knob_hash(knobs)
        own = {name: k["initial"] for name, k in knobs.items()}
        self.values, self.base, self.baseline = own, own, own
        self.at, self.newest, self.refused = NOTHING, NOTHING, None
        self.lease_ends, self.base_ends = 0.0, 0.0
        self.windows, self.unanswered, self.lock = {}, None, threading.Lock()

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()

    def configuration(self):
        """The pair and the values to run now: as told while the lease lasts, then the base, then the baseline."""
        with self.lock:
            now = time.monotonic()
            if now < self.lease_ends:
                return self.at, self.values
            return NOTHING, self.base if now < self.base_ends else self.baseline

    def observe(self, at, objective, failed=False):
        with self.lock:
            if at == NOTHING or at != self.at:
                return
            w = self.windows.setdefault(at, {"at": list(at), "n": 0, "sum": 0.0, "sum2": 0.0, "errors": 0})
            w["n"] += 1
            w["sum"] += objective
            w["sum2"] += objective * objective
            w["errors"] += 1 if failed else 0

    def report(self):
        """One exchange; raises where nobody answers. What was not answered is sent again under its number, and counts once."""
        with self.lock:
            if self.unanswered is None:
                self.unanswered, self.windows = (self.seq, list(self.windows.values())[-8:]), {}
                self.seq += 1
            seq, windows = self.unanswered
            body = {"protocol": 1, "tuner": self.tuner, "replica": self.name, "boot": self.boot, "seq": seq,
                    "table": self.table, "at": list(self.at), "windows": windows}
            if self.refused:
                body |= {"refused": self.refused, "seen": list(self.newest)}
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = "Bearer " + self.token
        sent = time.monotonic()  # the lease runs from here
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=2 * self.report_s) as response:
            answer = json.load(response)
        with self.lock:
            self.unanswered = None
            self._take(answer, sent)

    def _take(self, answer, sent):
        at = tuple(answer["at"])
        told = [answer["values"], answer["base"], answer["baseline"]]
        fits = lambda v: v.keys() == self.knobs.keys() and all(k["min"] <= v[n] <= k["max"] for n, k in self.knobs.items())
        self.refused = "older" if at < self.newest else None if all(map(fits, told)) else "outOfBounds"
        if self.refused:
            return
        (self.values, self.base, self.baseline), self.at, self.newest = told, at, at
        self.report_s = min(60, max(0.1, answer["reportMs"] / 1000))
        self.lease_ends = sent + min(answer["leaseMs"], 600_000) / 1000
        self.base_ends = self.lease_ends + min(answer["baselineAfterMs"], 86_400_000) / 1000

    def _run(self):
        while True:
            wait = self.report_s
            try:
                self.report()
            except Exception as error:  # no answer, or one that is none: the lease runs on, base, then baseline
                wait = max(wait, float((getattr(error, "headers", None) or {}).get("retry-after", 0)))  # 429: too many
            time.sleep(wait)
