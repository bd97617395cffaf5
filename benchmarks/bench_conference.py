"""What a member of a room costs: ``python -m benchmarks.bench_conference [legs] [legs a room] [rounds]``.

The goal for 1000 legs in rooms of 10 is 1.2, for one room of 100 or 500 it is 1.4.
"""

from benchmarks.media_legs import number, report


def main():
    legs, room = number(1, 100), number(2, 10)
    goal = 1.4 if room >= 100 else 1.2 if legs >= 1000 else 1.35
    report(f"conference_of_{room}", legs, room, rounds=number(3, 5), goal=goal)


if __name__ == "__main__":
    main()
