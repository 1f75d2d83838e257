"""Sessions and records, in Python, written from PROTOCOL.md alone; the sections are that page's.

What outlives a socket is in `Session`; a socket and its calls are in client.py. It prints what it
got as that does, and python.test.ts says whether it is right.
"""

import sys
import time

from client import Closed, Failure, Line, decode, report


class Session:
    """§9: the calls of one client, over as many sockets as it takes."""

    def __init__(self, url, token="t-ana"):
        self.url = url
        self.token = token
        self.last_id = 0
        self.arrived = []  # messages that nobody has looked at
        self.reauths = 0
        self.begin({})

    def begin(self, asked):
        """§9.1: greets, and begins a session or goes on with one. Returns what the server gave."""
        self.line = Line(self.url, ["tautline.1"])
        hello = {"method": "hello", "version": 1, "client": "python session"}
        self.line.send({**hello, "credentials": {"token": self.token}, "session": asked})
        while not self.line.arrived:
            self.line.read()
        welcome = self.line.arrived.pop(0)
        if "error" in welcome:
            raise Failure(welcome["error"])
        self.given = welcome["session"]
        if self.given["resumed"]:
            self.acknowledged(self.given["received"])
            # §9.4: of what comes now, so many were heard before.
            self.repeats = self.heard - self.given["from"]
            self.told = self.heard
            if self.kept:
                self.line.send(*self.kept)
        else:
            self.secret = self.given["secret"]
            self.kept = []  # said, and not acknowledged
            self.said = self.heard = self.told = self.repeats = 0
            self.owed_since = None
        return self.given

    def resume(self):
        """Comes back after the socket was lost."""
        asked = {"id": self.given["id"], "secret": self.secret, "received": self.heard}
        return self.begin(asked)

    def say(self, message, is_lost=False):
        """§9.2: what has an id is counted, and kept until it is acknowledged."""
        self.said += 1
        self.kept.append(message)
        if not is_lost:
            self.line.send(message)

    def acknowledged(self, received):
        """§9.3"""
        count = received - (self.said - len(self.kept))
        assert 0 <= count <= len(self.kept), "an ack of what was not said"
        self.kept = self.kept[count:]

    def read(self):
        """Takes what came, counts it, and acknowledges what is due."""
        if not self.line.arrived:  # behind a welcome there may be more
            self.line.read()
        for message in self.line.arrived:
            if message.get("id") is not None:
                if self.repeats > 0:
                    self.repeats -= 1
                    continue
                self.heard += 1
                self.owed_since = self.owed_since or time.monotonic()
                self.arrived.append(message)
            elif message["method"] == "ack":
                self.acknowledged(message["received"])
            elif message["method"] == "reauth":  # §9.5
                self.reauths += 1
                self.line.send({"method": "auth", "credentials": {"token": self.token}})
        self.line.arrived.clear()
        is_late = self.owed_since is not None and time.monotonic() - self.owed_since > 0.9
        if self.heard - self.told >= 32 or is_late:
            self.line.send({"method": "ack", "received": self.heard})
            self.told = self.heard
            self.owed_since = None

    def next(self, id):
        """The next message about a call."""
        while True:
            for at, message in enumerate(self.arrived):
                if message["id"] == id:
                    return self.arrived.pop(at)
            self.read()

    def ask(self, method, path, input=None, is_lost=False, **more):
        """Asks, and returns the request."""
        self.line.last_id = self.last_id
        message = self.line.request(method, path, input, **more)
        self.last_id = message["id"]
        self.say(message, is_lost)
        return message

    def answer(self, message):
        answer = self.next(message["id"])
        if "error" in answer:
            raise Failure(answer["error"])
        return decode(answer["result"]["data"])


def outcome(run):
    try:
        return run()
    except Failure as failure:
        return failure.app["code"]


def goes_on(url):
    session = Session(url)
    given = session.given
    secret = len(session.secret)
    report("session new", resumed=given["resumed"], grace=given["graceMs"], secret=secret)

    # A plain subscription, over a socket that is lost again and again.
    counting = session.ask("subscription", "plain", {"to": 150})
    got, resumes, result = [], [], {"type": "started"}
    while result["type"] != "stopped":
        result = session.next(counting["id"])["result"]
        if result["type"] != "data":
            continue
        got.append(decode(result["data"]))
        if len(got) % 16 == 0:
            session.say({"id": counting["id"], "method": "credit", "count": 16})
        if len(got) % 40 == 0:
            session.line.drop()
            resumes.append(session.resume()["resumed"])
    report("session goes on", got=got, resumes=resumes)

    # What the network lost is said again, and what was heard is not run again.
    heard = session.ask("mutation", "order", {"sku": "heard"}, low=session.last_id + 1)
    session.line.drop()
    session.resume()
    lost = session.ask("mutation", "order", {"sku": "lost"}, is_lost=True)
    session.line.drop()
    session.resume()
    report("session says again", heard=session.answer(heard), lost=session.answer(lost))

    # After a second, or 32 messages, the server has acknowledged what it heard.
    for _ in range(40):
        session.answer(session.ask("query", "whoami"))
    report("session acknowledged", kept=len(session.kept), said=session.said)

    # Two sockets: the second takes over, and the first is told so.
    first = session.line
    session.resume()
    try:
        while True:
            first.read()
    except Closed as closed:
        alive = session.answer(session.ask("query", "whoami"))
        report("session fenced", code=closed.code, alive=alive)
    return session


def is_lost(session):
    """§10: the session is lost, and the records know."""
    before = dict(session.given)
    placed = session.ask("mutation", "order", {"sku": "placed"}, low=session.last_id + 1)
    answer = session.answer(placed)
    session.line.drop()
    session.secret = "A" * 22
    given = session.resume()
    first = {"session": before["id"], "storeEpoch": before["storeEpoch"], "ageMs": 50}

    def again(sku, n, **more):
        return session.ask("mutation", "order", {"sku": sku}, first={**first, "n": n, **more})

    same = again("placed", placed["id"])
    never = again("never came", 9_999)
    gone = again("gone", 9_998, storeEpoch="of other records")
    other = again("another", placed["id"])
    report(
        "session lost",
        resumed=given["resumed"],
        same=session.answer(same) == answer,
        never=session.answer(never)["sku"],
        gone=outcome(lambda: session.answer(gone)),
        other=outcome(lambda: session.answer(other)),
    )


def has_a_key(url):
    """§10.2: one key, in two sessions."""
    answers = []
    for session in (Session(url), Session(url)):
        placed = session.ask("mutation", "order", {"sku": "keyed"}, key="python-1")
        answers.append(session.answer(placed))
        session.line.close()
    report("session key", same=answers[0] == answers[1])


def renews(url):
    """§9.5: credentials that expire while a call is under way."""
    session = Session(url, "t-brief")
    session.token = "t-ana"
    while session.reauths == 0:
        session.read()
    session.token = "t-eve"  # nobody asks again
    report("session renewed", alive=session.answer(session.ask("query", "whoami")))
    session.line.close()


if __name__ == "__main__":
    kept = goes_on(sys.argv[1])
    is_lost(kept)
    kept.line.close()
    has_a_key(sys.argv[1])
    renews(sys.argv[1])
