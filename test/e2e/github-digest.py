"""Works jobs of the kind github.digest by leases over HTTP, with nothing but Python's standard library.

    RINGBACK_URL=http://127.0.0.1:8080 RINGBACK_KEY=rb_live_... python3 github-digest.py ARCHIVE [JOBS]

ARCHIVE is the folder of the npm package @octokit/webhooks-examples. It ends after JOBS jobs, or never.
Everything that a program in another language needs to know is in the first half; the second half is the work itself.
"""

import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

URL = os.environ["RINGBACK_URL"]
KEY = os.environ["RINGBACK_KEY"]


class LeaseLost(Exception):
    """The run is somebody else's now: whatever comes of the work must be dropped."""


def post(path, body):
    request = urllib.request.Request(
        URL + path,
        data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 409:
            raise LeaseLost() from None
        raise


class Heart:
    """Beats while the work goes on, carries its progress, and notices a cancellation or a lost lease."""

    def __init__(self, lease):
        self.path = f"/v1/leases/{lease['token']}/heartbeat"
        self.every = lease["heartbeatMs"] / 1000
        self.progress = None
        self.must_stop = False
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def run(self):
        while not self.over.wait(self.every):
            self.beat()

    def beat(self):
        try:
            answer = post(self.path, {"progress": self.progress} if self.progress else {})
            self.must_stop = answer["cancelRequested"]
        except LeaseLost:
            self.must_stop = True
        except OSError:
            pass  # The lease outlives two beats that did not get through.


def work_one(lease, work):
    end = f"/v1/leases/{lease['token']}"
    try:
        try:
            with Heart(lease) as heart:
                result = work(lease["job"]["input"], heart)
        except Exception as error:  # Whatever goes wrong ends this run and no other.
            post(f"{end}/fail", {"message": f"{type(error).__name__}: {error}"[:2000]})
        else:
            post(f"{end}/complete", {"result": result})
    except LeaseLost:
        print("lease lost", lease["job"]["id"], file=sys.stderr)


def work_jobs(kinds, work, jobs):
    done = 0
    while jobs is None or done < jobs:
        try:
            leases = post("/v1/leases", {"kinds": kinds, "max": 1, "wait": 30})["leases"]
        except OSError as error:
            print("no leases:", error, file=sys.stderr)
            time.sleep(1)
            continue
        for lease in leases:
            work_one(lease, work)
            done += 1


# The work: what the TypeScript handler of the demo does.

SOURCES = ["api.github.com", "ghes-35", "ghes-34", "ghes-33", "ghes-32", "ghes-31"]


def read_archive(folder):
    for source in SOURCES:
        with open(os.path.join(folder, source, "index.json"), encoding="utf-8") as file:
            for event in json.load(file):
                for example in event["examples"]:
                    yield event["name"], example


def digest(archive, input, heart):
    chosen = archive[input["from"] : input["from"] + input["count"]]
    events, repositories, senders, times = {}, {}, {}, []
    for number, (event, payload) in enumerate(chosen, start=1):
        actions = events.setdefault(event, {})
        count(actions, payload.get("action", "-"))
        count(repositories, (payload.get("repository") or {}).get("full_name"))
        count(senders, (payload.get("sender") or {}).get("login"))
        newest = newest_time(payload)
        if newest is not None:
            times.append(newest)
        if number % 25 == 0:
            heart.progress = {"percent": 100 * number / len(chosen), "message": f"{number} payloads"}
            heart.beat()
            if heart.must_stop:
                raise RuntimeError("told to stop")
    return {
        "payloads": len(chosen),
        "events": events,
        "repositories": top(repositories),
        "senders": top(senders),
        "from": written(min(times)) if times else None,
        "until": written(max(times)) if times else None,
    }


def count(counts, name):
    if name is not None:
        counts[name] = counts.get(name, 0) + 1


def top(counts):
    most = sorted(counts.items(), key=lambda entry: -entry[1])[:5]
    return [{"name": name, "payloads": payloads} for name, payloads in most]


def newest_time(value):
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    times = []
    for name, member in members:
        is_time = str(name).endswith("_at") or name == "timestamp"
        times.append(to_time(member) if is_time else newest_time(member))
    return max((time for time in times if time is not None), default=None)


def to_time(member):
    if isinstance(member, bool):
        return None
    if isinstance(member, (int, float)):
        return float(member)
    try:
        parsed = datetime.fromisoformat(member.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp()


def written(seconds):
    instant = datetime.fromtimestamp(seconds, timezone.utc)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


if __name__ == "__main__":
    payloads = list(read_archive(sys.argv[1]))
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else None
    work_jobs(["github.digest"], lambda input, heart: digest(payloads, input, heart), limit)
