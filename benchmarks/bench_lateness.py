"""How late the tick is while the event loop is never idle.

``python -m benchmarks.bench_lateness [legs] [seconds]``. The legs talk in rooms of ten. In the same process
eight requests with 32 kB of JSON are always under way over HTTP. A phase, of which a tick has four, moves the
sound of a quarter of the legs.
"""

from benchmarks.media_legs import measure, number

ROOM = 10
LATE_MICROSECONDS = 2048
"""A bound of the plane's histogram; two milliseconds."""


def main():
    legs, seconds = number(1, 500), number(2, 60)
    before, after = measure(legs, ROOM, "busy", kinds=("plane",), seconds=seconds)
    then, now = before["plane"], after["plane"]
    late = {
        bound: new - old for (bound, old), (_, new) in zip(then["lateness"], now["lateness"], strict=True)
    }
    phases = sum(late.values())
    lasted = now["at"] - then["at"]
    print(f"phases {phases} in {lasted:.0f} s")
    print(f"phases_2_ms_late {1000 * sum_above(late, LATE_MICROSECONDS) / phases:.3f} of a thousand (goal 1)")
    for share in (0.5, 0.99, 0.999, 1.0):
        print(f"late_p{100 * share:g} {percentile(late, share * phases) / 1000:.3f} ms at most")
    print(f"ticks_left_out {now['skipped'] - then['skipped']} ticks (goal 0)")
    for name, unit in (("waited", "ms without a core"), ("stolen", "ms by the host, on both cores")):
        print(f"tick_{name} {now[name] - then[name]:.1f} {unit}")
    print(f"loop_requests {(now['answered'] - then['answered']) / lasted:.0f} a second over HTTP")
    print(f"loop_cpu {100 * (now['loop_cpu'] - then['loop_cpu']) / lasted:.0f} % of a core")


def sum_above(late, bound):
    return sum(times for each, times in late.items() if each > bound)


def percentile(late, rank):
    """Return the upper bound in microseconds of the phase of that rank."""
    passed = 0
    for bound, times in late.items():
        passed += times
        if times and passed >= rank:
            return bound
    return max(late)


if __name__ == "__main__":
    main()
