"""Sentences that both pages have."""
import datetime

from reporting.figures import opponents, verdicts


def day(text):
    """2026-11-25 is 25 November 2026; what is no date stays as it is."""
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        return text
    months = ("January February March April May June July August September October November December").split()
    return f"{date.day} {months[date.month - 1]} {date.year}"


def lead(result):
    machine, version = result["machine"], result["versions"].get("carrel", "")
    return (f"carrel {version}, commit {result['commit']}, measured on {day(result['date'])}: {machine['cpu']}, "
            f"{machine['cores']} cores, {machine['memory']}, {machine['disk']}, {machine['system']}.")


def against(result):
    """Names may have commas of their own."""
    return "Measured against: " + " · ".join(opponents(result)) + "." if opponents(result) else "Measured by itself."


def how_long(result):
    rounds, seconds = result["rounds"], result["seconds"]
    return f"{rounds} round{'s' if rounds != 1 else ''} of {seconds} second{'s' if seconds != 1 else ''} each"


def notices(result):
    if result.get("quick"):
        yield "A quick run: it shows that everything works. Its figures are not for quoting."


def met(result):
    every = [verdict["is_met"] for _, verdict in verdicts(result)]
    return f"{sum(every)} of {len(every)} targets are met." if every else "This run had no targets."


TABLES = ("In the tables that follow: the median ± the median absolute deviation, below it the lowest round to the "
          "highest; n is how many rounds.")


def method(result):
    return [
        "All contenders of a question run on the same machine in the same run, in turn: one round of each, then the next. "
        "A machine that gets slower or faster meanwhile does so for all of them.",
        f"A figure is the median of the rounds ({how_long(result)} unless a question says otherwise) ± the median absolute "
        "deviation from it. The range goes from the lowest round to the highest; n is the number of rounds. A ratio is "
        "taken round by round and summed up in the same way.",
        "Latencies of open loops count from the moment a request was due, not from when it could be sent: a server that "
        "stalls pays for everybody who waited. Closed loops send the next request when the last was answered; their "
        "latencies flatter a server that stalls.",
        "The load is made on the same machine as it is served, and takes its share of the cores.",
    ]
