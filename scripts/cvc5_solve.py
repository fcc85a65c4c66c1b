#!/usr/bin/env python3
"""cvc5 as an SMT-LIB solver: reads a script on standard input, prints the answer of each command.

The cvc5 wheel is the one that `scripts/setup` unpacked into `.z3/python`. Usage:

    scripts/cvc5_solve.py [--memory-mb N] < question.smt2
    scripts/cvc5_solve.py --version
"""

import argparse
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / ".z3" / "python"))

import cvc5  # noqa: E402  (the path has to be set first)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--memory-mb", type=int, default=0, help="limit of the address space")
    arguments.add_argument("--version", action="store_true", help="print cvc5's version and stop")
    options = arguments.parse_args()
    if options.version:
        print(cvc5.__version__)
        return 0
    if options.memory_mb > 0:
        limit = options.memory_mb << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return solve(sys.stdin.read())


def solve(script):
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("strings-exp", "true")
    symbols = cvc5.SymbolManager(manager)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    try:
        while True:
            command = parser.nextCommand()
            if command.isNull():
                return 0
            answer = command.invoke(solver, symbols)
            sys.stdout.write(answer)
            sys.stdout.flush()
    except Exception as error:  # cvc5 reports every fault of a script as one of several exception types
        message = str(error).replace('"', '""')
        print(f'(error "{message}")')
        return 1


if __name__ == "__main__":
    sys.exit(main())
