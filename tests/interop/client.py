"""A Tautline client in Python, written from PROTOCOL.md alone; the sections are that page's.

It talks to the service in service.ts, in both dialects, and prints what it got: one JSON object a
line, each with the name of its step. Whether that is right is for python.test.ts to say.
"""

import json
import math
import sys
import time
from datetime import datetime, timedelta, timezone

import websocket  # Debian's python3-websocket


# §1.1 Values


def encode(value):
    """A value in superjson's form."""
    annotations = {}

    def plain(part, path):
        if isinstance(part, datetime):
            annotations[path] = ["Date"]
            moment = part.astimezone(timezone.utc)
            return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
        if isinstance(part, dict):
            return {key: plain(inner, path + (key,)) for key, inner in part.items()}
        if isinstance(part, list):
            return [plain(inner, path + (str(at),)) for at, inner in enumerate(part)]
        return part

    encoded = {"json": plain(value, ())}
    if () in annotations:
        encoded["meta"] = {"values": annotations[()], "v": 1}
    elif annotations:
        values = {join_path(path): annotation for path, annotation in annotations.items()}
        encoded["meta"] = {"values": values, "v": 1}
    return encoded


def decode(encoded):
    """The value that superjson's form stands for."""
    root = {"json": encoded["json"]}
    restore(root, "json", encoded.get("meta", {}).get("values"))
    return root["json"]


def restore(holder, key, annotations):
    """Restores what `annotations` name, at `holder[key]` or inside of it."""
    if annotations is None:
        return
    inside = annotations if isinstance(annotations, dict) else (annotations[1:] or [{}])[0]
    for path, annotation in inside.items():
        at, last = holder, key
        for step in split_path(path):
            at = at[last]
            last = int(step) if isinstance(at, list) else step
        restore(at, last, annotation)
    if isinstance(annotations, list):
        holder[key] = restored(annotations[0], holder[key])


def restored(annotation, plain):
    if annotation == "Date":
        return datetime.fromisoformat(plain.replace("Z", "+00:00"))
    if annotation == "bigint":
        return int(plain)
    if annotation == "number":
        return math.nan if plain == "NaN" else float(plain.replace("Infinity", "inf"))
    if annotation == "map":
        return dict((pair[0], pair[1]) for pair in plain)
    if annotation == "set":
        return set(plain)
    if annotation == "undefined":
        return None
    return plain


def join_path(path):
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in path)


def split_path(path):
    keys, escaped = [""], False
    for character in path:
        if escaped or character not in "\\.":
            keys[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            keys.append("")
    return keys


class Failure(Exception):
    """§6"""

    def __init__(self, encoded):
        shape = decode(encoded)
        super().__init__(shape["message"])
        self.data = shape["data"]
        self.code = shape["data"]["code"]
        self.app = shape["data"].get("app", {})


class Closed(Exception):
    """§7"""

    def __init__(self, code, reason):
        super().__init__(f"{code} {reason}")
        self.code = code


# §1 Frames


class Line:
    """One connection."""

    def __init__(self, url, subprotocols=None):
        self.socket = websocket.create_connection(url, subprotocols=subprotocols, timeout=5)
        self.arrived = []  # messages that nobody has looked at
        self.last_id = 0
        self.pings = 0
        self.pongs = 0
        self.frames_of_many = 0

    def send(self, *messages):
        """Sends messages as one frame."""
        self.socket.send(json.dumps(messages[0] if len(messages) == 1 else messages))

    def read(self):
        """Reads one frame. Raises Closed, or WebSocketTimeoutException when none comes."""
        opcode, data = self.socket.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise Closed(int.from_bytes(data[:2], "big"), data[2:].decode())
        text = data.decode()
        if text == "PING":  # §3.4
            self.pings += 1
            self.socket.send("PONG")
        elif text == "PONG":
            self.pongs += 1
        else:
            frame = json.loads(text)
            if isinstance(frame, list):
                self.frames_of_many += 1
            self.arrived += frame if isinstance(frame, list) else [frame]

    def next(self, matches):
        """The first message that matches; others are kept."""
        while True:
            for at, message in enumerate(self.arrived):
                if matches(message):
                    return self.arrived.pop(at)
            self.read()

    def listen(self, seconds):
        """Answers what has to be answered, and keeps the rest."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self.read()
            except websocket.WebSocketTimeoutException:
                break
        self.socket.settimeout(5)

    # §4 Calls

    def request(self, method, path, input=None, last_event_id=None, **more):
        self.last_id += 1
        params = {"path": path}
        if input is not None:
            params["input"] = encode(input)
        if last_event_id is not None:
            params["lastEventId"] = last_event_id
        return {"id": self.last_id, "method": method, "params": params, **more}

    def answer(self, id):
        message = self.next(lambda message: message.get("id") == id)
        if "error" in message:
            raise Failure(message["error"])
        return message["result"]

    def call(self, method, path, input=None):
        message = self.request(method, path, input)
        self.send(message)
        return decode(self.answer(message["id"])["data"])

    def close(self):
        self.socket.close(status=4503)  # §7: closed by its owner

    def drop(self):
        self.socket.shutdown()  # no closing handshake: as if the network had gone


def greet(url, token="t-ana"):
    """§3.1 and §3.2"""
    line = Line(url, ["tautline.1"])
    assert line.socket.getsubprotocol() == "tautline.1"
    hello = {"method": "hello", "version": 1, "client": "python"}
    line.send({**hello, "credentials": {"token": token}})
    welcome = line.next(lambda message: True)
    if "error" in welcome:
        raise Failure(welcome["error"])
    assert welcome["method"] == "welcome"
    return line, welcome


def events(line, id, upto, credit):
    """§5.1: the tracked events of a subscription, at most `upto`. §5.4: gives credit for what was read."""
    owed = 0
    for _ in range(upto):
        result = line.answer(id)
        if result["type"] == "stopped":
            return
        yield result["id"], decode(result["data"])
        owed += 1
        if credit and owed == 16:
            line.send({"id": id, "method": "credit", "count": owed})
            owed = 0


# The steps


def report(step, **found):
    print(json.dumps({"step": step, **found}, default=lambda value: value.isoformat()), flush=True)


def report_failure(step, run):
    try:
        run()
    except Failure as failure:
        report(step, code=failure.code, app=failure.app)
    else:
        report(step, code=None)


def report_calls(dialect, line):
    """What both dialects have."""
    report(f"{dialect} query", got=line.call("query", "incident.byId", {"id": "i1"}))
    now = datetime(2026, 11, 22, 8, tzinfo=timezone.utc)
    later = line.call("mutation", "incident.postpone", {"until": now})["until"]
    report(f"{dialect} date", hours=(later - now) / timedelta(hours=1))
    acknowledge = lambda id: lambda: line.call("mutation", "incident.acknowledge", {"id": id})
    report_failure(f"{dialect} declared error", acknowledge("i2"))
    report_failure(f"{dialect} invalid input", acknowledge(7))
    report_failure(f"{dialect} not found", lambda: line.call("query", "incident.byName"))

    first = line.request("query", "whoami")
    second = line.request("query", "incident.byId", {"id": "i3"})
    line.send(first, second)
    ids = [decode(line.answer(call["id"])["data"]) for call in (second, first)]
    report(f"{dialect} two in one frame", got=ids, frames_of_many=line.frames_of_many)


def report_heartbeat(dialect, line):
    """§3.4: silent for longer than the server's patience, and still there."""
    line.listen(2.5)
    asked = line.pings
    line.socket.send("PING")
    while line.pongs == 0:
        line.read()
    report(f"{dialect} heartbeat", asked=asked > 0, alive=line.call("query", "whoami"))


def full_dialect(url):
    line, welcome = greet(url)
    report("full welcome", version=welcome["version"], limits=welcome["limits"])
    report_calls("full", line)
    report_heartbeat("full", line)

    patience = line.request("query", "patience", deadlineMs=60_000)
    line.send(patience)
    line.send({"id": patience["id"], "method": "cancel"})
    report_failure("full cancel", lambda: line.answer(patience["id"]))
    hasty = line.request("query", "patience", deadlineMs=50)
    line.send(hasty)
    report_failure("full deadline", lambda: line.answer(hasty["id"]))

    # Without credit the server stops after the first 32 events.
    count = line.request("subscription", "count", {"to": 100})
    line.send(count)
    started = line.answer(count["id"])
    while len(line.arrived) < 32:
        line.read()
    line.listen(0.1)
    report("full held back", started=started, waiting=len(line.arrived))

    # With credit it goes on; then the socket is lost, and another goes on behind the last event.
    first = list(events(line, count["id"], 50, credit=True))
    last_event_id = first[-1][0]
    line.drop()
    line, _ = greet(url)
    again = line.request("subscription", "count", {"to": 100}, last_event_id)
    line.send(again)
    line.answer(again["id"])
    rest = list(events(line, again["id"], 1_000, credit=True))
    report("full resumed", after=last_event_id, got=[event["data"]["n"] for _, event in first + rest])

    forever = line.request("subscription", "count", {"to": 1_000_000})
    line.send(forever)
    line.answer(forever["id"])
    line.send({"id": forever["id"], "method": "subscription.stop"})
    ends = line.next(lambda m: m.get("id") == forever["id"] and m["result"]["type"] == "stopped")
    report("full stop", end=ends["result"])
    line.close()

    report_failure("full refused", lambda: greet(url, "t-eve"))
    try:
        Line(url, ["tautline.9"]).read()
    except Closed as closed:
        report("full another version", code=closed.code, reason=str(closed))


def base_dialect(url):
    line = Line(url)
    report_calls("base", line)
    report_heartbeat("base", line)

    count = line.request("subscription", "count", {"to": 40})
    line.send(count)
    started = line.answer(count["id"])
    first = list(events(line, count["id"], 10, credit=False))
    line.drop()
    line = Line(url)
    again = line.request("subscription", "count", {"to": 40}, first[-1][0])
    line.send(again)
    line.answer(again["id"])
    rest = list(events(line, again["id"], 1_000, credit=False))
    got = [event["data"]["n"] for _, event in first + rest]
    report("base resumed", started=started, got=got, frames_of_many=line.frames_of_many)
    line.close()

    # §3.3
    line = Line(url + "/?connectionParams=1")
    line.send({"method": "connectionParams", "data": {"token": "t-ana"}})
    report("base credentials", got=line.call("query", "whoami"))
    line.close()
    line = Line(url + "/?connectionParams=1")
    line.send({"method": "connectionParams", "data": {"token": "t-eve"}})
    report_failure("base refused", lambda: line.answer(None))
    try:
        line.read()
    except Closed as closed:
        report("base refused and closed", code=closed.code)


if __name__ == "__main__":
    full_dialect(sys.argv[1])
    base_dialect(sys.argv[1])
